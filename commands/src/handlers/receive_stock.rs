//! `ReceiveStock`: record goods that arrived.

use holdfast_domain::stock::{ReceiveStock, StockCommand, StockItem, StockRefusal};
use holdfast_domain::stream::StreamId;

use super::changing::settle;
use super::{Grant, Handle, Stop, World, grant_stock};
use crate::claims::supply;

impl Handle for ReceiveStock {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let stream = StreamId::Stock(self.sku.clone());
        world.want([StreamId::Network, stream.clone()], self.supply_id.as_ref().map(supply))?;
        let network = world.network()?;
        network.location(&self.location, "/location")?;
        if let Some(id) = &self.supply_id
            && world.claim(&supply(id))?.as_ref() != Some(&stream)
        {
            return Err(StockRefusal::UnknownSupply(id.clone()).into());
        }
        let command = StockCommand::ReceiveStock(self.clone(), world.at);
        world.decide::<StockItem>(&stream, &command)?;
        settle(world, &self.sku)?;
        grant_stock(&*world.stock(&self.sku)?, &network)
    }
}
