//! `CancelOrder`: end an order, or units of it, and let go of what is held for it and of its places in queues.

use holdfast_domain::order::{CancelOrder, OrderCommand};

use super::changing::change;
use super::{Grant, Handle, Stop, World};

impl Handle for CancelOrder {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        change(world, self.order_id, &OrderCommand::CancelOrder(self.clone()))
    }
}
