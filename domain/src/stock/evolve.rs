//! What an event makes of a stock item.

use std::sync::Arc;

use super::events::{
    Allocation, Condition, StockAdjusted, StockBackorderFilled, StockBackorderWithdrawn, StockBackordered,
    StockCounted, StockEarmarked, StockEvent, StockPolicySet, StockReceived, StockReleased, StockReserved,
    StockReturned, StockShipped, StockShorted,
};
use super::queue::Waiting;
use super::state::{Bin, StockItem};
use crate::values::{LocationId, OrderId, Timestamp, Units};

pub(super) fn evolve(item: &mut StockItem, event: &StockEvent) {
    if item.sku.is_none() {
        item.sku = Some(event.sku().clone());
    }
    match event {
        StockEvent::StockReceived(StockReceived { location, quantity, condition, at, .. }) => {
            arrive(bin(item, location), quantity.units(), *condition, *at);
        }
        StockEvent::StockCounted(StockCounted { location, counted_at, adjustment, .. }) => {
            let bin = bin(item, location);
            bin.last_counted_at = bin.last_counted_at.max(Some(*counted_at));
            if *adjustment != 0 {
                // What was found then was so then: a later count must not find the difference a second time.
                bin.move_on_hand(*counted_at, *adjustment);
            }
        }
        StockEvent::StockAdjusted(StockAdjusted { location, delta, at, .. }) => {
            bin(item, location).move_on_hand(*at, delta.number());
        }
        StockEvent::StockReserved(StockReserved { allocations, .. }) => {
            for Allocation { location, quantity } in allocations {
                bin(item, location).reserved += *quantity;
            }
        }
        StockEvent::StockReleased(StockReleased { allocations, .. }) => {
            for Allocation { location, quantity } in allocations {
                bin(item, location).reserved -= *quantity;
            }
        }
        StockEvent::StockPolicySet(set) => set_policy(item, set),
        StockEvent::StockBackordered(backordered) => join(item, backordered),
        StockEvent::StockBackorderWithdrawn(StockBackorderWithdrawn { order_id, quantity, .. }) => {
            leave(item, *order_id, *quantity);
        }
        StockEvent::StockEarmarked(StockEarmarked { location, quantity, .. }) => {
            bin(item, location).earmarked = *quantity;
        }
        StockEvent::StockBackorderFilled(StockBackorderFilled { order_id, allocations, .. }) => {
            for Allocation { location, quantity } in allocations {
                let bin = bin(item, location);
                bin.earmarked -= *quantity;
                bin.reserved += *quantity;
                leave(item, *order_id, *quantity);
            }
        }
        StockEvent::StockReturned(StockReturned { location, quantity, condition, at, .. }) => {
            arrive(bin(item, location), *quantity, *condition, *at);
        }
        StockEvent::StockShorted(StockShorted { location, quantity, on_hand, at, .. }) => {
            let bin = bin(item, location);
            bin.reserved -= *quantity;
            bin.move_on_hand(*at, -on_hand.number().cast_signed());
        }
        StockEvent::StockShipped(StockShipped { location, quantity, at, .. }) => {
            let bin = bin(item, location);
            bin.reserved -= *quantity;
            bin.move_on_hand(*at, -quantity.number().cast_signed());
        }
    }
}

fn set_policy(item: &mut StockItem, set: &StockPolicySet) {
    item.not_backorderable = !set.backorderable;
    item.backorder_limit = set.backorder_limit;
    item.bins.values_mut().for_each(|bin| bin.safety_stock = Units::ZERO);
    for (location, units) in &set.safety_stock {
        bin(item, location).safety_stock = *units;
    }
}

fn arrive(bin: &mut Bin, quantity: Units, condition: Condition, at: Timestamp) {
    match condition {
        Condition::Sellable => bin.move_on_hand(at, quantity.number().cast_signed()),
        Condition::Quarantine => bin.quarantine += quantity,
        Condition::Damaged => bin.damaged += quantity,
    }
}

/// Behind all that are to be served before it.
fn join(item: &mut StockItem, backordered: &StockBackordered) {
    let StockBackordered { order_id, quantity, place, whole, only_at, not_at, .. } = backordered.clone();
    let index = item.queue.partition_point(|waiting| waiting.place <= place);
    Arc::make_mut(&mut item.queue)
        .insert(index, Waiting { order_id, quantity, place, whole, only_at, not_at });
}

/// An order may wait at several places of the queue: it leaves the first ones first.
fn leave(item: &mut StockItem, order_id: OrderId, quantity: Units) {
    let queue = Arc::make_mut(&mut item.queue);
    let mut left = quantity;
    for waiting in queue.iter_mut().filter(|waiting| waiting.order_id == order_id) {
        let taken = waiting.quantity.min(left);
        waiting.quantity -= taken;
        left -= taken;
    }
    queue.retain(|waiting| !waiting.quantity.is_zero());
}

fn bin<'a>(item: &'a mut StockItem, location: &LocationId) -> &'a mut Bin {
    item.bins.entry(location.clone()).or_default()
}
