//! Shipments: what carriers say of them, until they are handed over.

use holdfast_domain::order::{ConfirmDelivery, TrackParcel, TrackShipment};
use holdfast_domain::values::ShipmentId;

use super::caller::{Answered, Call, InPath};
use super::problem::Problem;

/// Records what a carrier says of a shipment.
pub(super) async fn track(InPath(id): InPath, call: Call) -> Answered {
    call.about("shipmentId", known(id)?).send::<TrackShipment>().await
}

/// Records what a carrier says of a parcel known by its number only.
pub(super) async fn track_parcel(call: Call) -> Answered {
    call.send::<TrackParcel>().await
}

/// Records that parcels were handed over.
pub(super) async fn confirm_delivery(InPath(id): InPath, call: Call) -> Answered {
    call.about("shipmentId", known(id)?).send::<ConfirmDelivery>().await
}

fn known(id: String) -> Result<String, Problem> {
    if id.parse::<ShipmentId>().is_ok() {
        return Ok(id);
    }
    Err(Problem::unknown("unknown_shipment", format!("there is no shipment {id}")))
}
