//! `ConfirmDelivery`: record that parcels were handed over.

use holdfast_domain::order::{ConfirmDelivery, Order, OrderCommand};
use holdfast_domain::stream::StreamId;
use holdfast_journal::OutcomeKind;

use super::{Grant, Handle, Stop, World};

impl Handle for ConfirmDelivery {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.shipment_id.order();
        world.order_to_change(id)?;
        world
            .decide::<Order>(&StreamId::Order(id), &OrderCommand::ConfirmDelivery(self.clone(), world.at))?;
        world.grant_order(OutcomeKind::Done, id)
    }
}
