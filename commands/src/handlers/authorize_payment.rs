//! `AuthorizePayment`: record that a payment is promised, and wait for it.

use holdfast_domain::order::{AuthorizePayment, OrderCommand};

use super::changing::change;
use super::{Grant, Handle, Stop, World};

impl Handle for AuthorizePayment {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        change(world, self.order_id, &OrderCommand::AuthorizePayment(self.clone()))
    }
}
