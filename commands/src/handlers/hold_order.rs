//! `HoldOrder`: let an order wait.

use holdfast_domain::order::{HoldOrder, OrderCommand};

use super::changing::change;
use super::{Grant, Handle, Stop, World};

impl Handle for HoldOrder {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        change(world, self.order_id, &OrderCommand::HoldOrder(self.clone(), world.at))
    }
}
