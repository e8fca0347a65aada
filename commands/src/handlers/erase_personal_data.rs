//! `ErasePersonalData`: destroy the key to an order's personal data.

use holdfast_domain::order::{ErasePersonalData, OrderCommand};
use holdfast_journal::OutcomeKind;

use super::changing::{decide, order_to_change};
use super::{Grant, Handle, Stop, World};

impl Handle for ErasePersonalData {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.order_id;
        order_to_change(world, id)?;
        let (_, events) = decide(world, id, &OrderCommand::ErasePersonalData(self.clone()))?;
        if !events.is_empty() {
            world.erase_subject(id);
        }
        world.grant_order(OutcomeKind::Done, id)
    }
}
