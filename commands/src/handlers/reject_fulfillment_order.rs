//! `RejectFulfillmentOrder`: a location does not take its part on; its units are looked for elsewhere.

use holdfast_domain::order::{OrderCommand, RejectFulfillmentOrder};
use holdfast_journal::OutcomeKind;

use super::changing::{decide, order_to_change};
use super::reserve_inventory::{GaveBack, look_elsewhere, wait_anew};
use super::{Grant, Handle, Stop, World};

impl Handle for RejectFulfillmentOrder {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.fulfillment_order_id.order();
        let before = order_to_change(world, id)?;
        let part = before.fulfillment_order(self.fulfillment_order_id);
        let location = part.map(|part| part.location.clone());
        let gave_back = location.clone().map(GaveBack::ForGood);
        decide(world, id, &OrderCommand::RejectFulfillmentOrder(self.clone()))?;
        look_elsewhere(world, id, gave_back)?;
        // Also what waited before is not taken from a location that does not ship this order.
        wait_anew(world, id, location.as_ref())?;
        world.grant_order(OutcomeKind::Done, id)
    }
}
