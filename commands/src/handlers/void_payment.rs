//! `VoidPayment`: record that payments were taken back.

use holdfast_domain::order::{OrderCommand, VoidPayment};

use super::changing::change;
use super::{Grant, Handle, Stop, World};

impl Handle for VoidPayment {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        change(world, self.order_id, &OrderCommand::VoidPayment(self.clone()))
    }
}
