//! Cancels units of an order that have not shipped: at once where no location has acknowledged them, otherwise when the
//! location agrees.

use std::collections::BTreeMap;

use super::contents::{LineUnits, total};
use super::decision::{Decision, exists};
use super::events::{CancellationRequested, InventoryReleased, OrderCancelled, OrderEvent};
use super::fulfillment_order::{FulfillmentLine, FulfillmentOrder};
use super::lines::{LineQuantity, check_entries, resolve_order_lines};
use super::refusals::OrderRefusal;
use super::state::Order;
use super::totals::LineTotals;
use crate::command::commands;
use crate::values::{FulfillmentOrderId, LineNumber, OrderId, Text, Units};

commands! {
    /// Cancels units that have not shipped. Units that no location has acknowledged are free at once; for the others the
    /// location is requested to agree.
    CancelOrder {
        order_id: OrderId,
        reason: Text<500>,
        /// The units to cancel: pending and backordered units first, then units that no location has acknowledged.
        /// Default: all units that have not shipped.
        lines: Option<Vec<LineQuantity>>,
    }
}

/// Units of every line that can be cancelled, in order: neither shipped, fulfilled nor part of a pending request.
fn cancellable(order: &Order) -> Vec<(LineNumber, Units)> {
    let requested = |line: LineNumber| -> Units {
        let pending = order.fulfillment_orders.iter().filter(|one| one.has_pending_cancellation());
        pending.filter_map(|one| one.line(line)).map(FulfillmentLine::outstanding).sum()
    };
    let totals = order.line_totals();
    let cancellable = |(index, totals): (usize, &LineTotals)| {
        let line = LineNumber::at(index);
        (line, totals.ordered.saturating_sub(totals.cancelled + totals.done() + requested(line)))
    };
    totals.iter().enumerate().map(cancellable).filter(|(_, units)| !units.is_zero()).collect()
}

/// Units of the order can be cancelled.
pub(super) fn can_cancel(order: &Order) -> Result<(), OrderRefusal> {
    if order.is_cancelled() {
        return Err(OrderRefusal::OrderCancelled);
    }
    if !cancellable(order).is_empty() {
        return Ok(());
    }
    let is_pending = order.fulfillment_orders.iter().any(FulfillmentOrder::has_pending_cancellation);
    Err(if is_pending { OrderRefusal::CancellationPending } else { OrderRefusal::NothingLeft })
}

pub(super) fn cancel(order: &Order, command: &CancelOrder) -> Decision {
    exists(order, command.order_id)?;
    let units = match command.lines.as_deref() {
        None => {
            can_cancel(order)?;
            cancellable(order)
        }
        Some(_) if order.is_cancelled() => return Err(OrderRefusal::OrderCancelled),
        Some(lines) => {
            check_entries(lines.len())?;
            let units = resolve_order_lines(order, lines)?;
            let sums = order.lines().iter().map(|line| (line.line, total(&units, line.line)));
            sums.filter(|(_, units)| !units.is_zero()).collect()
        }
    };
    cancel_units(order, &units, &command.reason)
}

/// Units of lines, by fulfillment order.
type ByFulfillmentOrder = BTreeMap<FulfillmentOrderId, Vec<LineUnits>>;

/// Cancels units of lines: units that no location has reserved first, then units that no location has acknowledged, the latest
/// fulfillment order first. For the rest the locations are requested to agree.
pub(super) fn cancel_units(order: &Order, units: &[(LineNumber, Units)], reason: &Text<500>) -> Decision {
    let (mut released, mut requested) = (ByFulfillmentOrder::new(), ByFulfillmentOrder::new());
    let mut ended = Vec::new();
    let totals = order.line_totals();
    let take = |one: &FulfillmentOrder, line, left: &mut Units, into: &mut ByFulfillmentOrder| {
        let taken = one.line(line).map_or(Units::ZERO, FulfillmentLine::outstanding).min(*left);
        *left -= taken;
        if !taken.is_zero() {
            into.entry(one.id).or_default().push(LineUnits::new(line, taken));
        }
        taken
    };
    for &(line, quantity) in units {
        let totals = totals.get(line.index()).copied().unwrap_or_default();
        let mut cancelled = (totals.pending() + totals.backordered + totals.unfulfilled).min(quantity);
        let mut left = quantity.saturating_sub(cancelled);
        let latest_first = order.fulfillment_orders.iter().rev();
        let (acknowledged, others): (Vec<_>, Vec<_>) = latest_first.partition(|one| one.is_acknowledged());
        for one in others {
            cancelled += take(one, line, &mut left, &mut released);
        }
        for one in acknowledged.into_iter().filter(|one| !one.has_pending_cancellation()) {
            take(one, line, &mut left, &mut requested);
        }
        if !left.is_zero() {
            return Err(not_open(order, line, quantity, left));
        }
        ended.extend((!cancelled.is_zero()).then(|| LineUnits::new(line, cancelled)));
    }
    Ok(cancellation(order, released, requested, ended, reason))
}

fn not_open(order: &Order, line: LineNumber, requested: Units, left: Units) -> OrderRefusal {
    let is_pending = |one: &FulfillmentOrder| {
        one.has_pending_cancellation() && one.line(line).is_some_and(|own| !own.outstanding().is_zero())
    };
    if order.fulfillment_orders.iter().any(is_pending) {
        return OrderRefusal::CancellationPending;
    }
    OrderRefusal::QuantityExceedsOpen { line, requested, open: requested.saturating_sub(left) }
}

fn cancellation(
    order: &Order,
    released: ByFulfillmentOrder,
    requested: ByFulfillmentOrder,
    ended: Vec<LineUnits>,
    reason: &Text<500>,
) -> Vec<OrderEvent> {
    let mut events: Vec<OrderEvent> = Vec::new();
    let released = released.into_iter();
    let fulfillment_orders: Vec<_> =
        released.filter_map(|(id, lines)| Some(order.fulfillment_order(id)?.lines_of(lines))).collect();
    if !fulfillment_orders.is_empty() {
        events.push(InventoryReleased { fulfillment_orders }.into());
    }
    if !ended.is_empty() {
        events.push(cancelled(order, ended, reason.clone()));
    }
    events.extend(requested.into_iter().map(|(fulfillment_order_id, lines)| {
        let (reason, lines) = (reason.clone(), Some(lines));
        CancellationRequested { fulfillment_order_id, lines, move_to: None, forced: false, reason }.into()
    }));
    events
}

/// The event that cancels units, with their values.
pub(super) fn cancelled(order: &Order, lines: Vec<LineUnits>, reason: Text<500>) -> OrderEvent {
    OrderCancelled { lines: order.value_cancelled(lines), reason }.into()
}
