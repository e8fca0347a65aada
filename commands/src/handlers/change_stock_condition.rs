//! `ChangeStockCondition`: record that goods are in another state.

use holdfast_domain::stock::{ChangeStockCondition, StockCommand};
use holdfast_domain::stream::StreamId;

use super::{Grant, Handle, Stop, World, change_stock};

impl Handle for ChangeStockCondition {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        world.want([StreamId::Network, StreamId::Stock(self.sku.clone())], [])?;
        world.network()?.location(&self.location, "/location")?;
        change_stock(world, &self.sku, &StockCommand::ChangeStockCondition(self.clone(), world.at))
    }
}
