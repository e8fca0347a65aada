//! What an event makes of a stock item.

use super::events::{
    Allocation, Condition, StockAdjusted, StockCounted, StockEvent, StockReceived, StockReleased,
    StockReserved, StockShipped,
};
use super::state::{Bin, StockItem};
use crate::values::LocationId;

pub(super) fn evolve(item: &mut StockItem, event: &StockEvent) {
    if item.sku.is_none() {
        item.sku = Some(event.sku().clone());
    }
    match event {
        StockEvent::StockReceived(StockReceived { location, quantity, condition, at, .. }) => {
            let bin = bin(item, location);
            match condition {
                Condition::Sellable => bin.move_on_hand(*at, i64::from(u32::from(*quantity))),
                Condition::Quarantine => bin.quarantine += quantity.units(),
                Condition::Damaged => bin.damaged += quantity.units(),
            }
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
        StockEvent::StockShipped(StockShipped { location, quantity, at, .. }) => {
            let bin = bin(item, location);
            bin.reserved -= *quantity;
            bin.move_on_hand(*at, -quantity.number().cast_signed());
        }
    }
}

fn bin<'a>(item: &'a mut StockItem, location: &LocationId) -> &'a mut Bin {
    item.bins.entry(location.clone()).or_default()
}
