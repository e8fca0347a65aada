//! Letting an order wait.

use super::{Decision, exists};
use crate::order::choices::HoldReason;
use crate::order::commands::{HoldOrder, ReleaseHold};
use crate::order::events::{OrderEvent, OrderHeld, OrderHoldReleased};
use crate::order::refusals::OrderRefusal;
use crate::order::state::{FulfillmentLine, Order};
use crate::values::{FulfillmentOrderId, Reference, Text};

/// The most holds that may stand at once.
const MOST_HOLDS: usize = 20;

pub(super) fn hold_order(order: &Order, command: &HoldOrder) -> Decision {
    exists(order, command.order_id)?;
    if order.is_cancelled() {
        return Err(OrderRefusal::OrderCancelled);
    }
    if order.holds.len() >= MOST_HOLDS {
        return Err(OrderRefusal::TooManyHolds);
    }
    if let Some(id) = command.fulfillment_order_id {
        let part = order.fulfillment_order(id).ok_or(OrderRefusal::UnknownFulfillmentOrder(id))?;
        if part.total(FulfillmentLine::open).is_zero() {
            return Err(OrderRefusal::NothingLeft);
        }
    } else if !may_be_held(order) {
        return Err(OrderRefusal::NothingLeft);
    }
    let held = placed(order, command.reason, command.fulfillment_order_id, command.note.clone());
    Ok(held.into_iter().collect())
}

/// Whether a hold can be placed on all of an order: something of it is still to leave.
pub(in crate::order) fn may_be_held(order: &Order) -> bool {
    order.created.is_some() && !order.is_cancelled() && !order.is_shipped() && order.holds.len() < MOST_HOLDS
}

pub(super) fn release_hold(order: &Order, command: &ReleaseHold) -> Decision {
    exists(order, command.order_id)?;
    if !order.holds.iter().any(|hold| hold.id == command.hold_id) {
        return Err(OrderRefusal::UnknownHold(command.hold_id.clone()));
    }
    Ok(vec![OrderHoldReleased { hold_id: command.hold_id.clone() }.into()])
}

/// A hold on all of an order.
pub(super) fn hold(order: &Order, reason: HoldReason) -> Option<OrderEvent> {
    placed(order, reason, None, None)
}

fn placed(
    order: &Order,
    reason: HoldReason,
    fulfillment_order_id: Option<FulfillmentOrderId>,
    note: Option<Text<500>>,
) -> Option<OrderEvent> {
    let hold_id = Reference::new(&format!("h{}", order.holds_placed.saturating_add(1))).ok()?;
    Some(OrderHeld { hold_id, fulfillment_order_id, reason, note }.into())
}
