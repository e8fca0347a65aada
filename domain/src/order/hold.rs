//! Holds on an order, or on one of its fulfillment orders.

use super::choices::HoldReason;
use super::contents::DeliveryIntent;
use super::decision::{Decision, exists, find_fulfillment_order};
use super::events::{OrderEvent, OrderHeld, OrderHoldReleased};
use super::refusals::OrderRefusal;
use super::state::{Hold, Order};
use crate::command::commands;
use crate::values::{FulfillmentOrderId, OrderId, Reference, Text, Timestamp};

const MAX_HOLDS: usize = 20;

commands! {
    /// Places an order, or one fulfillment order, on hold: it is not picked, packed or shipped meanwhile.
    HoldOrder {
        order_id: OrderId,
        /// The only fulfillment order to hold. Default: the whole order.
        fulfillment_order_id: Option<FulfillmentOrderId>,
        reason: HoldReason,
        /// Free text, stored unencrypted: not for personal data.
        note: Option<Text<500>>,
        /// When the hold ends. Default: when it is released.
        until: Option<Timestamp>,
    }
    /// Ends a hold. Units that were missing are sourced again.
    ReleaseHold {
        order_id: OrderId,
        /// The id of the hold.
        hold_id: Reference,
    }
}

/// A hold can be placed on the whole order: units of it are left to ship or to fulfil.
pub(super) fn can_hold(order: &Order) -> Result<(), OrderRefusal> {
    if order.is_cancelled() {
        return Err(OrderRefusal::OrderCancelled);
    }
    if order.holds.len() >= MAX_HOLDS {
        return Err(OrderRefusal::TooManyHolds);
    }
    if order.is_fulfilled() { Err(OrderRefusal::NothingLeft) } else { Ok(()) }
}

pub(super) fn place(order: &Order, command: &HoldOrder, at: Timestamp) -> Decision {
    exists(order, command.order_id)?;
    if command.until.is_some_and(|until| until <= at) {
        return Err(OrderRefusal::HoldOver);
    }
    can_hold(order)?;
    if let Some(id) = command.fulfillment_order_id {
        let fulfillment = find_fulfillment_order(order, id)?;
        if !fulfillment.is_open() {
            return Err(OrderRefusal::NothingLeft);
        }
    }
    let held = OrderHeld {
        hold_id: hold_id(order.holds_placed),
        fulfillment_order_id: command.fulfillment_order_id,
        reason: command.reason,
        note: command.note.clone(),
        until: command.until,
    };
    Ok(vec![held.into()])
}

/// The id of the next hold.
fn hold_id(placed: u32) -> Reference {
    Reference::numbered::<'h'>(u64::from(placed) + 1)
}

pub(super) fn release(order: &Order, command: &ReleaseHold) -> Decision {
    exists(order, command.order_id)?;
    if !order.holds.iter().any(|hold| hold.id == command.hold_id) {
        return Err(OrderRefusal::UnknownHold(command.hold_id.clone()));
    }
    Ok(vec![OrderHoldReleased { hold_id: command.hold_id.clone() }.into()])
}

/// The hold until a person decides about missing units. None when the order has that hold already.
pub(super) fn await_decision(order: &Order) -> Option<OrderEvent> {
    let is_new = order.created.is_some() && !order.is_out_of_stock();
    is_new.then(|| hold_whole(order.holds_placed, HoldReason::InventoryOutOfStock, None, None))
}

/// Replaces the holds on a fulfillment order that loses units by holds on the whole order: the units that replace the lost
/// ones must not leave either.
pub(super) fn widen(order: &Order, lost: &[FulfillmentOrderId]) -> Vec<OrderEvent> {
    let is_lost = |hold: &&Hold| hold.fulfillment_order_id.is_some_and(|id| lost.contains(&id));
    let widened = |(hold, placed): (&Hold, u32)| {
        let released = OrderHoldReleased { hold_id: hold.id.clone() };
        [released.into(), hold_whole(placed, hold.reason, hold.note.clone(), hold.until)]
    };
    order.holds.iter().filter(is_lost).zip(order.holds_placed..).flat_map(widened).collect()
}

/// The hold of an order that must not leave yet.
pub(super) fn scheduled(placed: u32, delivery: &DeliveryIntent, at: Timestamp) -> Option<OrderEvent> {
    let until = delivery.ship_not_before.filter(|until| *until > at)?;
    Some(hold_whole(placed, HoldReason::Scheduled, None, Some(until)))
}

fn hold_whole(
    placed: u32,
    reason: HoldReason,
    note: Option<Text<500>>,
    until: Option<Timestamp>,
) -> OrderEvent {
    OrderHeld { hold_id: hold_id(placed), fulfillment_order_id: None, reason, note, until }.into()
}

impl Order {
    /// When the hold of an order that must not leave yet ends. None if it has no such hold, or if nothing ends it.
    pub fn scheduled_until(&self) -> Option<Timestamp> {
        let is_scheduled =
            |hold: &&Hold| hold.reason == HoldReason::Scheduled && hold.fulfillment_order_id.is_none();
        self.holds.iter().filter(is_scheduled).filter_map(|hold| hold.until).max()
    }
}

/// Replaces the hold of an order that must not leave yet.
pub(super) fn reschedule(order: &Order, delivery: &DeliveryIntent, at: Timestamp) -> Vec<OrderEvent> {
    let former = order.holds.iter().filter(|hold| hold.reason == HoldReason::Scheduled);
    let released = former.map(|hold| OrderHoldReleased { hold_id: hold.id.clone() }.into());
    released.chain(scheduled(order.holds_placed, delivery, at)).collect()
}
