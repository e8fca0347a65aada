//! Fills backorders of a SKU: the units that are earmarked for the queue are reserved for the orders that are next in it.

use std::collections::BTreeSet;

use super::aggregates::Aggregates;
use super::backorder_queue::{record_promise, withdraw};
use super::decision::{reallocate, record_availability_levels};
use super::overcommitment::resolve_overcommitment;
use super::process::{carry_out, decide, up_to_date};
use super::reactions::Reaction;
use super::ship_dates::{promised_dates, too_late};
use crate::order::{OrderCommand, OrderRefusal};
use crate::stock::Share;
use crate::stream::StreamId;
use crate::values::{LocationId, OrderId, Sku, Units};

/// The most orders that one decision reserves units for, or updates the expected date of.
const MAX_ORDERS: usize = 50;

/// Resolves overcommitted locations of a SKU, reserves earmarked units for the next orders in its queue, and updates
/// expected dates; at most 50 orders each.
pub fn fill_backorders<A: Aggregates>(aggregates: &mut A, sku: &Sku) -> Result<(), A::Error> {
    aggregates.require([StreamId::Network, StreamId::Policy, StreamId::Stock(sku.clone())])?;
    reallocate(aggregates, sku)?;
    for (location, level) in &aggregates.stock(sku)?.levels {
        if !level.overcommitted().is_zero() {
            resolve_overcommitment(aggregates, sku, location)?;
        }
    }
    let orders = load_orders(aggregates, sku)?;
    fill(aggregates, sku, &orders)?;
    let stale = aggregates.stock(sku)?.stale_promises().into_iter().filter(|(id, _)| orders.contains(id));
    for (order_id, promised_at) in stale.collect::<Vec<_>>() {
        record_promise(aggregates, order_id, sku, promised_at)?;
    }
    record_availability_levels(aggregates)
}

/// The orders that can be filled or have a stale expected date, loaded together and brought up to date: an expired order
/// leaves the queue.
fn load_orders<A: Aggregates>(aggregates: &mut A, sku: &Sku) -> Result<BTreeSet<OrderId>, A::Error> {
    let item = aggregates.stock(sku)?;
    let due: BTreeSet<OrderId> = item.due().take(MAX_ORDERS).map(|share| share.order_id).collect();
    let stale = item.stale_promises().into_iter().map(|(order_id, _)| order_id).take(MAX_ORDERS);
    let orders: BTreeSet<OrderId> = due.iter().copied().chain(stale).collect();
    aggregates.require(orders.iter().copied().map(StreamId::Order))?;
    // Filling an order may change the eligible locations of its other backorders.
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

/// Fills the orders that are next in the queue, one after the other: each changes how the earmarked units are divided.
fn fill<A: Aggregates>(aggregates: &mut A, sku: &Sku, orders: &BTreeSet<OrderId>) -> Result<(), A::Error> {
    for _ in 0..MAX_ORDERS {
        let next = aggregates.stock(sku)?.due().next();
        let Some(share) = next.filter(|share| orders.contains(&share.order_id)) else { break };
        fill_one(aggregates, sku, &share)?;
    }
    Ok(())
}

fn fill_one<A: Aggregates>(aggregates: &mut A, sku: &Sku, share: &Share) -> Result<(), A::Error> {
    let order = up_to_date(aggregates, share.order_id)?;
    let Some(id) = order.id() else { return Err(OrderRefusal::UnknownOrder(share.order_id).into()) };
    let units: Units = share.allocations.iter().map(|allocation| allocation.quantity).sum();
    if order.backordered_demand().get(sku).is_none_or(|waits| *waits < units) {
        // The queue has more units for the order than it has backordered.
        withdraw(aggregates, &order, sku)?;
        return reallocate(aggregates, sku);
    }
    let locations: BTreeSet<LocationId> =
        share.allocations.iter().map(|allocation| allocation.location.clone()).collect();
    if !too_late(aggregates, &order, locations.iter())?.is_empty() {
        // The location could ship in time when the order joined the queue, and cannot any more.
        return carry_out(aggregates, id, vec![Reaction::Requeue(order.priority())]);
    }
    let promises = promised_dates(aggregates, &order, &locations)?;
    let (sku, allocations, at) = (sku.clone(), share.allocations.clone(), aggregates.now());
    decide(aggregates, id, &OrderCommand::FillBackorder { sku, allocations, promises, at }).map(drop)
}
