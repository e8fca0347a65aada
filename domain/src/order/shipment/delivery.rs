//! The delivery of parcels.

use super::{Parcel, Shipment};
use crate::command::commands;
use crate::order::decision::{Decision, clamp_reported_time};
use crate::order::events::{DeliveryConfirmed, OrderEvent};
use crate::order::refusals::OrderRefusal;
use crate::order::state::Order;
use crate::values::{Reference, ShipmentId, Timestamp};

commands! {
    /// Reports that parcels were delivered.
    ConfirmDelivery {
        shipment_id: ShipmentId,
        /// The only package that was delivered. Default: all of the shipment.
        package_id: Option<Reference>,
        /// Default: the time of the command.
        delivered_at: Option<Timestamp>,
    }
}

pub(in crate::order) fn confirm_delivery(
    order: &Order,
    command: &ConfirmDelivery,
    at: Timestamp,
) -> Decision {
    let shipment =
        order.shipment(command.shipment_id).ok_or(OrderRefusal::UnknownShipment(command.shipment_id))?;
    let parcels = parcels(shipment, command.package_id.as_ref())?;
    let (delivered_at, ahead) = clamp_reported_time(command.delivered_at.or(command.occurred_at), at);
    let delivered = delivered(shipment, &parcels, delivered_at);
    let ahead = ahead.filter(|_| delivered.is_some());
    Ok(delivered.into_iter().chain(ahead).collect())
}

/// The delivery of parcels that were not delivered before.
pub(super) fn delivered(
    shipment: &Shipment,
    parcels: &[&Parcel],
    delivered_at: Timestamp,
) -> Option<OrderEvent> {
    let new: Vec<&Parcel> = parcels.iter().copied().filter(|parcel| parcel.delivered_at.is_none()).collect();
    let event = DeliveryConfirmed { shipment_id: shipment.id, packages: package_ids(&new), delivered_at };
    (!new.is_empty()).then(|| event.into())
}

/// The parcel with a package id, or all parcels of a shipment.
pub(super) fn parcels<'a>(
    shipment: &'a Shipment,
    id: Option<&Reference>,
) -> Result<Vec<&'a Parcel>, OrderRefusal> {
    let is_named = |parcel: &&Parcel| id.is_none_or(|id| parcel.package.package_id == *id);
    let parcels: Vec<&Parcel> = shipment.parcels.iter().filter(is_named).collect();
    if parcels.is_empty() { Err(OrderRefusal::UnknownPackage) } else { Ok(parcels) }
}

pub(super) fn package_ids(parcels: &[&Parcel]) -> Vec<Reference> {
    parcels.iter().map(|parcel| parcel.package.package_id.clone()).collect()
}
