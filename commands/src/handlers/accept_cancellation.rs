//! `AcceptCancellation`: a location leaves its part, or units of it, to nobody or to another location.

use holdfast_domain::order::{AcceptCancellation, OrderCommand};

use super::changing::change;
use super::{Grant, Handle, Stop, World};

impl Handle for AcceptCancellation {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        change(world, self.fulfillment_order_id.order(), &OrderCommand::AcceptCancellation(self.clone()))
    }
}
