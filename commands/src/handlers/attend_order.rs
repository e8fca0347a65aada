//! `AttendOrder`: do what is due for an order at this moment. Not a command from outside.

use holdfast_domain::order::{AttendOrder, OrderCommand};

use super::changing::change;
use super::{Grant, Handle, Stop, World};

impl Handle for AttendOrder {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        change(world, self.order_id, &OrderCommand::AttendOrder(world.at))
    }
}
