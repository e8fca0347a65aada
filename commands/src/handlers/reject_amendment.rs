//! `RejectAmendment`: a location goes on by the address and delivery that it was told before.

use holdfast_domain::order::{OrderCommand, RejectAmendment};
use holdfast_journal::OutcomeKind;

use super::changing::{decide, order_to_change};
use super::reserve_inventory::wait_anew;
use super::{Grant, Handle, Stop, World};

impl Handle for RejectAmendment {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.fulfillment_order_id.order();
        order_to_change(world, id)?;
        decide(world, id, &OrderCommand::RejectAmendment(self.clone()))?;
        // What waits need not come from where it would have been delivered.
        wait_anew(world, id)?;
        world.grant_order(OutcomeKind::Done, id)
    }
}
