//! What leaves, where it is, and that it arrived.

use std::collections::BTreeSet;

use crate::order::cancel::held;
use crate::order::choices::{DeliveryMethod, TrackingStatus};
use crate::order::commands::{ConfirmDelivery, ShipItems, ShipPackage, TrackShipment};
use crate::order::contents::{FulfillmentOrderLines, LineUnits, Package};
use crate::order::decision::{Decision, discrepancy, firm};
use crate::order::events::{
    DeliveryConfirmed, DeliveryFailed, InventoryReleased, OrderEvent, ShipmentCreated, ShipmentTracked,
};
use crate::order::fulfillment_order::assignment::shorted;
use crate::order::fulfillment_order::pick_pack::{MOST_NAMED, everything, named};
use crate::order::refusals::OrderRefusal;
use crate::order::state::{FulfillmentLine, FulfillmentOrder, Order, Parcel, PersonalDataState, Shipment};
use crate::order::totals::{LineTotals, total, units_of};
use crate::text;
use crate::values::{LineNumber, Period, Reference, ShipmentId, Timestamp, Units};

const MOST_PACKAGES: usize = 100;

/// A report of what has left: it counts also where nothing should have left, and that is recorded.
pub(in crate::order) fn ship(
    order: &Order,
    command: &ShipItems,
    stuck_after: Option<Period>,
    at: Timestamp,
) -> Decision {
    let id = command.fulfillment_order_id;
    let part = order.fulfillment_order(id).ok_or(OrderRefusal::UnknownFulfillmentOrder(id))?;
    if command.packages.is_empty() || command.packages.len() > MOST_PACKAGES {
        return Err(OrderRefusal::PackageCount(command.packages.len()));
    }
    let contents = contents(order, part, &command.packages)?;
    let ids = package_ids(&command.packages)?;
    let number = u32::try_from(order.shipments.len() + 1).unwrap_or(u32::MAX);
    let shipment_id = ShipmentId::new(id.order(), number);
    let shipped: Vec<LineUnits> = contents.iter().flatten().cloned().collect();
    let mut events: Vec<OrderEvent> = Vec::new();
    events.extend(taken_from_others(order, part, &shipped)?);
    let created = ShipmentCreated {
        shipment_id,
        fulfillment_order_id: id,
        location: part.location.clone(),
        packages: packages(order, shipment_id, &command.packages, ids, contents)?,
        shipped_at: command.shipped_at.or(command.occurred_at).unwrap_or(at),
        stuck_after: stuck_after.filter(|_| is_carried(order)),
    };
    let handed_over = handed_over(order, &created);
    events.push(created.into());
    events.extend(firm(order));
    events.extend(handed_over);
    if command.short_remainder == Some(true) {
        let left = |line: &FulfillmentLine| line.open().saturating_sub(total(&shipped, line.line));
        let lines = everything(part, left);
        if !lines.is_empty() {
            events.extend(shorted(order, part, lines, text!("did not leave with the rest")));
        }
    }
    events.extend(contradictions(order, part, &shipped));
    Ok(events)
}

/// Whether goods are given to somebody who reports on them.
fn is_carried(order: &Order) -> bool {
    matches!(order.delivery_method(), DeliveryMethod::Ship | DeliveryMethod::Dropship)
}

/// What is fetched, or is nothing that can be carried, has arrived when it leaves.
fn handed_over(order: &Order, created: &ShipmentCreated) -> Option<OrderEvent> {
    let at_once = matches!(order.delivery_method(), DeliveryMethod::Pickup | DeliveryMethod::None);
    let packages = created.packages.iter().map(|package| package.package_id.clone()).collect();
    let (shipment_id, delivered_at) = (created.shipment_id, created.shipped_at);
    at_once.then(|| DeliveryConfirmed { shipment_id, packages, delivered_at }.into())
}

/// What is said by a report of goods that should not have left, or not so many.
fn contradictions(order: &Order, part: &FulfillmentOrder, shipped: &[LineUnits]) -> Vec<OrderEvent> {
    let more = part.lines.iter().any(|line| total(shipped, line.line) > line.open());
    let gone = !part.supplies();
    let cases = [
        (gone, "shipped_after_cancellation", "goods left that were no longer to leave from here"),
        (more && !gone, "shipped_more_than_held", "more units left than were held here"),
        (order.is_held(part.id), "shipped_on_hold", "goods left while the order was on hold"),
        (!order.is_paid(), "shipped_unpaid", "goods left that are not paid"),
    ];
    let so = cases.into_iter().filter(|(is_so, ..)| *is_so);
    so.filter_map(|(_, code, detail)| discrepancy(code, detail)).collect()
}

