//! Commands on orders.

use holdfast_domain::fulfillment::{self, Aggregates};
use holdfast_domain::order::{
    AcceptCancellation, AttendOrder, ErasePersonalData, MoveFulfillmentOrder, OrderCommand, OrderEvent,
    OrderRefusal, ReceiveReturn, RelabelPackage, RequestReturn, ShipItems, TrackParcel, TrackShipment,
    TrackedPackage, reported_before,
};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{OrderId, ReturnId, ShipmentId};
use holdfast_journal::OutcomeKind;
use holdfast_views::OrderView;
use schemars::JsonSchema;
use serde::Serialize;

use super::unit_of_work::{Accepted, Stop, UnitOfWork, accepted};
use crate::claims::tracking_number;

/// Decides a command on an order with everything that follows from it, and answers with the order.
pub(super) fn change(
    unit: &mut UnitOfWork<'_>,
    id: OrderId,
    command: &OrderCommand,
) -> Result<Accepted, Stop> {
    unit.check_version(id)?;
    fulfillment::change(unit, id, command)?;
    unit.accept_order(OutcomeKind::Done, id)
}

pub(super) fn attend(unit: &mut UnitOfWork<'_>, command: &AttendOrder) -> Result<Accepted, Stop> {
    change(unit, command.order_id, &OrderCommand::AttendOrder(unit.at))
}

pub(super) fn move_fulfillment_order(
    unit: &mut UnitOfWork<'_>,
    command: &MoveFulfillmentOrder,
) -> Result<Accepted, Stop> {
    let id = command.fulfillment_order_id.order();
    unit.require([StreamId::Network, StreamId::Order(id)])?;
    unit.network()?.location(&command.location, "/location")?;
    unit.check_version(id)?;
    fulfillment::move_fulfillment_order(unit, command)?;
    unit.accept_order(OutcomeKind::Done, id)
}

pub(super) fn accept_cancellation(
    unit: &mut UnitOfWork<'_>,
    command: &AcceptCancellation,
) -> Result<Accepted, Stop> {
    let id = command.fulfillment_order_id.order();
    unit.require([StreamId::Network, StreamId::Order(id)])?;
    unit.check_version(id)?;
    fulfillment::accept_cancellation(unit, command)?;
    unit.accept_order(OutcomeKind::Done, id)
}

/// The answer to `ShipItems`: the id of the shipment, and the order.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentAnswer {
    /// The id of the new shipment, or of the shipment that the report repeats.
    shipment_id: ShipmentId,
    /// The order after the command.
    #[serde(flatten)]
    order: OrderView,
}

pub(super) fn ship(unit: &mut UnitOfWork<'_>, command: &ShipItems) -> Result<Accepted, Stop> {
    let id = command.fulfillment_order_id.order();
    let numbers = command.packages.iter().filter_map(|package| {
        Some(tracking_number(package.carrier.as_ref()?, package.tracking_number.as_ref()?))
    });
    unit.require_with_claims([StreamId::Order(id), StreamId::Policy], numbers)?;
    unit.check_version(id)?;
    let stuck_after = unit.policy()?.rules.stuck_after;
    let ship = OrderCommand::ShipItems(command.clone(), stuck_after, unit.at);
    let (_, events) = fulfillment::change(unit, id, &ship)?;
    let created = events.iter().find_map(|event| match event {
        OrderEvent::ShipmentCreated(created) => Some(created.shipment_id),
        _ => None,
    });
    let kind = if created.is_some() { OutcomeKind::Created } else { OutcomeKind::Done };
    let order = unit.order(id)?;
    let missing = || Stop::Failed("ShipItems created no shipment".to_owned());
    let shipment_id = created.or_else(|| reported_before(&order, command)).ok_or_else(missing)?;
    let order = unit.order_view(id)?;
    accepted(kind, &ShipmentAnswer { shipment_id, order })
}

