//! `ReceiveStock`: record goods that arrived.

use holdfast_domain::stock::{ReceiveStock, StockCommand, StockRefusal};
use holdfast_domain::stream::StreamId;

use super::{Grant, Handle, Stop, World, change_stock};
use crate::claims::supply;

impl Handle for ReceiveStock {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let stream = StreamId::Stock(self.sku.clone());
        world.want([StreamId::Network, stream.clone()], self.supply_id.as_ref().map(supply))?;
        world.network()?.location(&self.location, "/location")?;
        if let Some(id) = &self.supply_id
            && world.claim(&supply(id))?.as_ref() != Some(&stream)
        {
            return Err(StockRefusal::UnknownSupply(id.clone()).into());
        }
        change_stock(world, &self.sku, &StockCommand::ReceiveStock(self.clone(), world.at))
    }
}
