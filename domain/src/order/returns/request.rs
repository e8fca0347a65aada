//! Announces that units come back.

use crate::command::commands;
use crate::order::contents::total;
use crate::order::decision::{Decision, MAX_ENTRIES, exists};
use crate::order::events::ReturnRequested;
use crate::order::lines::{LineQuantity, check_entries, resolve_order_lines};
use crate::order::refusals::OrderRefusal;
use crate::order::state::Order;
use crate::values::{OrderId, Period, ReturnId, Text, Timestamp};

commands! {
    /// Announces that units come back. It lapses after `returnsLapseAfter` of the merchant's policy.
    RequestReturn {
        order_id: OrderId,
        lines: Vec<LineQuantity>,
        reason: Text<500>,
    }
}

/// The order's returns have room for so many lines more.
fn has_room(order: &Order, lines: usize) -> Result<(), OrderRefusal> {
    let most = MAX_ENTRIES;
    if order.return_lines() + lines > most {
        return Err(OrderRefusal::TooMany { most, pointer: "/lines" });
    }
    Ok(())
}

/// A unit has shipped that is not announced to come back.
pub(in crate::order) fn can_return(order: &Order) -> Result<(), OrderRefusal> {
    has_room(order, 1)?;
    let is_returnable = order.returnable().iter().any(|units| !units.is_zero());
    if is_returnable { Ok(()) } else { Err(OrderRefusal::NothingLeft) }
}

pub(in crate::order) fn request(
    order: &Order,
    command: &RequestReturn,
    lapses_after: Period,
    at: Timestamp,
) -> Decision {
    exists(order, command.order_id)?;
    check_entries(command.lines.len())?;
    has_room(order, command.lines.len())?;
    let lines = resolve_order_lines(order, &command.lines)?;
    lines.iter().try_for_each(|units| order.require_stock_line(units.line))?;
    for (ordered, returnable) in order.lines().iter().zip(order.returnable()) {
        let (line, requested) = (ordered.line, total(&lines, ordered.line));
        if requested > returnable {
            return Err(OrderRefusal::QuantityExceedsReturnable { line, requested, returnable });
        }
    }
    let number = u32::try_from(order.returns.len() + 1).unwrap_or(u32::MAX);
    let return_id = ReturnId::new(command.order_id, number);
    let lapses_at = Some(lapses_after.after(at));
    Ok(vec![ReturnRequested { return_id, lines, reason: command.reason.clone(), lapses_at }.into()])
}
