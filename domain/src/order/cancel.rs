//! Ending what of an order has not left: at once where no location has taken it on, and else by asking.

use std::collections::BTreeMap;

use crate::order::commands::{AcceptCancellation, CancelOrder, RejectCancellation};
use crate::order::contents::{FulfillmentOrderLines, LineUnits};
use crate::order::decision::{Decision, discrepancy, exists};
use crate::order::events::{
    CancellationRejected, CancellationRequested, FulfillmentOrderMoved, InventoryReleased, ItemPutBack,
    OrderCancelled, OrderEvent,
};
use crate::order::fulfillment_order::pick_pack::{MOST_NAMED, everything, named_lines};
use crate::order::order_command::{Promises, Takeover};
use crate::order::refusals::OrderRefusal;
use crate::order::state::{FulfillmentLine, FulfillmentOrder, Order};
use crate::order::totals::{total, units_of};
use crate::text;
use crate::values::{FulfillmentOrderId, LineNumber, Text, Units};

/// Units of every line that can be cancelled, in order: those that have not left and that nobody was asked to leave.
fn cancellable(order: &Order) -> Vec<(LineNumber, Units)> {
    let asked = |line: LineNumber| -> Units {
        let pending = order.fulfillment_orders.iter().filter(|part| part.is_asked());
        pending.filter_map(|part| part.line(line)).map(FulfillmentLine::open).sum()
    };
    let totals = order.line_totals();
    let left = |(index, totals): (usize, &crate::order::LineTotals)| {
        let line = LineNumber::at(index);
        (line, totals.ordered.saturating_sub(totals.cancelled + totals.shipped + asked(line)))
    };
    totals.iter().enumerate().map(left).filter(|(_, units)| !units.is_zero()).collect()
}

/// Whether there is anything to cancel.
pub(in crate::order) fn may_be_cancelled(order: &Order) -> bool {
    order.created.is_some() && !cancellable(order).is_empty()
}

pub(in crate::order) fn cancel(order: &Order, command: &CancelOrder) -> Decision {
    exists(order, command.order_id)?;
    if order.is_cancelled() {
        return Err(OrderRefusal::OrderCancelled);
    }
    let wanted = match command.lines.as_deref() {
        None => cancellable(order),
        Some([]) => return Err(OrderRefusal::LinesMissing),
        Some(lines) if lines.len() > MOST_NAMED => {
            return Err(OrderRefusal::TooMany { most: MOST_NAMED, pointer: "/lines" });
        }
        Some(lines) => {
            let units = named_lines(order, lines)?;
            let sums = order.lines().iter().map(|line| (line.line, total(&units, line.line)));
            sums.filter(|(_, units)| !units.is_zero()).collect()
        }
    };
    if wanted.is_empty() {
        let waits_for_answer = order.fulfillment_orders.iter().any(FulfillmentOrder::is_asked);
        return Err(if waits_for_answer {
            OrderRefusal::CancellationPending
        } else {
            OrderRefusal::NothingLeft
        });
    }
    cancel_units(order, &wanted, &command.reason)
}

/// Units of lines by fulfillment order.
type ByPart = BTreeMap<FulfillmentOrderId, Vec<LineUnits>>;

/// Ends units of lines: first those for which nothing is held, then those that no location has taken on, the latest part
/// first; of the others their locations are asked.
pub(in crate::order) fn cancel_units(
    order: &Order,
    wanted: &[(LineNumber, Units)],
    reason: &Text<500>,
) -> Decision {
    let (mut free, mut to_ask, mut ended) = (ByPart::new(), ByPart::new(), Vec::new());
    let totals = order.line_totals();
    for &(line, requested) in wanted {
        let known = totals.get(line.index()).copied().unwrap_or_default();
        let loose = (known.pending() + known.backordered).min(requested);
        let mut left = requested.saturating_sub(loose);
        let mut ends = loose;
        let parts = order.fulfillment_orders.iter().rev();
        let (taken_on, untouched): (Vec<_>, Vec<_>) = parts.partition(|part| part.is_taken_on());
        let takes = |part: &FulfillmentOrder, left: &mut Units, into: &mut ByPart| {
            let taken = part.line(line).map_or(Units::ZERO, FulfillmentLine::open).min(*left);
            *left -= taken;
            if !taken.is_zero() {
                into.entry(part.id).or_default().push(units_of(line, taken));
            }
            taken
        };
        for part in untouched {
            ends += takes(part, &mut left, &mut free);
        }
        for part in taken_on.into_iter().filter(|part| !part.is_asked()) {
            takes(part, &mut left, &mut to_ask);
        }
        if !left.is_zero() {
            let is_asked = |part: &FulfillmentOrder| {
                part.is_asked() && part.line(line).is_some_and(|own| !own.open().is_zero())
            };
            if order.fulfillment_orders.iter().any(is_asked) {
                return Err(OrderRefusal::CancellationPending);
            }
            let open = requested.saturating_sub(left);
            return Err(OrderRefusal::QuantityExceedsOpen { line, requested, open });
        }
        ended.extend((!ends.is_zero()).then(|| units_of(line, ends)));
    }
    Ok(ending(order, free, to_ask, ended, reason))
}

