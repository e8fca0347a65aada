//! `TrackShipment`: record what a carrier says of a shipment.

use holdfast_domain::order::{Order, OrderCommand, TrackShipment};
use holdfast_domain::stream::StreamId;
use holdfast_journal::OutcomeKind;

use super::{Grant, Handle, Stop, World};

impl Handle for TrackShipment {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.shipment_id.order();
        world.order_to_change(id)?;
        world.decide::<Order>(&StreamId::Order(id), &OrderCommand::TrackShipment(self.clone()))?;
        world.grant_order(OutcomeKind::Done, id)
    }
}
