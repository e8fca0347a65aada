//! `CancelOrder`: end an order and let go of what is held for it.

use holdfast_domain::order::{CancelOrder, Order, OrderCommand, OrderEvent};
use holdfast_domain::stock::{StockCommand, StockItem};
use holdfast_domain::stream::StreamId;
use holdfast_journal::OutcomeKind;

use super::reserve_inventory::by_sku;
use super::{Grant, Handle, Stop, World};

impl Handle for CancelOrder {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.order_id;
        let before = world.order_to_change(id)?;
        world.want(before.lines().iter().map(|line| StreamId::Stock(line.sku.clone())), [])?;
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
        world.grant_order(OutcomeKind::Done, id)
    }
}
