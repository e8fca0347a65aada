//! `CancelOrder`: end an order and let go of what is held for it and of its places in queues.

use std::collections::BTreeSet;

use holdfast_domain::order::{CancelOrder, FulfillmentOrderLines, Order, OrderCommand, OrderEvent};
use holdfast_domain::stock::{StockCommand, StockItem};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{OrderId, Sku};
use holdfast_journal::OutcomeKind;

use super::fill_backorders::earmark;
use super::reserve_inventory::by_sku;
use super::{Grant, Handle, Stop, World};

impl Handle for CancelOrder {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        end(world, self.order_id, &OrderCommand::CancelOrder(self.clone()))?;
        world.grant_order(OutcomeKind::Done, self.order_id)
    }
}

/// Decides what ends of an order, and lets go of what is held for it and of its places in queues.
pub(super) fn end(world: &mut World<'_>, id: OrderId, command: &OrderCommand) -> Result<(), Stop> {
    let before = world.order_to_change(id)?;
    let skus: BTreeSet<Sku> = before.lines().iter().map(|line| line.sku.clone()).collect();
    world.want(skus.iter().cloned().map(StreamId::Stock).chain([StreamId::Network]), [])?;
    let (order, events) = world.decide::<Order>(&StreamId::Order(id), command)?;
    for event in &events {
        if let OrderEvent::InventoryReleased(released) = event {
            release(world, &order, &released.fulfillment_orders)?;
        }
    }
    let waits = order.backordered_demand();
    for sku in before.backordered_demand().into_keys().filter(|sku| !waits.contains_key(sku)) {
        let command = StockCommand::WithdrawBackorder { order_id: id };
        world.decide::<StockItem>(&StreamId::Stock(sku), &command)?;
    }
    for sku in &skus {
        earmark(world, sku)?;
    }
    Ok(())
}

/// Frees units at their stock items.
pub(super) fn release(
    world: &mut World<'_>,
    order: &Order,
    parts: &[FulfillmentOrderLines],
) -> Result<(), Stop> {
    let Some(order_id) = order.id() else { return Ok(()) };
    for (sku, allocations) in by_sku(order, parts.iter()) {
        let command = StockCommand::ReleaseInventory { order_id, allocations };
        world.decide::<StockItem>(&StreamId::Stock(sku), &command)?;
    }
    Ok(())
}
