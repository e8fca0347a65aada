//! `CancelSupply`: record that goods which were expected will not come.

use holdfast_domain::Class;
use holdfast_domain::stock::{CancelSupply, StockCommand, StockItem};
use holdfast_domain::stream::StreamId;

use super::{Grant, Handle, Stop, World, grant_stock};
use crate::answer::Refused;
use crate::claims::supply;

impl Handle for CancelSupply {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let Some(StreamId::Stock(sku)) = world.claim(&supply(&self.supply_id))? else {
            let message = format!("there is no supply {}", self.supply_id);
            return Err(Stop::Refused(
                Refused::new("unknown_supply", Class::NotFound, message).at("/supplyId"),
            ));
        };
        let stream = StreamId::Stock(sku.clone());
        world.want([StreamId::Network, stream.clone()], [])?;
        world.decide::<StockItem>(&stream, &StockCommand::CancelSupply(self.clone()))?;
        let network = world.network()?;
        grant_stock(&*world.stock(&sku)?, &network)
    }
}
