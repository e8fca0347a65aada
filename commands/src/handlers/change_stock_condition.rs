//! `ChangeStockCondition`: record that goods are in another state.

use holdfast_domain::stock::{ChangeStockCondition, StockCommand, StockItem};
use holdfast_domain::stream::StreamId;

use super::changing::settle;
use super::{Grant, Handle, Stop, World, grant_stock};

impl Handle for ChangeStockCondition {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let stream = StreamId::Stock(self.sku.clone());
        world.want([StreamId::Network, stream.clone()], [])?;
        let network = world.network()?;
        network.location(&self.location, "/location")?;
        let command = StockCommand::ChangeStockCondition(self.clone(), world.at);
        world.decide::<StockItem>(&stream, &command)?;
        settle(world, &self.sku)?;
        grant_stock(&*world.stock(&self.sku)?, &network)
    }
}
