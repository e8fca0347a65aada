//! `RejectCancellation`: record that a location goes on with its part.

use holdfast_domain::order::{Order, OrderCommand, RejectCancellation};
use holdfast_domain::stream::StreamId;
use holdfast_journal::OutcomeKind;

use super::{Grant, Handle, Stop, World};

impl Handle for RejectCancellation {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.fulfillment_order_id.order();
        world.order_to_change(id)?;
        world.decide::<Order>(&StreamId::Order(id), &OrderCommand::RejectCancellation(self.clone()))?;
        world.grant_order(OutcomeKind::Done, id)
    }
}
