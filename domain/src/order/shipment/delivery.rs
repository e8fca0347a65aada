//! The delivery of packages.

use super::{Shipment, TrackedPackage};
use crate::command::commands;
use crate::order::decision::{Decision, clamp_reported_time, find_shipment};
use crate::order::events::{DeliveryConfirmed, OrderEvent};
use crate::order::refusals::OrderRefusal;
use crate::order::state::Order;
use crate::values::{Reference, ShipmentId, Timestamp};

commands! {
    /// Reports that packages were delivered.
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
    let shipment = find_shipment(order, command.shipment_id)?;
    let packages = packages(shipment, command.package_id.as_ref())?;
    let (delivered_at, ahead) = clamp_reported_time(command.delivered_at.or(command.occurred_at), at);
    let delivered = delivered(shipment, &packages, delivered_at);
    let ahead = ahead.filter(|_| delivered.is_some());
    Ok(delivered.into_iter().chain(ahead).collect())
}

/// The delivery of packages that were not delivered before.
pub(super) fn delivered(
    shipment: &Shipment,
    packages: &[&TrackedPackage],
    delivered_at: Timestamp,
) -> Option<OrderEvent> {
    let new: Vec<&TrackedPackage> =
        packages.iter().copied().filter(|package| package.delivered_at.is_none()).collect();
    let event = DeliveryConfirmed { shipment_id: shipment.id, packages: package_ids(&new), delivered_at };
    (!new.is_empty()).then(|| event.into())
}

/// The package with a package id, or all packages of a shipment.
pub(super) fn packages<'a>(
    shipment: &'a Shipment,
    id: Option<&Reference>,
) -> Result<Vec<&'a TrackedPackage>, OrderRefusal> {
    let is_named = |package: &&TrackedPackage| id.is_none_or(|id| package.shipped.package_id == *id);
    let packages: Vec<&TrackedPackage> = shipment.packages.iter().filter(is_named).collect();
    if packages.is_empty() { Err(OrderRefusal::UnknownPackage) } else { Ok(packages) }
}

/// The package with a package id, or the only package of a shipment.
pub(super) fn only_package<'a>(
    shipment: &'a Shipment,
    id: Option<&Reference>,
) -> Result<&'a TrackedPackage, OrderRefusal> {
    match packages(shipment, id)?[..] {
        [package] => Ok(package),
        _ => Err(OrderRefusal::UnknownPackage),
    }
}

pub(super) fn package_ids(packages: &[&TrackedPackage]) -> Vec<Reference> {
    packages.iter().map(|package| package.shipped.package_id.clone()).collect()
}
