//! A location's answer to the request to release units that it has acknowledged.

use super::{FulfillmentLine, FulfillmentOrder};
use crate::command::commands;
use crate::order::cancel::cancelled;
use crate::order::choices::DiscrepancyCode;
use crate::order::contents::{LineUnits, total};
use crate::order::decision::{Decision, discrepancy, find_fulfillment_order};
use crate::order::events::{
    CancellationRejected, FulfillmentOrderMoved, InventoryReleased, ItemPutBack, OrderEvent,
};
use crate::order::hold::widen;
use crate::order::refusals::OrderRefusal;
use crate::order::reserve::Promises;
use crate::order::state::Order;
use crate::values::{FulfillmentOrderId, Literal, Text};

/// The reason of cancellations that a location has agreed to.
const CANCELLATION_ACCEPTED: Literal = Literal::new("cancellation_accepted");
/// The reason of cancellations of units that a location returned while it was requested to release them.
const RETURNED_BY_LOCATION: Literal = Literal::new("returned_by_location");

commands! {
    /// Reports that a location releases the units that it was requested to release. Picked units are back in stock.
    AcceptCancellation {
        fulfillment_order_id: FulfillmentOrderId,
    }
    /// Reports that a location does not release the units that it was requested to release.
    RejectCancellation {
        fulfillment_order_id: FulfillmentOrderId,
        reason: Text<500>,
    }
}

/// Whether the target location of a move can still supply the units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReassignmentCheck {
    /// It can.
    Possible,
    /// It has too few units, is paused or has rejected the order.
    Impossible,
}

/// The location has a request to answer.
pub(in crate::order) fn can_answer(fulfillment: &FulfillmentOrder) -> Result<(), OrderRefusal> {
    let is_pending = fulfillment.has_pending_cancellation();
    if is_pending { Ok(()) } else { Err(OrderRefusal::NoCancellationRequested) }
}

fn requested(order: &Order, id: FulfillmentOrderId) -> Result<&FulfillmentOrder, OrderRefusal> {
    let fulfillment = find_fulfillment_order(order, id)?;
    can_answer(fulfillment).map(|()| fulfillment)
}

pub(in crate::order) fn accept(
    order: &Order,
    command: &AcceptCancellation,
    promises: &Promises,
    check: ReassignmentCheck,
) -> Decision {
    let fulfillment = requested(order, command.fulfillment_order_id)?;
    let release = |line: &FulfillmentLine| fulfillment.requested_release(line);
    // Unpicked units are released first; the rest is put back.
    let put_back = |line: &FulfillmentLine| release(line).saturating_sub(line.unpicked());
    let fulfillment_order_id = fulfillment.id;
    let mut events: Vec<OrderEvent> = Vec::new();
    let back = fulfillment.all_units(put_back);
    if !back.is_empty() {
        events.push(ItemPutBack { fulfillment_order_id, lines: back }.into());
    }
    let lines = fulfillment.all_units(release);
    let target = fulfillment.move_target().cloned();
    let is_move = target.is_some();
    if let Some(to) = target.filter(|_| check == ReassignmentCheck::Possible) {
        let (from, promise) = (fulfillment.location.clone(), promises.get(&to).cloned());
        events.push(FulfillmentOrderMoved { fulfillment_order_id, from, to, lines, promise }.into());
        return Ok(events);
    }
    let fulfillment_orders = vec![fulfillment.lines_of(lines.clone())];
    events.push(InventoryReleased { fulfillment_orders }.into());
    if is_move {
        // The location has released the units all the same: they are sourced again.
        events.push(discrepancy(DiscrepancyCode::TargetOutOfStock));
        events.extend(widen(order, &[fulfillment_order_id]));
    } else {
        events.push(cancelled(order, lines, CANCELLATION_ACCEPTED.into()));
    }
    Ok(events)
}

pub(in crate::order) fn reject(order: &Order, command: &RejectCancellation) -> Decision {
    let fulfillment_order_id = requested(order, command.fulfillment_order_id)?.id;
    Ok(vec![CancellationRejected { fulfillment_order_id, reason: command.reason.clone() }.into()])
}

/// Cancels returned units whose cancellation is requested: returning them answers the request, and they are not sourced
/// again. `returned` has the fulfillment orders and their returned lines.
pub(in crate::order) fn cancel_returned<'a>(
    order: &Order,
    returned: impl IntoIterator<Item = (&'a FulfillmentOrder, &'a [LineUnits])>,
) -> Option<OrderEvent> {
    let returned = returned.into_iter().filter(|(one, _)| one.cancels_on_release());
    let lines: Vec<LineUnits> = returned
        .flat_map(|(one, lines)| {
            one.all_units(|line| one.requested_release(line).min(total(lines, line.line)))
        })
        .collect();
    (!lines.is_empty()).then(|| cancelled(order, lines, RETURNED_BY_LOCATION.into()))
}
