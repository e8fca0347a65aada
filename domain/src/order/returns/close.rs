//! Closes a return of which no more units are expected.

use crate::command::commands;
use crate::order::decision::Decision;
use crate::order::events::{OrderEvent, ReturnClosed};
use crate::order::refusals::OrderRefusal;
use crate::order::returns::OrderReturn;
use crate::order::state::Order;
use crate::text;
use crate::values::{ReturnId, Text, Timestamp};

commands! {
    /// Closes a return: no more units are expected. Units that did not come can be announced again. Before the first unit
    /// came, this cancels the return.
    CloseReturn {
        return_id: ReturnId,
        reason: Text<500>,
    }
}

pub(in crate::order) fn close(order: &Order, command: &CloseReturn) -> Decision {
    let announced =
        order.find_return(command.return_id).ok_or(OrderRefusal::UnknownReturn(command.return_id))?;
    if !announced.is_open() {
        return Err(OrderRefusal::ReturnNotOpen(announced.id));
    }
    Ok(vec![ReturnClosed { return_id: announced.id, reason: command.reason.clone() }.into()])
}

/// Closes the returns whose term is over.
pub(in crate::order) fn lapse(order: &Order, at: Timestamp) -> impl Iterator<Item = OrderEvent> {
    let is_over = move |one: &&OrderReturn| one.due_at().is_some_and(|lapses_at| lapses_at <= at);
    let closed = |one: &OrderReturn| ReturnClosed { return_id: one.id, reason: text!("lapsed") }.into();
    order.returns.iter().filter(is_over).map(closed)
}

pub(in crate::order) fn closed(order: &mut Order, closed: &ReturnClosed) {
    if let Some(announced) = order.returns.iter_mut().find(|one| one.id == closed.return_id) {
        announced.closed_reason = Some(closed.reason.clone());
    }
}
