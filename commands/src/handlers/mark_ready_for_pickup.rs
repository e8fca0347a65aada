//! `MarkReadyForPickup`: record that goods wait to be fetched.

use holdfast_domain::order::{MarkReadyForPickup, OrderCommand};

use super::changing::change;
use super::{Grant, Handle, Stop, World};

impl Handle for MarkReadyForPickup {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        change(
            world,
            self.fulfillment_order_id.order(),
            &OrderCommand::MarkReadyForPickup(self.clone(), world.at),
        )
    }
}
