//! `RejectCancellation`: a location goes on with a part that it was asked to leave.

use holdfast_domain::order::{OrderCommand, RejectCancellation};

use super::changing::change;
use super::{Grant, Handle, Stop, World};

impl Handle for RejectCancellation {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        change(world, self.fulfillment_order_id.order(), &OrderCommand::RejectCancellation(self.clone()))
    }
}
