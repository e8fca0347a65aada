//! `ErasePersonalData`: destroy the key to an order's personal data.

use holdfast_domain::order::{ErasePersonalData, Order, OrderCommand};
use holdfast_domain::stream::StreamId;
use holdfast_journal::OutcomeKind;

use super::{Grant, Handle, Stop, World};

impl Handle for ErasePersonalData {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.order_id;
        world.order_to_change(id)?;
        let command = OrderCommand::ErasePersonalData(self.clone());
        let (_, events) = world.decide::<Order>(&StreamId::Order(id), &command)?;
        if !events.is_empty() {
            world.erase_subject(id);
        }
        world.grant_order(OutcomeKind::Done, id)
    }
}
