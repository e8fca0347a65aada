//! `PickItems`: record goods taken from their places.

use holdfast_domain::order::{OrderCommand, PickItems};

use super::changing::change;
use super::{Grant, Handle, Stop, World};

impl Handle for PickItems {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        change(world, self.fulfillment_order_id.order(), &OrderCommand::PickItems(self.clone()))
    }
}
