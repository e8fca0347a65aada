//! `AcceptFulfillmentOrder`: record that a location takes its part on.

use holdfast_domain::order::{AcceptFulfillmentOrder, Order, OrderCommand};
use holdfast_domain::stream::StreamId;
use holdfast_journal::OutcomeKind;

use super::{Grant, Handle, Stop, World};

impl Handle for AcceptFulfillmentOrder {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.fulfillment_order_id.order();
        world.order_to_change(id)?;
        world.decide::<Order>(&StreamId::Order(id), &OrderCommand::AcceptFulfillmentOrder(self.clone()))?;
        world.grant_order(OutcomeKind::Done, id)
    }
}
