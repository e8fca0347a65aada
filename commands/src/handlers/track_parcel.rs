//! `TrackParcel`: record what a carrier says of a parcel known by its number only.

use holdfast_domain::order::{OrderRefusal, TrackParcel, TrackShipment};
use holdfast_domain::stream::StreamId;

use super::{Grant, Handle, Stop, World};
use crate::claims::tracking_number;

impl Handle for TrackParcel {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let Some(StreamId::Order(id)) =
            world.claim(&tracking_number(&self.carrier, &self.tracking_number))?
        else {
            return Err(OrderRefusal::UnknownTrackingNumber.into());
        };
        let order = world.order(id)?;
        let is_meant = |package: &holdfast_domain::order::Package| {
            package.carrier == self.carrier && package.tracking_number == self.tracking_number
        };
        let mut parcels = order
            .shipments
            .iter()
            .flat_map(|shipment| shipment.parcels.iter().map(move |parcel| (shipment.id, &parcel.package)));
        let (shipment_id, package) =
            parcels.find(|(_, package)| is_meant(package)).ok_or(OrderRefusal::UnknownTrackingNumber)?;
        let by_shipment = TrackShipment {
            shipment_id,
            status: self.status,
            at: self.at,
            package_id: Some(package.package_id.clone()),
            location: self.location.clone(),
            raw: self.raw.clone(),
            occurred_at: self.occurred_at,
            not_after: self.not_after,
        };
        by_shipment.handle(world)
    }
}
