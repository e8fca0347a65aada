//! `AcceptFulfillmentOrder`: record that a location takes its part on.

use holdfast_domain::order::{AcceptFulfillmentOrder, OrderCommand};

use super::changing::change;
use super::{Grant, Handle, Stop, World};

impl Handle for AcceptFulfillmentOrder {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        change(world, self.fulfillment_order_id.order(), &OrderCommand::AcceptFulfillmentOrder(self.clone()))
    }
}
