//! `ReleaseHold`: let an order wait no longer and, where it waited for want of units, look for them again.

use holdfast_domain::order::{HoldReason, OrderCommand, ReleaseHold};
use holdfast_journal::OutcomeKind;

use super::changing::{decide, order_to_change};
use super::reserve_inventory::{Sourcing, reserve_inventory};
use super::{Grant, Handle, Stop, World};

impl Handle for ReleaseHold {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.order_id;
        let before = order_to_change(world, id)?;
        let released = before.holds.iter().find(|hold| hold.id == self.hold_id);
        let out_of_stock = released.is_some_and(|hold| hold.reason == HoldReason::InventoryOutOfStock);
        let (order, _) = decide(world, id, &OrderCommand::ReleaseHold(self.clone()))?;
        if out_of_stock && order.wants_units() {
            reserve_inventory(world, id, &Sourcing::later())?;
        }
        world.grant_order(OutcomeKind::Done, id)
    }
}
