//! `ReleaseHold`: let an order wait no longer and, where that was what kept it from being sourced, look for its units.

use holdfast_domain::order::{HoldReason, Order, OrderCommand, PaymentTerms, ReleaseHold};
use holdfast_domain::policy::ReserveAt;
use holdfast_domain::stream::StreamId;
use holdfast_journal::OutcomeKind;

use super::reserve_inventory::{Sourcing, reserve_inventory};
use super::{Grant, Handle, Stop, World};

impl Handle for ReleaseHold {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.order_id;
        let before = world.order_to_change(id)?;
        let released = before.holds.iter().find(|hold| hold.id == self.hold_id);
        let out_of_stock = released.is_some_and(|hold| hold.reason == HoldReason::InventoryOutOfStock);
        let command = OrderCommand::ReleaseHold(self.clone());
        let (order, _) = world.decide::<Order>(&StreamId::Order(id), &command)?;
        let waits_for_payment = order.created.as_ref().is_some_and(|created| {
            created.reserve_at == ReserveAt::Payment && created.payment == PaymentTerms::Required
        });
        let may_have_units = order.is_paid() || !waits_for_payment;
        if out_of_stock && may_have_units && !order.pending_demand().is_empty() {
            reserve_inventory(world, id, &Sourcing::later())?;
        }
        world.grant_order(OutcomeKind::Done, id)
    }
}