/// Units that left and that this part did not hold: those that wait or were cancelled count first; for the rest other
/// parts, which have not begun, no longer have to send them.
fn taken_from_others(
    order: &Order,
    part: &FulfillmentOrder,
    shipped: &[LineUnits],
) -> Result<Option<OrderEvent>, OrderRefusal> {
    let mut fulfillment_orders: Vec<FulfillmentOrderLines> = Vec::new();
    let totals = order.line_totals();
    for line in &part.lines {
        let requested = total(shipped, line.line);
        let more = requested.saturating_sub(line.open());
        let mut missing = more.saturating_sub(totals.get(line.line.index()).map_or(Units::ZERO, unheld));
        let others = order.fulfillment_orders.iter().rev();
        for other in others.filter(|other| other.id != part.id && !other.is_taken_on()) {
            let taken = other.line(line.line).map_or(Units::ZERO, FulfillmentLine::open).min(missing);
            missing -= taken;
            if !taken.is_zero() {
                let lines = vec![units_of(line.line, taken)];
                fulfillment_orders.push(FulfillmentOrderLines { lines, ..held(other) });
            }
        }
        if !missing.is_zero() {
            let open = requested.saturating_sub(missing);
            return Err(OrderRefusal::QuantityExceedsOpen { line: line.line, requested, open });
        }
    }
    let any = !fulfillment_orders.is_empty();
    Ok(any.then(|| InventoryReleased { fulfillment_orders }.into()))
}

/// Units of a line that nobody holds and that may yet leave.
fn unheld(totals: &LineTotals) -> Units {
    totals.pending() + totals.backordered + totals.cancelled
}

fn packages(
    order: &Order,
    shipment_id: ShipmentId,
    given: &[ShipPackage],
    ids: Vec<Reference>,
    contents: Vec<Vec<LineUnits>>,
) -> Result<Vec<Package>, OrderRefusal> {
    let mut packages = Vec::with_capacity(given.len());
    let totals = order.line_totals();
    let before = |line: LineNumber| totals.get(line.index()).map_or(Units::ZERO, |totals| totals.shipped);
    let counts: Vec<usize> = contents.iter().map(Vec::len).collect();
    let mut valued = order.valued(contents.into_iter().flatten().collect(), before).into_iter();
    for ((index, given), (package_id, count)) in given.iter().enumerate().zip(ids.into_iter().zip(counts)) {
        let (carrier, tracking_number) = label(order, shipment_id, index, given, &package_id)?;
        packages.push(Package {
            package_id,
            carrier,
            tracking_number,
            service: given.service.clone(),
            lines: valued.by_ref().take(count).collect(),
            weight: given.weight,
            dimensions: given.dimensions.clone(),
        });
    }
    Ok(packages)
}

/// Who carries a parcel, and its number there. What nobody carries is named after how it is delivered.
fn label(
    order: &Order,
    shipment_id: ShipmentId,
    index: usize,
    given: &ShipPackage,
    package_id: &Reference,
) -> Result<(Reference, Reference), OrderRefusal> {
    if let (Some(carrier), Some(number)) = (&given.carrier, &given.tracking_number) {
        return Ok((carrier.clone(), number.clone()));
    }
    let method = match order.delivery_method() {
        DeliveryMethod::Ship | DeliveryMethod::Dropship => return Err(OrderRefusal::CarrierMissing(index)),
        DeliveryMethod::Pickup => "pickup",
        DeliveryMethod::Local => "local",
        DeliveryMethod::None => "none",
    };
    let missing = |_| OrderRefusal::CarrierMissing(index);
    let carrier = given.carrier.clone().map_or_else(|| Reference::new(method), Ok).map_err(missing)?;
    let own = || Reference::new(&format!("{shipment_id}.{package_id}"));
    let number = given.tracking_number.clone().map_or_else(own, Ok).map_err(missing)?;
    Ok((carrier, number))
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
    for content in &mut contents {
        if content.is_none() {
            let rest = |line: &FulfillmentLine| line.open().saturating_sub(total(&stated, line.line));
            *content = Some(everything(fulfillment, rest));
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
        let mut numbered = (index as u64 + 1..).map(Reference::numbered::<'p'>);
        let id = match &package.package_id {
            Some(given) => Some(given.clone()),
            None => numbered.find(|id| taken.insert(id.clone())),
        };
        ids.extend(id);
    }
    Ok(ids)
}

pub(in crate::order) fn track(order: &Order, command: &TrackShipment) -> Decision {
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
    if command.status.is_failure() {
        events.extend(failed(shipment, &news, command));
    }
    Ok(events)
}

pub(in crate::order) fn confirm_delivery(
    order: &Order,
    command: &ConfirmDelivery,
    at: Timestamp,
) -> Decision {
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

/// The failure of those that had not failed before, did not arrive, and of which nothing later is known.
fn failed(shipment: &Shipment, parcels: &[&Parcel], command: &TrackShipment) -> Option<OrderEvent> {
    let is_latest = |parcel: &Parcel| parcel.tracked.is_none_or(|(_, known)| command.at >= known);
    let is_news =
        |parcel: &&Parcel| parcel.delivered_at.is_none() && !parcel.has_failed() && is_latest(parcel);
    let news: Vec<&Parcel> = parcels.iter().copied().filter(is_news).collect();
    let (shipment_id, status, at) = (shipment.id, command.status, command.at);
    let event = DeliveryFailed { shipment_id, packages: ids(&news), status, at };
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
