//! Reopens a cancelled order.

use super::contents::{LineUnits, total};
use super::decision::{Decision, exists};
use super::events::{OrderEvent, OrderReopened};
use super::hold::scheduled;
use super::line_values::uncancel;
use super::lines::{LineQuantity, check_entries, resolve_order_lines};
use super::refusals::OrderRefusal;
use super::state::{Order, PersonalDataState};
use crate::command::commands;
use crate::values::{OrderId, Timestamp};

commands! {
    /// Reopens an order of which all units are cancelled: they are sourced like those of a new order, or the command is
    /// refused. An order whose payments were voided waits for payment.
    ReopenOrder {
        order_id: OrderId,
        /// The units that are wanted again. Default: all units that the lines' prices are for, also those that were cancelled
        /// before the others.
        lines: Option<Vec<LineQuantity>>,
    }
}

/// All units of the order are cancelled, its personal data was not erased, and nothing was paid back.
pub(super) fn can_reopen(order: &Order) -> Result<(), OrderRefusal> {
    if !order.is_cancelled() {
        return Err(OrderRefusal::OrderNotCancelled);
    }
    if order.personal_data == PersonalDataState::Erased {
        return Err(OrderRefusal::PersonalDataErased);
    }
    if order.has_refunds() { Err(OrderRefusal::OrderRefunded) } else { Ok(()) }
}

pub(super) fn reopen(order: &Order, command: &ReopenOrder, at: Timestamp) -> Decision {
    exists(order, command.order_id)?;
    can_reopen(order)?;
    // Units that an amendment removed and added again are cancelled too, but the line's price is for fewer units.
    let cancelled = order.lines().iter().zip(&order.cancelled);
    let cancelled = cancelled.map(|(line, units)| LineUnits::new(line.line, line.priced_units().min(*units)));
    let lines: Vec<LineUnits> = match command.lines.as_deref() {
        None => cancelled.filter(|units| !units.quantity.is_zero()).collect(),
        Some(lines) => {
            check_entries(lines.len())?;
            let wanted = resolve_order_lines(order, lines)?;
            for LineUnits { line, quantity: open, .. } in cancelled {
                let requested = total(&wanted, line);
                if requested > open {
                    return Err(OrderRefusal::QuantityExceedsOpen { line, requested, open });
                }
            }
            wanted.into_iter().map(|units| LineUnits::new(units.line, units.quantity)).collect()
        }
    };
    let held = order.delivery().and_then(|delivery| scheduled(order.holds_placed, delivery, at));
    Ok(std::iter::once::<OrderEvent>(OrderReopened { lines }.into()).chain(held).collect())
}

/// Its units are pending, and its reservations have a new term.
pub(super) fn reopened(order: &mut Order, reopened: &OrderReopened) {
    for units in &reopened.lines {
        uncancel(order, units.line, units.quantity);
    }
    order.has_expired = false;
}
