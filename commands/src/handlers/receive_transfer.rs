//! `ReceiveTransfer`: record that goods arrived from another location.

use holdfast_domain::stock::{ReceiveTransfer, StockCommand, StockItem, StockRefusal};
use holdfast_domain::stream::StreamId;

use super::changing::settle;
use super::{Grant, Handle, Stop, World, grant_stock};
use crate::claims::transfer;

impl Handle for ReceiveTransfer {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let Some(StreamId::Stock(sku)) = world.claim(&transfer(&self.transfer_id))? else {
            return Err(StockRefusal::UnknownTransfer(self.transfer_id.clone()).into());
        };
        let stream = StreamId::Stock(sku.clone());
        world.want([StreamId::Network, stream.clone()], [])?;
        let command = StockCommand::ReceiveTransfer(self.clone(), world.at);
        world.decide::<StockItem>(&stream, &command)?;
        settle(world, &sku)?;
        let network = world.network()?;
        grant_stock(&*world.stock(&sku)?, &network)
    }
}
