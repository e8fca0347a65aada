//! Ending what of an order has not left: at once where no location has taken it on, and else by asking.

use super::{Decision, exists, units_of};
use crate::order::commands::{AcceptCancellation, CancelOrder, RejectCancellation};
use crate::order::events::{
    CancellationRejected, CancellationRequested, FulfillmentOrderLines, InventoryReleased, ItemPutBack,
    LineUnits, OrderCancelled, OrderEvent,
};
use crate::order::refusals::OrderRefusal;
use crate::order::state::{FulfillmentLine, FulfillmentOrder, Order};
use crate::values::{FulfillmentOrderId, LineNumber, Text, Units};

/// What of an order can be cancelled.
struct Cancellable<'a> {
    /// Parts that no location has taken on.
    free: Vec<&'a FulfillmentOrder>,
    /// Parts whose locations must be asked and were not yet.
    to_ask: Vec<&'a FulfillmentOrder>,
    /// Units of lines that end at once, the free parts' included.
    lines: Vec<LineUnits>,
}

fn cancellable(order: &Order) -> Result<Cancellable<'_>, OrderRefusal> {
    if order.is_cancelled() {
        return Err(OrderRefusal::OrderCancelled);
    }
    let open = order.fulfillment_orders.iter().filter(|part| !part.total(FulfillmentLine::open).is_zero());
    let (taken_on, free): (Vec<_>, Vec<_>) = open.partition(|part| part.is_taken_on());
    let theirs = |line: LineNumber| -> Units {
        taken_on.iter().filter_map(|part| part.line(line)).map(FulfillmentLine::open).sum()
    };
    let left = |(index, totals): (usize, &super::super::state::LineTotals)| {
        let line = LineNumber::at(index);
        units_of(line, totals.ordered.saturating_sub(totals.cancelled + totals.shipped + theirs(line)))
    };
    let totals = order.line_totals();
    let lines: Vec<_> =
        totals.iter().enumerate().map(left).filter(|units| !units.quantity.is_zero()).collect();
    let asked_before = !taken_on.is_empty();
    let to_ask: Vec<_> = taken_on.into_iter().filter(|part| !part.cancellation_requested).collect();
    match (lines.is_empty() && to_ask.is_empty(), asked_before) {
        (true, true) => Err(OrderRefusal::CancellationPending),
        (true, false) => Err(OrderRefusal::NothingLeft),
        (false, _) => Ok(Cancellable { free, to_ask, lines }),
    }
}

/// Whether there is anything to cancel.
pub(in crate::order) fn may_be_cancelled(order: &Order) -> bool {
    order.created.is_some() && cancellable(order).is_ok()
}

pub(super) fn cancel(order: &Order, command: &CancelOrder) -> Decision {
    exists(order, command.order_id)?;
    let Cancellable { free, to_ask, lines } = cancellable(order)?;
    let mut events: Vec<OrderEvent> = Vec::new();
    let fulfillment_orders: Vec<_> = free.into_iter().map(held).collect();
    if !fulfillment_orders.is_empty() {
        events.push(InventoryReleased { fulfillment_orders }.into());
    }
    if !lines.is_empty() {
        events.push(OrderCancelled { lines, reason: command.reason.clone() }.into());
    }
    events.extend(to_ask.into_iter().map(|part| {
        let (fulfillment_order_id, reason) = (part.id, command.reason.clone());
        OrderEvent::from(CancellationRequested { fulfillment_order_id, reason })
    }));
    Ok(events)
}

/// What a part holds and has not shipped.
pub(super) fn held(part: &FulfillmentOrder) -> FulfillmentOrderLines {
    let open = part.lines.iter().filter(|line| !line.open().is_zero());
    FulfillmentOrderLines {
        fulfillment_order_id: part.id,
        location: part.location.clone(),
        lines: open.map(|line| units_of(line.line, line.open())).collect(),
    }
}

/// A part that its location was asked to leave.
fn asked(order: &Order, id: FulfillmentOrderId) -> Result<&FulfillmentOrder, OrderRefusal> {
    let part = order.fulfillment_order(id).ok_or(OrderRefusal::UnknownFulfillmentOrder(id))?;
    if !part.cancellation_requested || part.total(FulfillmentLine::open).is_zero() {
        return Err(OrderRefusal::NoCancellationRequested);
    }
    Ok(part)
}

pub(super) fn accept(order: &Order, command: &AcceptCancellation) -> Decision {
    let part = asked(order, command.fulfillment_order_id)?;
    let picked = |line: &FulfillmentLine| line.picked.saturating_sub(line.shipped);
    let back: Vec<_> = part
        .lines
        .iter()
        .filter(|line| !picked(line).is_zero())
        .map(|line| units_of(line.line, picked(line)))
        .collect();
    let mut events: Vec<OrderEvent> = Vec::new();
    if !back.is_empty() {
        events.push(ItemPutBack { fulfillment_order_id: part.id, lines: back }.into());
    }
    let held = held(part);
    let lines = held.lines.clone();
    events.push(InventoryReleased { fulfillment_orders: vec![held] }.into());
    if let Ok(reason) = Text::new("its location accepted the cancellation") {
        events.push(OrderCancelled { lines, reason }.into());
    }
    Ok(events)
}

pub(super) fn reject(order: &Order, command: &RejectCancellation) -> Decision {
    let part = asked(order, command.fulfillment_order_id)?;
    let (fulfillment_order_id, reason) = (part.id, command.reason.clone());
    Ok(vec![CancellationRejected { fulfillment_order_id, reason }.into()])
}
