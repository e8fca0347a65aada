//! `AcceptAmendment`: a location goes by the new address or delivery that it was asked about.

use holdfast_domain::order::{AcceptAmendment, OrderCommand};

use super::changing::change;
use super::{Grant, Handle, Stop, World};

impl Handle for AcceptAmendment {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        change(world, self.fulfillment_order_id.order(), &OrderCommand::AcceptAmendment(self.clone()))
    }
}
