//! `MoveFulfillmentOrder`: let another location take a part of an order over.

use holdfast_domain::order::{MoveFulfillmentOrder, OrderCommand};
use holdfast_domain::stream::StreamId;

use super::changing::change;
use super::{Grant, Handle, Stop, World};

impl Handle for MoveFulfillmentOrder {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        world.want([StreamId::Network], [])?;
        world.network()?.location(&self.location, "/location")?;
        change(world, self.fulfillment_order_id.order(), &OrderCommand::MoveFulfillmentOrder(self.clone()))
    }
}
