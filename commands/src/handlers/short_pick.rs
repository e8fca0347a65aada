//! `ShortPick`: goods are not where they should be; the stock is corrected, and they are looked for elsewhere.

use holdfast_domain::order::{OrderCommand, ShortPick};
use holdfast_journal::OutcomeKind;

use super::changing::{decide, order_to_change};
use super::reserve_inventory::look_elsewhere;
use super::{Grant, Handle, Stop, World};

impl Handle for ShortPick {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.fulfillment_order_id.order();
        let before = order_to_change(world, id)?;
        let part = before.fulfillment_order(self.fulfillment_order_id);
        let gave_back = part.map(|part| part.location.clone());
        decide(world, id, &OrderCommand::ShortPick(self.clone()))?;
        look_elsewhere(world, id, gave_back)?;
        world.grant_order(OutcomeKind::Done, id)
    }
}
