//! `PackItems`: record goods put into parcels.

use holdfast_domain::order::{OrderCommand, PackItems};

use super::changing::change;
use super::{Grant, Handle, Stop, World};

impl Handle for PackItems {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        change(world, self.fulfillment_order_id.order(), &OrderCommand::PackItems(self.clone()))
    }
}