pub(super) fn relabel(unit: &mut UnitOfWork<'_>, command: &RelabelPackage) -> Result<Accepted, Stop> {
    let id = command.shipment_id.order();
    let number = tracking_number(&command.carrier, &command.tracking_number);
    unit.require_with_claims([StreamId::Order(id)], [number])?;
    change(unit, id, &OrderCommand::RelabelPackage(command.clone(), unit.at))
}

/// Tracks the packages under way that have a tracking number. If none is under way, those of the order that used the number last.
/// Returns the last of the orders whose packages were tracked.
pub(super) fn track_parcel(unit: &mut UnitOfWork<'_>, command: &TrackParcel) -> Result<Accepted, Stop> {
    let owners = unit.owners(&tracking_number(&command.carrier, &command.tracking_number))?;
    unit.require(owners.iter().cloned())?;
    let mut named = Vec::new();
    for owner in owners {
        let StreamId::Order(id) = owner else { continue };
        for shipment in &unit.order(id)?.shipments {
            let is_named = |package: &&TrackedPackage| {
                package.shipped.is_named(&command.carrier, &command.tracking_number)
            };
            let packages = shipment.packages.iter().filter(is_named);
            named.extend(packages.map(|package| (shipment.id, package.clone())));
        }
    }
    let last = named.last().map(|(shipment_id, _)| shipment_id.order());
    if named.iter().any(|(_, package)| package.is_under_way()) {
        named.retain(|(_, package)| package.is_under_way());
    } else {
        named.retain(|(shipment_id, _)| Some(shipment_id.order()) == last);
    }
    let Some(answered) = named.last().map(|(shipment_id, _)| shipment_id.order()) else {
        return Err(OrderRefusal::UnknownTrackingNumber.into());
    };
    unit.check_version(answered)?;
    for (shipment_id, package) in named {
        let track = TrackShipment {
            shipment_id,
            status: command.status.clone(),
            at: command.at,
            package_id: Some(package.shipped.package_id),
            location: command.location.clone(),
            raw: command.raw.clone(),
            occurred_at: command.occurred_at,
            not_after: command.not_after,
        };
        fulfillment::change(unit, shipment_id.order(), &OrderCommand::TrackShipment(track, unit.at))?;
    }
    unit.accept_order(OutcomeKind::Done, answered)
}

/// The answer to `RequestReturn`: the id of the return, and the order.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReturnAnswer {
    /// The new return's id.
    return_id: ReturnId,
    /// The order after the command.
    #[serde(flatten)]
    order: OrderView,
}

pub(super) fn request_return(unit: &mut UnitOfWork<'_>, command: &RequestReturn) -> Result<Accepted, Stop> {
    let id = command.order_id;
    unit.require([StreamId::Order(id), StreamId::Policy])?;
    unit.check_version(id)?;
    let lapses_after = unit.policy()?.rules.returns_lapse_after;
    let request = OrderCommand::RequestReturn(command.clone(), lapses_after, unit.at);
    let (_, events) = fulfillment::change(unit, id, &request)?;
    let Some(OrderEvent::ReturnRequested(requested)) = events.first() else {
        return Err(Stop::Failed("RequestReturn created no return".to_owned()));
    };
    let order = unit.order_view(id)?;
    accepted(OutcomeKind::Created, &ReturnAnswer { return_id: requested.return_id, order })
}

pub(super) fn receive_return(unit: &mut UnitOfWork<'_>, command: &ReceiveReturn) -> Result<Accepted, Stop> {
    let id = command.return_id.order();
    unit.require([StreamId::Network, StreamId::Order(id)])?;
    unit.network()?.location(&command.location, "/location")?;
    change(unit, id, &OrderCommand::ReceiveReturn(command.clone(), unit.at))
}

pub(super) fn erase_personal_data(
    unit: &mut UnitOfWork<'_>,
    command: &ErasePersonalData,
) -> Result<Accepted, Stop> {
    let id = command.order_id;
    unit.check_version(id)?;
    let (_, events) = fulfillment::change(unit, id, &OrderCommand::ErasePersonalData(command.clone()))?;
    if !events.is_empty() {
        unit.erase_subject(id);
    }
    unit.accept_order(OutcomeKind::Done, id)
}
