//! `ReceiveReturn`: record goods that came back, and put what can be sold or inspected on the books.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::order::{
    Disposition, Order, OrderCommand, OrderEvent, ReceiveReturn, ReturnReceived, ReturnedUnits,
};
use holdfast_domain::stock::{Condition, StockCommand, StockItem};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{Sku, Units};
use holdfast_journal::OutcomeKind;

use super::fill_backorders::earmark;
use super::reserve_inventory::stock_of;
use super::{Grant, Handle, Stop, World};

impl Handle for ReceiveReturn {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.return_id.order();
        let before = world.order_to_change(id)?;
        world.want(stock_of(&before).chain([StreamId::Network]), [])?;
        world.network()?.location(&self.location, "/location")?;
        let command = OrderCommand::ReceiveReturn(self.clone());
        let (order, events) = world.decide::<Order>(&StreamId::Order(id), &command)?;
        if let Some(OrderEvent::ReturnReceived(received)) = events.first() {
            let returned = by_condition(&order, received);
            let skus: BTreeSet<Sku> = returned.keys().map(|(sku, _)| sku.clone()).collect();
            for ((sku, is_sellable), quantity) in returned {
                let condition = if is_sellable { Condition::Sellable } else { Condition::Quarantine };
                let command = StockCommand::ReturnInventory {
                    order_id: id,
                    return_id: self.return_id,
                    location: self.location.clone(),
                    quantity,
                    condition,
                    at: world.at,
                };
                world.decide::<StockItem>(&StreamId::Stock(sku), &command)?;
            }
            for sku in &skus {
                earmark(world, sku)?;
            }
        }
        world.grant_order(OutcomeKind::Done, id)
    }
}

/// What came back and is kept, by SKU and by whether it can be sold.
fn by_condition(order: &Order, received: &ReturnReceived) -> BTreeMap<(Sku, bool), Units> {
    let mut sums = BTreeMap::new();
    for ReturnedUnits { line, quantity, disposition } in &received.lines {
        if *disposition == Disposition::Scrap {
            continue;
        }
        if let Some(line) = order.lines().get(line.index()) {
            *sums.entry((line.sku.clone(), *disposition == Disposition::Restock)).or_default() += *quantity;
        }
    }
    sums
}
