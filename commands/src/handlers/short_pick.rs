//! `ShortPick`: goods are not where they should be; the stock is corrected, and they are looked for elsewhere.

use holdfast_domain::order::{FulfillmentOrderLines, Order, OrderCommand, OrderEvent, ShortPick};
use holdfast_domain::stock::{Allocation, StockCommand, StockItem};
use holdfast_domain::stream::StreamId;
use holdfast_journal::OutcomeKind;

use super::reserve_inventory::{Sourcing, by_sku, reserve_inventory, stock_of};
use super::{Grant, Handle, Stop, World};

impl Handle for ShortPick {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.fulfillment_order_id.order();
        let before = world.order_to_change(id)?;
        world.want(stock_of(&before).chain([StreamId::Network, StreamId::Policy]), [])?;
        let command = OrderCommand::ShortPick(self.clone());
        let (order, events) = world.decide::<Order>(&StreamId::Order(id), &command)?;
        let part = order.fulfillment_order(self.fulfillment_order_id);
        if let (Some(OrderEvent::PickShorted(shorted)), Some(part)) = (events.first(), part) {
            let (fulfillment_order_id, location) = (part.id, part.location.clone());
            let lines = shorted.lines.clone();
            let missing = FulfillmentOrderLines { fulfillment_order_id, location, lines };
            for (sku, allocations) in by_sku(&order, [&missing].into_iter()) {
                for Allocation { location, quantity } in allocations {
                    let at = world.at;
                    let command = StockCommand::ShortInventory { order_id: id, location, quantity, at };
                    world.decide::<StockItem>(&StreamId::Stock(sku.clone()), &command)?;
                }
            }
            if !order.pending_demand().is_empty() {
                reserve_inventory(world, id, &Sourcing::after_short_pick_at(&part.location))?;
            }
        }
        world.grant_order(OutcomeKind::Done, id)
    }
}
