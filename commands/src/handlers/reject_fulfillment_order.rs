//! `RejectFulfillmentOrder`: a location does not take its part on; its units are looked for elsewhere.

use holdfast_domain::order::{OrderCommand, RejectFulfillmentOrder};
use holdfast_journal::OutcomeKind;

use super::changing::{decide, order_to_change};
use super::reserve_inventory::{look_elsewhere, wait_anew};
use super::{Grant, Handle, Stop, World};

impl Handle for RejectFulfillmentOrder {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.fulfillment_order_id.order();
        order_to_change(world, id)?;
        decide(world, id, &OrderCommand::RejectFulfillmentOrder(self.clone()))?;
        look_elsewhere(world, id, None)?;
        // Also what waited before is not taken from a location that does not ship this order.
        wait_anew(world, id)?;
        world.grant_order(OutcomeKind::Done, id)
    }
}
