//! The loop that carries out what follows from a decision on an order.

use std::sync::Arc;

use super::aggregates::Aggregates;
use super::backorder_queue::{join_queue, requeue, update_promise, withdraw_surplus};
use super::capacity::update_capacity;
use super::cart_reservations::convert_cart;
use super::decision::{decide_once, reallocate};
use super::reactions::Reaction;
use super::sourcing::source;
use crate::order::{Order, OrderCommand, OrderEvent};
use crate::values::OrderId;

/// An order after a decision and everything that followed from it, and the events of the decision itself.
pub type Decided = (Arc<Order>, Vec<OrderEvent>);

/// Decides a command on an order, and everything that must follow from it, in the same command.
///
/// The order of an answer is the one after all reactions; the events are those of the command's own decision.
pub fn decide<A: Aggregates>(
    aggregates: &mut A,
    id: OrderId,
    command: &OrderCommand,
) -> Result<Decided, A::Error> {
    let (events, due) = decide_once(aggregates, id, command)?;
    carry_out(aggregates, id, due)?;
    Ok((aggregates.order(id)?, events))
}

/// The order as it is at the decision time: reservations and timed holds that have ended meanwhile are ended by events,
/// and packages without reports are marked as stuck.
pub(super) fn up_to_date<A: Aggregates>(aggregates: &mut A, id: OrderId) -> Result<Arc<Order>, A::Error> {
    let (order, now) = (aggregates.order(id)?, aggregates.now());
    if order.due_at().is_none_or(|due| now < due) {
        return Ok(order);
    }
    decide(aggregates, id, &OrderCommand::ExpireReservation(now))?;
    Ok(decide(aggregates, id, &OrderCommand::AttendOrder(now))?.0)
}

/// Carries out reactions, and what follows from each before the next one.
pub(super) fn carry_out<A: Aggregates>(
    aggregates: &mut A,
    id: OrderId,
    mut due: Vec<Reaction>,
) -> Result<(), A::Error> {
    due.reverse();
    while let Some(reaction) = due.pop() {
        due.extend(react(aggregates, id, reaction)?.into_iter().rev());
    }
    Ok(())
}

/// Carries out one reaction: gives what follows from it.
fn react<A: Aggregates>(
    aggregates: &mut A,
    id: OrderId,
    reaction: Reaction,
) -> Result<Vec<Reaction>, A::Error> {
    match reaction {
        Reaction::ApplyToStock(sku, command) => drop(aggregates.decide_stock(&sku, &command)?),
        Reaction::WithdrawSurplusBackorder(sku) => withdraw_surplus(aggregates, id, &sku)?,
        Reaction::Reallocate(sku) => reallocate(aggregates, &sku)?,
        Reaction::UpdateCapacity(changes) => update_capacity(aggregates, &changes)?,
        Reaction::UpdatePromise(sku) => update_promise(aggregates, id, &sku)?,
        Reaction::JoinQueue { demand, trigger } => return join_queue(aggregates, id, &demand, trigger),
        Reaction::Requeue(former) => return requeue(aggregates, id, former),
        Reaction::Source(request) => return source(aggregates, id, &request),
        Reaction::ConvertCart(cart) => {
            let freed = convert_cart(aggregates, cart, id)?;
            return Ok(freed.into_keys().map(Reaction::Reallocate).collect());
        }
        Reaction::SettleAmendment => {
            let settle = OrderCommand::SettleAmendment(aggregates.now());
            return decide_once(aggregates, id, &settle).map(|(_, due)| due);
        }
        Reaction::Consolidate => {
            return decide_once(aggregates, id, &OrderCommand::Consolidate).map(|(_, due)| due);
        }
    }
    Ok(Vec::new())
}
