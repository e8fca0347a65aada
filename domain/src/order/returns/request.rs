//! What comes back.

use crate::order::commands::{ReceiveReturn, RequestReturn};
use crate::order::contents::ReturnedUnits;
use crate::order::decision::{Decision, discrepancy, exists};
use crate::order::events::{OrderEvent, ReturnReceived, ReturnRequested};
use crate::order::fulfillment_order::pick_pack::{MOST_NAMED, line_named, named_lines};
use crate::order::refusals::OrderRefusal;
use crate::order::state::{Order, OrderReturn};
use crate::order::totals::{total, units_of};
use crate::values::{LineNumber, ReturnId, Units};

/// Whether a unit may be announced to come back.
pub(in crate::order) fn may_come_back(order: &Order) -> bool {
    order.return_lines() < MOST_NAMED && order.returnable().iter().any(|units| !units.is_zero())
}

pub(in crate::order) fn request(order: &Order, command: &RequestReturn) -> Decision {
    exists(order, command.order_id)?;
    count(command.lines.len())?;
    if order.return_lines() + command.lines.len() > MOST_NAMED {
        return Err(OrderRefusal::TooMany { most: MOST_NAMED, pointer: "/lines" });
    }
    let lines = named_lines(order, &command.lines)?;
    for (ordered, returnable) in order.lines().iter().zip(order.returnable()) {
        let requested = total(&lines, ordered.line);
        if requested > returnable {
            return Err(OrderRefusal::QuantityExceedsReturnable {
                line: ordered.line,
                requested,
                returnable,
            });
        }
    }
    let number = u32::try_from(order.returns.len() + 1).unwrap_or(u32::MAX);
    let return_id = ReturnId::new(command.order_id, number);
    Ok(vec![ReturnRequested { return_id, lines, reason: command.reason.clone() }.into()])
}

fn count(lines: usize) -> Result<(), OrderRefusal> {
    match lines {
        0 => Err(OrderRefusal::LinesMissing),
        1..=MOST_NAMED => Ok(()),
        _ => Err(OrderRefusal::TooMany { most: MOST_NAMED, pointer: "/lines" }),
    }
}

/// A report of what came: more, or other lines, than was announced is recorded all the same, and that it was so.
pub(in crate::order) fn receive(order: &Order, command: &ReceiveReturn) -> Decision {
    let back = order.find_return(command.return_id).ok_or(OrderRefusal::UnknownReturn(command.return_id))?;
    count(command.lines.len())?;
    let mut lines = Vec::with_capacity(command.lines.len());
    for (index, given) in command.lines.iter().enumerate() {
        let line = line_named(order, given.line, given.line_ref.as_ref());
        lines.push(ReturnedUnits {
            line: line.ok_or(OrderRefusal::UnknownLine(index))?,
            quantity: given.quantity.units(),
            disposition: given.disposition,
            lots: given.lots.clone(),
            serials: given.serials.clone(),
            value: None,
        });
    }
    value(order, &mut lines);
    let more = order.lines().iter().any(|ordered| is_more_than_announced(back, &lines, ordered.line));
    let received = ReturnReceived { return_id: back.id, location: command.location.clone(), lines };
    let mut events: Vec<OrderEvent> = vec![received.into()];
    if more {
        let detail = "more units came back than were announced, or others";
        events.extend(discrepancy("returned_more_than_requested", detail));
    }
    Ok(events)
}

/// What came back is worth what it was sold for.
fn value(order: &Order, lines: &mut [ReturnedUnits]) {
    let totals = order.line_totals();
    let before = |line: LineNumber| totals.get(line.index()).map_or(Units::ZERO, |totals| totals.returned);
    let units = lines.iter().map(|units| units_of(units.line, units.quantity)).collect();
    for (units, valued) in lines.iter_mut().zip(order.valued(units, before)) {
        units.value = valued.value;
    }
}

fn is_more_than_announced(back: &OrderReturn, lines: &[ReturnedUnits], line: LineNumber) -> bool {
    let known = back.lines.iter().find(|part| part.line == line);
    let left = known.map_or(Units::ZERO, |part| part.requested.saturating_sub(part.received));
    lines.iter().filter(|units| units.line == line).map(|units| units.quantity).sum::<Units>() > left
}
