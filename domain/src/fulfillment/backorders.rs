//! The order's side of the backorder queue: joining it, being served from it, and expected dates.

use std::collections::BTreeSet;

use super::aggregates::Aggregates;
use super::overcommitment::{overcommitted_locations, resolve_overcommitment};
use super::process::{carry_out, decide, decide_once, reallocate, up_to_date};
use super::reactions::Reaction;
use super::ship_dates::{promised_dates, too_late};
use super::stock_effects::{order_ref, surplus_backorder};
use crate::order::{Order, OrderCommand, OrderRefusal, ReservationTrigger};
use crate::sourcing::Demand;
use crate::stock::{BackorderInventory, Eligibility, RequeueBackorder, Share, SplitAllowance, StockCommand};
use crate::stream::StreamId;
use crate::values::{LocationId, OrderId, Sku, Timestamp, Units};

/// The most orders that one decision serves, or tells of a new expected date.
const MAX_ORDERS: usize = 50;

/// Lets units of an order wait in the queues of their SKUs.
pub(super) fn join_queue<A: Aggregates>(
    aggregates: &mut A,
    id: OrderId,
    demand: &Demand,
    trigger: ReservationTrigger,
) -> Result<(), A::Error> {
    let order = aggregates.order(id)?;
    let Some((created, reference)) = order.created.as_ref().zip(order_ref(&order)) else { return Ok(()) };
    let eligibility = eligibility(aggregates, &order)?;
    for (sku, &quantity) in demand {
        let command = StockCommand::BackorderInventory(BackorderInventory {
            order: reference.clone(),
            quantity,
            // An order that had units before does not go to the end of the queue.
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
    Ok(())
}

/// Which locations may serve an order from the queue: not those that rejected it or cannot ship it in time, and where it
/// has a delivery location or must not be split, that one alone. No more locations than its channel's split limit allows.
fn eligibility<A: Aggregates>(aggregates: &mut A, order: &Order) -> Result<Eligibility, A::Error> {
    let mut not_at = order.rejected_by.clone();
    if order.ship_by().is_some() {
        let network = aggregates.network()?;
        not_at.extend(too_late(aggregates, order, network.locations.keys())?);
    }
    Ok(Eligibility {
        only_at: order.backorder_location().cloned(),
        not_at,
        split: split_allowance(aggregates, order)?,
        whole: order.must_come_from_one(),
    })
}

/// How many more locations the order may ship from, where its channel limits that.
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

/// Replaces an order's entries in the queues where other locations may serve it than they say. An order that no location
/// may serve goes on hold.
pub(super) fn requeue<A: Aggregates>(aggregates: &mut A, id: OrderId) -> Result<Vec<Reaction>, A::Error> {
    let order = aggregates.order(id)?;
    let Some(reference) = order_ref(&order) else { return Ok(Vec::new()) };
    let demand = order.backordered_demand();
    let skus = demand.keys().cloned().map(StreamId::Stock);
    aggregates.require(skus.chain([StreamId::Network, StreamId::Policy]))?;
    let eligibility = eligibility(aggregates, &order)?;
    let mut due = Vec::new();
    for sku in demand.keys() {
        let requeue = RequeueBackorder { order: reference.clone(), eligibility: eligibility.clone() };
        if aggregates.decide_stock(sku, &StockCommand::RequeueBackorder(requeue))? {
            due.extend([Reaction::Reallocate(sku.clone()), Reaction::UpdatePromise(sku.clone())]);
        }
    }
    let network = aggregates.network()?;
    if !demand.is_empty() && !network.locations.keys().any(|location| eligibility.allows(location)) {
        due.extend(decide_once(aggregates, id, &OrderCommand::AwaitDecision)?.1);
    }
    Ok(due)
}

/// Takes all of an order's entries out of a SKU's queue.
fn withdraw<A: Aggregates>(aggregates: &mut A, order: &Order, sku: &Sku) -> Result<(), A::Error> {
    let Some(order) = order_ref(order) else { return Ok(()) };
    let quantity = aggregates.stock(sku)?.backordered_for(order.order_id);
    aggregates.decide_stock(sku, &StockCommand::WithdrawBackorder { order, quantity }).map(drop)
}

/// Takes what an order does not wait for any more out of a SKU's queue.
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

/// Records when an order's backordered units are expected, where that differs from what it was last told.
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

fn record_promise<A: Aggregates>(
    aggregates: &mut A,
    id: OrderId,
    sku: &Sku,
    promised_at: Option<Timestamp>,
) -> Result<(), A::Error> {
    aggregates.decide_order(id, &OrderCommand::ChangePromise { sku: sku.clone(), promised_at })?;
    let command = StockCommand::PromiseBackorder { order_id: id, promised_at };
    aggregates.decide_stock(sku, &command).map(drop)
}

/// Repairs what a SKU's locations have promised beyond what is there, gives earmarked units to the orders that are next
/// in its queue, and updates expected dates; at most a bounded number of orders.
pub fn fill_backorders<A: Aggregates>(aggregates: &mut A, sku: &Sku) -> Result<(), A::Error> {
    aggregates.require([StreamId::Network, StreamId::Policy, StreamId::Stock(sku.clone())])?;
    reallocate(aggregates, sku)?;
    for location in overcommitted_locations(aggregates, sku)? {
        resolve_overcommitment(aggregates, sku, &location)?;
    }
    let orders = load_orders(aggregates, sku)?;
    serve(aggregates, sku, &orders)?;
    let stale = aggregates.stock(sku)?.stale_promises().into_iter().filter(|(id, _)| orders.contains(id));
    for (order_id, promised_at) in stale.collect::<Vec<_>>() {
        record_promise(aggregates, order_id, sku, promised_at)?;
    }
    Ok(())
}

/// The orders that can be served or have a stale expected date, loaded together and brought up to date: what has expired
/// waits no more, and its units are another order's.
fn load_orders<A: Aggregates>(aggregates: &mut A, sku: &Sku) -> Result<BTreeSet<OrderId>, A::Error> {
    let item = aggregates.stock(sku)?;
    let due: BTreeSet<OrderId> = item.due().take(MAX_ORDERS).map(|share| share.order_id).collect();
    let stale = item.stale_promises().into_iter().map(|(order_id, _)| order_id).take(MAX_ORDERS);
    let orders: BTreeSet<OrderId> = due.iter().copied().chain(stale).collect();
    aggregates.require(orders.iter().copied().map(StreamId::Order))?;
    // Serving an order may change which locations may serve the rest of it.
    let mut others = BTreeSet::new();
    for order_id in &due {
        others.extend(aggregates.order(*order_id)?.backordered_demand().into_keys());
    }
    aggregates.require(others.into_iter().map(StreamId::Stock))?;
    for order_id in &due {
        up_to_date(aggregates, *order_id)?;
    }
    Ok(orders)
}

/// Serves those of the orders whose turn it is. Every turn divides the earmarked units again, so each is looked up after
/// the one before it.
fn serve<A: Aggregates>(aggregates: &mut A, sku: &Sku, orders: &BTreeSet<OrderId>) -> Result<(), A::Error> {
    for _ in 0..MAX_ORDERS {
        let next = aggregates.stock(sku)?.due().next();
        let Some(share) = next.filter(|share| orders.contains(&share.order_id)) else { break };
        serve_one(aggregates, sku, &share)?;
    }
    Ok(())
}

fn serve_one<A: Aggregates>(aggregates: &mut A, sku: &Sku, share: &Share) -> Result<(), A::Error> {
    let order = up_to_date(aggregates, share.order_id)?;
    let Some(id) = order.id() else { return Err(OrderRefusal::UnknownOrder(share.order_id).into()) };
    let units: Units = share.allocations.iter().map(|allocation| allocation.quantity).sum();
    if order.backordered_demand().get(sku).is_none_or(|waits| *waits < units) {
        // The order does not wait for the units, whatever the queue says.
        withdraw(aggregates, &order, sku)?;
        return reallocate(aggregates, sku);
    }
    let locations: BTreeSet<LocationId> =
        share.allocations.iter().map(|allocation| allocation.location.clone()).collect();
    if !too_late(aggregates, &order, locations.iter())?.is_empty() {
        // The location could ship in time when the order joined the queue, and cannot any more.
        return carry_out(aggregates, id, vec![Reaction::Requeue]);
    }
    let promises = promised_dates(aggregates, &order, &locations)?;
    let (sku, allocations, at) = (sku.clone(), share.allocations.clone(), aggregates.now());
    decide(aggregates, id, &OrderCommand::FillBackorder { sku, allocations, promises, at }).map(drop)
}
