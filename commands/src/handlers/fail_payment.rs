//! `FailPayment`: record that a payment failed.

use holdfast_domain::order::{FailPayment, OrderCommand};

use super::changing::change;
use super::{Grant, Handle, Stop, World};

impl Handle for FailPayment {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        change(world, self.order_id, &OrderCommand::FailPayment(self.clone()))
    }
}
