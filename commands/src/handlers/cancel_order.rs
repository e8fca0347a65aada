//! `CancelOrder`: end an order and let go of what is held for it and of its places in queues.

use std::collections::BTreeSet;

use holdfast_domain::order::{CancelOrder, Order, OrderCommand, OrderEvent};
use holdfast_domain::stock::{StockCommand, StockItem};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::Sku;
use holdfast_journal::OutcomeKind;

use super::fill_backorders::earmark;
use super::reserve_inventory::by_sku;
use super::{Grant, Handle, Stop, World};

impl Handle for CancelOrder {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.order_id;
        let before = world.order_to_change(id)?;
        let skus: BTreeSet<Sku> = before.lines().iter().map(|line| line.sku.clone()).collect();
        world.want(skus.iter().cloned().map(StreamId::Stock).chain([StreamId::Network]), [])?;
        let command = OrderCommand::CancelOrder(self.clone());
        let (order, events) = world.decide::<Order>(&StreamId::Order(id), &command)?;
        for event in &events {
            if let OrderEvent::InventoryReleased(released) = event {
                for (sku, allocations) in by_sku(&order, released.fulfillment_orders.iter()) {
                    let command = StockCommand::ReleaseInventory { order_id: id, allocations };
                    world.decide::<StockItem>(&StreamId::Stock(sku), &command)?;
                }
            }
        }
        for sku in before.backordered_demand().into_keys() {
            let command = StockCommand::WithdrawBackorder { order_id: id };
            world.decide::<StockItem>(&StreamId::Stock(sku), &command)?;
        }
        for sku in &skus {
            earmark(world, sku)?;
        }
        world.grant_order(OutcomeKind::Done, id)
    }
}
