//! `ConfirmPayment`: record that an order is paid and, where it waited for that or what was held for it has expired,
//! reserve its units.

use holdfast_domain::order::{ConfirmPayment, OrderCommand};
use holdfast_journal::OutcomeKind;

use super::changing::{decide, order_to_change};
use super::reserve_inventory::{Sourcing, reserve_inventory};
use super::{Grant, Handle, Stop, World};

impl Handle for ConfirmPayment {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.order_id;
        order_to_change(world, id)?;
        let (order, events) = decide(world, id, &OrderCommand::ConfirmPayment(self.clone()))?;
        let is_news = !events.is_empty() && order.is_paid();
        if is_news && order.waits_to_be_paid() && order.wants_units() {
            reserve_inventory(world, id, &Sourcing::later())?;
        }
        world.grant_order(OutcomeKind::Done, id)
    }
}
