//! Letting an order wait.

use crate::order::choices::HoldReason;
use crate::order::commands::{HoldOrder, ReleaseHold};
use crate::order::contents::DeliveryIntent;
use crate::order::decision::{Decision, exists};
use crate::order::events::{OrderEvent, OrderHeld, OrderHoldReleased, ShipmentStuck};
use crate::order::refusals::OrderRefusal;
use crate::order::state::Order;
use crate::values::{Reference, Timestamp};

/// The most holds that may stand at once.
const MOST_HOLDS: usize = 20;

pub(in crate::order) fn hold_order(order: &Order, command: &HoldOrder, at: Timestamp) -> Decision {
    exists(order, command.order_id)?;
    if command.until.is_some_and(|until| until <= at) {
        return Err(OrderRefusal::HoldOver);
    }
    if order.is_cancelled() {
        return Err(OrderRefusal::OrderCancelled);
    }
    if order.holds.len() >= MOST_HOLDS {
        return Err(OrderRefusal::TooManyHolds);
    }
    if let Some(id) = command.fulfillment_order_id {
        let part = order.fulfillment_order(id).ok_or(OrderRefusal::UnknownFulfillmentOrder(id))?;
        if !part.is_open() {
            return Err(OrderRefusal::NothingLeft);
        }
    } else if !may_be_held(order) {
        return Err(OrderRefusal::NothingLeft);
    }
    let held = OrderHeld {
        hold_id: id_after(order.holds_placed),
        fulfillment_order_id: command.fulfillment_order_id,
        reason: command.reason,
        note: command.note.clone(),
        until: command.until,
    };
    Ok(vec![held.into()])
}

/// The id of the next hold.
fn id_after(placed: u32) -> Reference {
    Reference::numbered::<'h'>(u64::from(placed) + 1)
}

/// Whether a hold can be placed on all of an order: something of it is still to leave.
pub(in crate::order) fn may_be_held(order: &Order) -> bool {
    order.created.is_some() && !order.is_cancelled() && !order.is_shipped() && order.holds.len() < MOST_HOLDS
}

pub(in crate::order) fn release_hold(order: &Order, command: &ReleaseHold) -> Decision {
    exists(order, command.order_id)?;
    if !order.holds.iter().any(|hold| hold.id == command.hold_id) {
        return Err(OrderRefusal::UnknownHold(command.hold_id.clone()));
    }
    Ok(vec![OrderHoldReleased { hold_id: command.hold_id.clone() }.into()])
}

/// The order goes on hold until a person decides; nothing if it is on such a hold already.
pub(super) fn await_decision(order: &Order) -> Option<OrderEvent> {
    let needs_hold = order.created.is_some() && !order.is_out_of_stock();
    needs_hold.then(|| placed(order.holds_placed, HoldReason::InventoryOutOfStock, None))
}

/// The hold of an order that must not leave before a later time.
pub(in crate::order) fn scheduled(
    placed_before: u32,
    delivery: &DeliveryIntent,
    at: Timestamp,
) -> Option<OrderEvent> {
    let until = delivery.ship_not_before.filter(|until| *until > at)?;
    Some(placed(placed_before, HoldReason::Scheduled, Some(until)))
}

fn placed(placed_before: u32, reason: HoldReason, until: Option<Timestamp>) -> OrderEvent {
    let hold_id = id_after(placed_before);
    OrderHeld { hold_id, fulfillment_order_id: None, reason, note: None, until }.into()
}

/// What time brings: holds that stood until a moment that is past stand no more, and parcels of which nothing was heard
/// for too long are stuck.
pub(in crate::order) fn attend(order: &Order, at: Timestamp) -> Vec<OrderEvent> {
    let over = order.holds.iter().filter(|hold| hold.until.is_some_and(|until| until <= at));
    let released = over.map(|hold| OrderHoldReleased { hold_id: hold.id.clone() }.into());
    let stuck = order.shipments.iter().filter_map(|shipment| {
        let is_stuck =
            |parcel: &&crate::order::Parcel| shipment.stuck_at(parcel).is_some_and(|moment| moment <= at);
        let parcels = shipment.parcels.iter().filter(is_stuck);
        let packages: Vec<_> = parcels.map(|parcel| parcel.package.package_id.clone()).collect();
        let shipment_id = shipment.id;
        (!packages.is_empty()).then(|| ShipmentStuck { shipment_id, packages }.into())
    });
    released.chain(stuck).collect()
}