fn ending(
    order: &Order,
    free: ByPart,
    to_ask: ByPart,
    ended: Vec<LineUnits>,
    reason: &Text<500>,
) -> Vec<OrderEvent> {
    let mut events: Vec<OrderEvent> = Vec::new();
    let parts = free.into_iter().filter_map(|(id, lines)| {
        let location = order.fulfillment_order(id)?.location.clone();
        Some(FulfillmentOrderLines { fulfillment_order_id: id, location, lines, promise: None })
    });
    let fulfillment_orders: Vec<_> = parts.collect();
    if !fulfillment_orders.is_empty() {
        events.push(InventoryReleased { fulfillment_orders }.into());
    }
    if !ended.is_empty() {
        events.push(cancelled(order, ended, reason.clone()));
    }
    events.extend(to_ask.into_iter().map(|(fulfillment_order_id, lines)| {
        let (reason, lines) = (reason.clone(), Some(lines));
        CancellationRequested { fulfillment_order_id, lines, move_to: None, forced: false, reason }.into()
    }));
    events
}

/// The end of units, with what they were sold for. They are the last of their line, as those that leave are its first:
/// together they add up to what it costs.
pub(in crate::order) fn cancelled(order: &Order, lines: Vec<LineUnits>, reason: Text<500>) -> OrderEvent {
    let sums: BTreeMap<LineNumber, Units> =
        lines.iter().map(|units| (units.line, total(&lines, units.line))).collect();
    let before = |line: LineNumber| {
        let ordered = order.lines().get(line.index()).map_or(Units::ZERO, |line| line.quantity.units());
        let cancelled = order.cancelled.get(line.index()).copied().unwrap_or_default();
        ordered.saturating_sub(cancelled + sums.get(&line).copied().unwrap_or_default())
    };
    OrderCancelled { lines: order.valued(lines, before), reason }.into()
}

/// What a part holds and has not shipped.
pub(in crate::order) fn held(part: &FulfillmentOrder) -> FulfillmentOrderLines {
    FulfillmentOrderLines {
        fulfillment_order_id: part.id,
        location: part.location.clone(),
        lines: everything(part, FulfillmentLine::open),
        promise: None,
    }
}

/// A part that its location was asked to leave.
fn asked(order: &Order, id: FulfillmentOrderId) -> Result<&FulfillmentOrder, OrderRefusal> {
    let part = order.fulfillment_order(id).ok_or(OrderRefusal::UnknownFulfillmentOrder(id))?;
    if part.is_asked() { Ok(part) } else { Err(OrderRefusal::NoCancellationRequested) }
}

pub(in crate::order) fn accept(
    order: &Order,
    command: &AcceptCancellation,
    promises: &Promises,
    takeover: Takeover,
) -> Decision {
    let part = asked(order, command.fulfillment_order_id)?;
    let leaves = |line: &FulfillmentLine| part.asked_of(line);
    // What is not picked is left first; of what is, as much as must be is put back.
    let put_back =
        |line: &FulfillmentLine| leaves(line).saturating_sub(line.kept().saturating_sub(line.picked));
    let mut events: Vec<OrderEvent> = Vec::new();
    let back = everything(part, put_back);
    if !back.is_empty() {
        events.push(ItemPutBack { fulfillment_order_id: part.id, lines: back }.into());
    }
    let lines = everything(part, leaves);
    let (fulfillment_order_id, from) = (part.id, part.location.clone());
    let taker = part.asked.as_ref().and_then(|asked| asked.move_to.clone());
    let is_moved = taker.is_some();
    if let Some(to) = taker.filter(|_| takeover == Takeover::Possible) {
        let promise = promises.get(&to).cloned();
        events.push(FulfillmentOrderMoved { fulfillment_order_id, from, to, lines, promise }.into());
        return Ok(events);
    }
    let given_back =
        FulfillmentOrderLines { fulfillment_order_id, location: from, lines: lines.clone(), promise: None };
    events.push(InventoryReleased { fulfillment_orders: vec![given_back] }.into());
    if is_moved {
        // The location has left them all the same: they are looked for elsewhere.
        events.extend(discrepancy(
            "taker_out_of_stock",
            "the location that was to take units over has too few",
        ));
        return Ok(events);
    }
    events.push(cancelled(order, lines, text!("its location accepted the cancellation")));
    Ok(events)
}

pub(in crate::order) fn reject(order: &Order, command: &RejectCancellation) -> Decision {
    let part = asked(order, command.fulfillment_order_id)?;
    let (fulfillment_order_id, reason) = (part.id, command.reason.clone());
    Ok(vec![CancellationRejected { fulfillment_order_id, reason }.into()])
}
