//! The order's side of the backorder queue: its entries and their expected dates.

use super::aggregates::Aggregates;
use super::decision::decide_once;
use super::reactions::Reaction;
use super::ship_dates::too_late;
use super::stock_effects::{order_ref, surplus_backorder};
use crate::order::{Order, OrderCommand, ReservationTrigger};
use crate::sourcing::Demand;
use crate::stock::{BackorderInventory, Eligibility, RequeueBackorder, SplitAllowance, StockCommand};
use crate::stream::StreamId;
use crate::values::{OrderId, Priority, Sku, Timestamp};

/// Adds units of an order to the backorder queues of their SKUs. An order without an eligible location goes on hold.
pub(super) fn join_queue<A: Aggregates>(
    aggregates: &mut A,
    id: OrderId,
    demand: &Demand,
    trigger: ReservationTrigger,
) -> Result<Vec<Reaction>, A::Error> {
    let order = aggregates.order(id)?;
    let Some((created, reference)) = order.created.as_ref().zip(order_ref(&order)) else {
        return Ok(Vec::new());
    };
    let eligibility = eligibility(aggregates, &order)?;
    for (sku, &quantity) in demand {
        let command = StockCommand::BackorderInventory(BackorderInventory {
            order: reference.clone(),
            quantity,
            // An order that has lost units does not join the end of the queue.
            priority: match trigger {
                ReservationTrigger::Shortfall => created.priority.raised(),
                ReservationTrigger::Creation | ReservationTrigger::Existing => created.priority,
            },
            eligibility: eligibility.clone(),
            may_be_refused: trigger == ReservationTrigger::Creation,
            at: aggregates.now(),
        });
        aggregates.decide_stock(sku, &command)?;
    }
    let mut due = hold_without_location(aggregates, id, &eligibility)?;
    for sku in demand.keys() {
        // An order that joins ahead of scheduled ones may take their supplies: they then get free units.
        if aggregates.stock(sku)?.may_serve_scheduled() {
            due.push(Reaction::Reallocate(sku.clone()));
        }
    }
    Ok(due)
}

fn hold_without_location<A: Aggregates>(
    aggregates: &mut A,
    id: OrderId,
    eligibility: &Eligibility,
) -> Result<Vec<Reaction>, A::Error> {
    if aggregates.network()?.locations.keys().any(|location| eligibility.allows(location)) {
        return Ok(Vec::new());
    }
    decide_once(aggregates, id, &OrderCommand::AwaitDecision).map(|(_, due)| due)
}

/// The locations that may supply an order from the queue: neither those that rejected it nor those that cannot ship it in
/// time. An order with a delivery location, or that must not be split, has one. The channel's split limit applies. A scheduled
/// order needs its units later, unless the number of its locations is limited: a supply elsewhere could not join the others.
pub(super) fn eligibility<A: Aggregates>(aggregates: &mut A, order: &Order) -> Result<Eligibility, A::Error> {
    let mut not_at = order.rejected_by.clone();
    if order.ship_by().is_some() {
        let network = aggregates.network()?;
        not_at.extend(too_late(aggregates, order, network.locations.keys())?);
    }
    let (split, whole) = (split_allowance(aggregates, order)?, order.must_not_split());
    let needed_at = order.scheduled_until().filter(|_| split.is_none() && !whole);
    Ok(Eligibility { only_at: order.supply_location().cloned(), not_at, split, whole, needed_at })
}

/// The number of locations that the order may still add, where its channel has a split limit.
fn split_allowance<A: Aggregates>(
    aggregates: &mut A,
    order: &Order,
) -> Result<Option<SplitAllowance>, A::Error> {
    let Some(created) = order.created.as_ref().filter(|created| created.allow_split) else {
        return Ok(None);
    };
    let limit = aggregates.policy()?.for_channel(&created.channel).split_limit;
    Ok(limit.map(|limit| SplitAllowance::within(limit, order.locations_in_use())))
}

/// Re-enqueues backorders whose eligible locations or priority changed. An order without an eligible location goes on hold.
pub(super) fn requeue<A: Aggregates>(
    aggregates: &mut A,
    id: OrderId,
    former: Priority,
) -> Result<Vec<Reaction>, A::Error> {
    let order = aggregates.order(id)?;
    let Some(reference) = order_ref(&order) else { return Ok(Vec::new()) };
    let (demand, priority) = (order.backordered_demand(), order.priority());
    let skus = demand.keys().cloned().map(StreamId::Stock);
    aggregates.require(skus.chain([StreamId::Network, StreamId::Policy]))?;
    let eligibility = eligibility(aggregates, &order)?;
    let mut due = Vec::new();
    for sku in demand.keys() {
        let (order, eligibility) = (reference.clone(), eligibility.clone());
        let requeue = RequeueBackorder { order, eligibility, from: former, to: priority };
        if aggregates.decide_stock(sku, &StockCommand::RequeueBackorder(requeue))? {
            due.extend([Reaction::Reallocate(sku.clone()), Reaction::UpdatePromise(sku.clone())]);
        }
    }
    if !demand.is_empty() {
        due.extend(hold_without_location(aggregates, id, &eligibility)?);
    }
    Ok(due)
}

/// Removes all entries of an order from a SKU's queue.
pub(super) fn withdraw<A: Aggregates>(aggregates: &mut A, order: &Order, sku: &Sku) -> Result<(), A::Error> {
    let Some(order) = order_ref(order) else { return Ok(()) };
    let quantity = aggregates.stock(sku)?.backordered_for(order.order_id);
    aggregates.decide_stock(sku, &StockCommand::WithdrawBackorder { order, quantity }).map(drop)
}

/// Removes the units from a SKU's queue that the order has not backordered any more.
pub(super) fn withdraw_surplus<A: Aggregates>(
    aggregates: &mut A,
    id: OrderId,
    sku: &Sku,
) -> Result<(), A::Error> {
    let (order, item) = (aggregates.order(id)?, aggregates.stock(sku)?);
    match surplus_backorder(&order, &item) {
        Some(command) => aggregates.decide_stock(sku, &command).map(drop),
        None => Ok(()),
    }
}

/// Records when an order's backordered units are expected, where that has changed.
pub(super) fn update_promise<A: Aggregates>(
    aggregates: &mut A,
    id: OrderId,
    sku: &Sku,
) -> Result<(), A::Error> {
    let known = aggregates.order(id)?.promised.get(sku).copied();
    match aggregates.stock(sku)?.promise_update(id, known) {
        Some(promised_at) => record_promise(aggregates, id, sku, promised_at),
        None => Ok(()),
    }
}

pub(super) fn record_promise<A: Aggregates>(
    aggregates: &mut A,
    id: OrderId,
    sku: &Sku,
    promised_at: Option<Timestamp>,
) -> Result<(), A::Error> {
    aggregates.decide_order(id, &OrderCommand::ChangePromise { sku: sku.clone(), promised_at })?;
    let command = StockCommand::PromiseBackorder { order_id: id, promised_at };
    aggregates.decide_stock(sku, &command).map(drop)
}
