//! `ReceiveTransfer`: record that goods arrived from another location.

use holdfast_domain::stock::{ReceiveTransfer, StockCommand, StockRefusal};
use holdfast_domain::stream::StreamId;

use super::{Grant, Handle, Stop, World, change_stock};
use crate::claims::transfer;

impl Handle for ReceiveTransfer {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let Some(StreamId::Stock(sku)) = world.claim(&transfer(&self.transfer_id))? else {
            return Err(StockRefusal::UnknownTransfer(self.transfer_id.clone()).into());
        };
        world.want([StreamId::Network, StreamId::Stock(sku.clone())], [])?;
        change_stock(world, &sku, &StockCommand::ReceiveTransfer(self.clone(), world.at))
    }
}
