//! `AcceptCancellation`: a location leaves its part; what it held is free.

use holdfast_domain::order::{AcceptCancellation, OrderCommand};
use holdfast_journal::OutcomeKind;

use super::cancel_order::end;
use super::{Grant, Handle, Stop, World};

impl Handle for AcceptCancellation {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.fulfillment_order_id.order();
        end(world, id, &OrderCommand::AcceptCancellation(self.clone()))?;
        world.grant_order(OutcomeKind::Done, id)
    }
}
