//! What leaves, where it is, and that it arrived.

use std::collections::BTreeSet;

use super::warehouse::{MOST_NAMED, named, total, within, workable};
use super::{Decision, units_of};
use crate::order::choices::TrackingStatus;
use crate::order::commands::{ConfirmDelivery, ShipItems, ShipPackage, TrackShipment};
use crate::order::events::{
    DeliveryConfirmed, LineUnits, OrderEvent, Package, ShipmentCreated, ShipmentTracked,
};
use crate::order::refusals::OrderRefusal;
use crate::order::state::{FulfillmentLine, FulfillmentOrder, Order, Parcel, PersonalDataState, Shipment};
use crate::values::{Reference, ShipmentId, Timestamp};

const MOST_PACKAGES: usize = 100;

pub(super) fn ship(order: &Order, command: &ShipItems, at: Timestamp) -> Decision {
    let fulfillment = workable(order, command.fulfillment_order_id)?;
    if command.packages.is_empty() || command.packages.len() > MOST_PACKAGES {
        return Err(OrderRefusal::PackageCount(command.packages.len()));
    }
    if fulfillment.total(FulfillmentLine::open).is_zero() {
        return Err(OrderRefusal::NothingLeft);
    }
    let contents = contents(order, fulfillment, &command.packages)?;
    let ids = package_ids(&command.packages)?;
    let packages =
        command.packages.iter().zip(ids).zip(contents).map(|((given, package_id), lines)| Package {
            package_id,
            carrier: given.carrier.clone(),
            tracking_number: given.tracking_number.clone(),
            service: given.service.clone(),
            lines,
            weight: given.weight,
            dimensions: given.dimensions.clone(),
        });
    let number = u32::try_from(order.shipments.len() + 1).unwrap_or(u32::MAX);
    let created = ShipmentCreated {
        shipment_id: ShipmentId::new(fulfillment.id.order(), number),
        fulfillment_order_id: fulfillment.id,
        location: fulfillment.location.clone(),
        packages: packages.collect(),
        shipped_at: command.shipped_at.or(command.occurred_at).unwrap_or(at),
    };
    Ok(vec![created.into()])
}

/// What is in each package: what it says, and in the one that says nothing all that is left.
fn contents(
    order: &Order,
    fulfillment: &FulfillmentOrder,
    packages: &[ShipPackage],
) -> Result<Vec<Vec<LineUnits>>, OrderRefusal> {
    let named_lines = packages.iter().flat_map(|package| &package.lines).map(Vec::len).sum::<usize>();
    if named_lines > MOST_NAMED {
        return Err(OrderRefusal::TooMany { most: MOST_NAMED, pointer: "/packages" });
    }
    if packages.iter().filter(|package| package.lines.is_none()).count() > 1 {
        return Err(OrderRefusal::PackageLinesMissing);
    }
    let content = |(index, package): (usize, &ShipPackage)| match package.lines.as_deref() {
        None => Ok(None),
        Some([]) => Err(OrderRefusal::PackageEmpty(index)),
        Some(lines) => {
            named(order, fulfillment, lines).map(Some).map_err(|refusal| in_package(index, refusal))
        }
    };
    let mut contents: Vec<Option<Vec<LineUnits>>> =
        packages.iter().enumerate().map(content).collect::<Result<_, _>>()?;
    let stated: Vec<LineUnits> = contents.iter().flatten().flatten().cloned().collect();
    within(fulfillment, &stated, FulfillmentLine::open)?;
    for content in &mut contents {
        if content.is_none() {
            let rest = fulfillment
                .lines
                .iter()
                .map(|line| units_of(line.line, line.open().saturating_sub(total(&stated, line.line))));
            *content = Some(rest.filter(|units| !units.quantity.is_zero()).collect());
        }
    }
    let contents: Vec<Vec<LineUnits>> = contents.into_iter().flatten().collect();
    if contents.iter().any(Vec::is_empty) { Err(OrderRefusal::NothingLeft) } else { Ok(contents) }
}

