//! `VoidPayment`: record that payments were taken back.

use holdfast_domain::order::{Order, OrderCommand, VoidPayment};
use holdfast_domain::stream::StreamId;
use holdfast_journal::OutcomeKind;

use super::{Grant, Handle, Stop, World};

impl Handle for VoidPayment {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        world.order_to_change(self.order_id)?;
        world.decide::<Order>(&StreamId::Order(self.order_id), &OrderCommand::VoidPayment(self.clone()))?;
        world.grant_order(OutcomeKind::Done, self.order_id)
    }
}
