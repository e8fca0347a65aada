//! `CountStock`: record a count, adjust on hand by what it differs, and look elsewhere for what is promised and not there.

use holdfast_domain::stock::{AvailabilityView, CountStock, StockCommand, StockItem};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::OrderId;
use holdfast_journal::OutcomeKind;
use schemars::JsonSchema;
use serde::Serialize;

use super::changing::settle;
use super::overcommitted::give_up;
use super::{Grant, Handle, Stop, World, view_stock};
use crate::world::grant;

/// The stock item, and who lost units that are not there.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counted {
    /// Orders for which units were held that are not there: they are looked for elsewhere, or waited for.
    affected_orders: Vec<OrderId>,
    /// The stock item.
    #[serde(flatten)]
    stock: AvailabilityView,
}

impl Handle for CountStock {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let stream = StreamId::Stock(self.sku.clone());
        world.want([StreamId::Network, stream.clone()], [])?;
        let network = world.network()?;
        network.location(&self.location, "/location")?;
        let command = StockCommand::CountStock(self.clone(), world.at);
        world.decide::<StockItem>(&stream, &command)?;
        settle(world, &self.sku)?;
        let affected_orders = give_up(world, &self.sku, &self.location)?;
        let stock = view_stock(&*world.stock(&self.sku)?, &network)?;
        grant(OutcomeKind::Done, &Counted { affected_orders, stock })
    }
}