/// Says of a refusal about a line in which package the line stands.
fn in_package(package: usize, refusal: OrderRefusal) -> OrderRefusal {
    match refusal {
        OrderRefusal::UnknownLine(line) => OrderRefusal::UnknownPackageLine { package, line },
        other => other,
    }
}

/// The packages' ids; those that have none get numbers that nobody else has.
fn package_ids(packages: &[ShipPackage]) -> Result<Vec<Reference>, OrderRefusal> {
    let mut taken = BTreeSet::new();
    for id in packages.iter().filter_map(|package| package.package_id.as_ref()) {
        if !taken.insert(id.clone()) {
            return Err(OrderRefusal::PackageTwice(id.to_string()));
        }
    }
    let mut ids = Vec::with_capacity(packages.len());
    for (index, package) in packages.iter().enumerate() {
        let mut numbered = (index + 1..).filter_map(|number| Reference::new(&format!("p{number}")).ok());
        let id = match &package.package_id {
            Some(given) => Some(given.clone()),
            None => numbered.find(|id| taken.insert(id.clone())),
        };
        ids.extend(id);
    }
    Ok(ids)
}

pub(super) fn track(order: &Order, command: &TrackShipment) -> Decision {
    let shipment =
        order.shipment(command.shipment_id).ok_or(OrderRefusal::UnknownShipment(command.shipment_id))?;
    let meant = parcels(shipment, command.package_id.as_ref())?;
    // A scan that was reported before is not news.
    let news: Vec<&Parcel> =
        meant.into_iter().filter(|parcel| parcel.tracked != Some((command.status, command.at))).collect();
    if news.is_empty() {
        return Ok(Vec::new());
    }
    // Who asked to be forgotten is not remembered again.
    let raw = command.raw.clone().filter(|_| order.personal_data != PersonalDataState::Erased);
    let tracked = ShipmentTracked {
        shipment_id: shipment.id,
        packages: ids(&news),
        status: command.status,
        status_at: command.at,
        location: command.location.clone(),
        has_personal_data: raw.is_some(),
        raw,
    };
    let mut events = vec![tracked.into()];
    if command.status == TrackingStatus::Delivered {
        events.extend(delivered(shipment, &news, command.at));
    }
    Ok(events)
}

pub(super) fn confirm_delivery(order: &Order, command: &ConfirmDelivery, at: Timestamp) -> Decision {
    let shipment =
        order.shipment(command.shipment_id).ok_or(OrderRefusal::UnknownShipment(command.shipment_id))?;
    let meant = parcels(shipment, command.package_id.as_ref())?;
    let delivered_at = command.delivered_at.or(command.occurred_at).unwrap_or(at);
    Ok(delivered(shipment, &meant, delivered_at).into_iter().collect())
}

/// The delivery of those that were not delivered yet, where there are any: a parcel is delivered once.
fn delivered(shipment: &Shipment, parcels: &[&Parcel], delivered_at: Timestamp) -> Option<OrderEvent> {
    let news: Vec<&Parcel> = parcels.iter().copied().filter(|parcel| parcel.delivered_at.is_none()).collect();
    let event = DeliveryConfirmed { shipment_id: shipment.id, packages: ids(&news), delivered_at };
    (!news.is_empty()).then(|| event.into())
}

fn parcels<'a>(shipment: &'a Shipment, id: Option<&Reference>) -> Result<Vec<&'a Parcel>, OrderRefusal> {
    let meant = |parcel: &&Parcel| id.is_none_or(|id| parcel.package.package_id == *id);
    let parcels: Vec<&Parcel> = shipment.parcels.iter().filter(meant).collect();
    if parcels.is_empty() { Err(OrderRefusal::UnknownPackage) } else { Ok(parcels) }
}

fn ids(parcels: &[&Parcel]) -> Vec<Reference> {
    parcels.iter().map(|parcel| parcel.package.package_id.clone()).collect()
}
