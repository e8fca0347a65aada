//! `PickItems`: record what a warehouse took from its places.

use holdfast_domain::order::{Order, OrderCommand, PickItems};
use holdfast_domain::stream::StreamId;
use holdfast_journal::OutcomeKind;

use super::{Grant, Handle, Stop, World};

impl Handle for PickItems {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.fulfillment_order_id.order();
        world.order_to_change(id)?;
        world.decide::<Order>(&StreamId::Order(id), &OrderCommand::PickItems(self.clone()))?;
        world.grant_order(OutcomeKind::Done, id)
    }
}
