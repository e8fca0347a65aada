//! `AdjustStock`: correct on hand by hand.

use holdfast_domain::stock::{AdjustStock, StockCommand};
use holdfast_domain::stream::StreamId;

use super::{Grant, Handle, Stop, World, change_stock};

impl Handle for AdjustStock {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        world.want([StreamId::Network, StreamId::Stock(self.sku.clone())], [])?;
        world.network()?.location(&self.location, "/location")?;
        change_stock(world, &self.sku, &StockCommand::AdjustStock(self.clone(), world.at))
    }
}
