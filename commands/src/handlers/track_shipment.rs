//! `TrackShipment`: record what a carrier says of a shipment.

use holdfast_domain::order::{OrderCommand, TrackShipment};

use super::changing::change;
use super::{Grant, Handle, Stop, World};

impl Handle for TrackShipment {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        change(world, self.shipment_id.order(), &OrderCommand::TrackShipment(self.clone()))
    }
}
