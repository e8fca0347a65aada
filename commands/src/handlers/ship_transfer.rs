//! `ShipTransfer`: record that goods left one location for another.

use holdfast_domain::stock::{AvailabilityView, ShipTransfer, StockCommand, StockItem, StockRefusal};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::Reference;
use holdfast_journal::OutcomeKind;
use schemars::JsonSchema;
use serde::Serialize;

use super::changing::settle;
use super::{Grant, Handle, Stop, World, made_name, view_stock};
use crate::claims::transfer;
use crate::world::grant;

/// The stock item, and the transfer that was made.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferMade {
    /// The transfer.
    transfer_id: Reference,
    /// The stock item.
    #[serde(flatten)]
    stock: AvailabilityView,
}

impl Handle for ShipTransfer {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let transfer_id = made_name(self.transfer_id.as_ref(), world)?;
        let stream = StreamId::Stock(self.sku.clone());
        world.want([StreamId::Network, stream.clone()], [transfer(&transfer_id)])?;
        let network = world.network()?;
        network.location(&self.from, "/from")?;
        network.location(&self.to, "/to")?;
        if world.claim(&transfer(&transfer_id))?.is_some() {
            return Err(StockRefusal::TransferExists(transfer_id).into());
        }
        settle(world, &self.sku)?;
        let command = StockCommand::ShipTransfer(self.clone(), transfer_id.clone(), world.at);
        world.decide::<StockItem>(&stream, &command)?;
        let stock = view_stock(&*world.stock(&self.sku)?, &network)?;
        grant(OutcomeKind::Created, &TransferMade { transfer_id, stock })
    }
}
