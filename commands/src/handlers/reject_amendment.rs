//! `RejectAmendment`: a location goes on by the address and delivery that it was told before.

use holdfast_domain::order::{OrderCommand, RejectAmendment};

use super::changing::change;
use super::{Grant, Handle, Stop, World};

impl Handle for RejectAmendment {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        change(world, self.fulfillment_order_id.order(), &OrderCommand::RejectAmendment(self.clone()))
    }
}
