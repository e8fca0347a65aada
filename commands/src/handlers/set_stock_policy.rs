//! `SetStockPolicy`: set a SKU's own rules.

use holdfast_domain::stock::{SetStockPolicy, StockCommand, StockItem};
use holdfast_domain::stream::StreamId;

use super::changing::settle;
use super::{Grant, Handle, Stop, World, grant_stock};

impl Handle for SetStockPolicy {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let stream = StreamId::Stock(self.sku.clone());
        world.want([StreamId::Network, stream.clone()], [])?;
        let network = world.network()?;
        for location in self.safety_stock.iter().flatten().map(|(location, _)| location) {
            network.location(location, "/safetyStock")?;
        }
        let command = StockCommand::SetStockPolicy(self.clone(), world.at);
        world.decide::<StockItem>(&stream, &command)?;
        settle(world, &self.sku)?;
        grant_stock(&*world.stock(&self.sku)?, &network)
    }
}
