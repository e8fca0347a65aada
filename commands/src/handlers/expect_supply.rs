//! `ExpectSupply`: record that goods are expected, or otherwise than was said.

use holdfast_domain::stock::{AvailabilityView, ExpectSupply, StockCommand, StockItem, StockRefusal};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::Reference;
use holdfast_journal::OutcomeKind;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Grant, Handle, Stop, World, made_name, view_stock};
use crate::claims::supply;
use crate::world::grant;

/// The stock item, and the supply that is expected.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SupplyAnnounced {
    /// The supply.
    supply_id: Reference,
    /// The stock item.
    #[serde(flatten)]
    stock: AvailabilityView,
}

impl Handle for ExpectSupply {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let supply_id = made_name(self.supply_id.as_ref(), world)?;
        let stream = StreamId::Stock(self.sku.clone());
        world.want([StreamId::Network, stream.clone()], [supply(&supply_id)])?;
        let network = world.network()?;
        network.location(&self.location, "/location")?;
        let known = world.claim(&supply(&supply_id))?;
        if known.as_ref().is_some_and(|known| *known != stream) {
            return Err(StockRefusal::UnknownSupply(supply_id).into());
        }
        let command = StockCommand::ExpectSupply(self.clone(), supply_id.clone());
        world.decide::<StockItem>(&stream, &command)?;
        let kind = if known.is_some() { OutcomeKind::Done } else { OutcomeKind::Created };
        let stock = view_stock(&*world.stock(&self.sku)?, &network)?;
        grant(kind, &SupplyAnnounced { supply_id, stock })
    }
}
