//! `ConfirmPayment`: record that an order is paid and, where its policy waited for that, reserve its units.

use holdfast_domain::order::{ConfirmPayment, HoldReason, Order, OrderCommand};
use holdfast_domain::policy::ReserveAt;
use holdfast_domain::stream::StreamId;
use holdfast_journal::OutcomeKind;

use super::reserve_inventory::{Sourcing, reserve_inventory};
use super::{Grant, Handle, Stop, World};

impl Handle for ConfirmPayment {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.order_id;
        world.order_to_change(id)?;
        let command = OrderCommand::ConfirmPayment(self.clone());
        let (order, events) = world.decide::<Order>(&StreamId::Order(id), &command)?;
        let waited = order.created.as_ref().is_some_and(|created| created.reserve_at == ReserveAt::Payment);
        let waits_for_stock = order.holds.iter().any(|hold| hold.reason == HoldReason::InventoryOutOfStock);
        let is_news = !events.is_empty() && order.is_paid() && !waits_for_stock;
        if waited && is_news && !order.pending_demand().is_empty() {
            reserve_inventory(world, id, &Sourcing::later())?;
        }
        world.grant_order(OutcomeKind::Done, id)
    }
}
