//! A carrier's reports about packages.

use super::TrackedPackage;
use super::carrier_status::CarrierStatus;
use super::delivery::{delivered, package_ids, packages};
use crate::command::commands;
use crate::order::choices::TrackingStatus;
use crate::order::decision::{Decision, clamp_reported_time, find_shipment};
use crate::order::events::{DeliveryFailed, OrderEvent, ShipmentTracked};
use crate::order::state::{Order, PersonalDataState};
use crate::values::{Reference, ShipmentId, Text, Timestamp};

commands! {
    /// Reports the status of a shipment's packages.
    TrackShipment {
        shipment_id: ShipmentId,
        /// The carrier's status. A carrier's own word for it is kept, such as `pre_transit` for `label_created`.
        status: CarrierStatus,
        /// The time of the status.
        at: Timestamp,
        /// The only package that the report is about. Default: all of the shipment.
        package_id: Option<Reference>,
        /// Where the package was.
        location: Option<Text<200>>,
        /// The carrier's report in full. Stored encrypted.
        raw: Option<Text<4000>> = sealed,
    }
    /// Reports the status of a package by its tracking number.
    TrackParcel {
        carrier: Reference,
        /// The carrier's number.
        tracking_number: Reference,
        /// The carrier's status. A carrier's own word for it is kept, such as `pre_transit` for `label_created`.
        status: CarrierStatus,
        /// The time of the status.
        at: Timestamp,
        /// Where the package was.
        location: Option<Text<200>>,
        /// The carrier's report in full. Stored encrypted.
        raw: Option<Text<4000>> = sealed,
    }
}

/// A report about the future is a report about now.
pub(in crate::order) fn track(order: &Order, command: &TrackShipment, at: Timestamp) -> Decision {
    let shipment = find_shipment(order, command.shipment_id)?;
    let packages = packages(shipment, command.package_id.as_ref())?;
    let (status, (status_at, ahead)) = (command.status.status, clamp_reported_time(Some(command.at), at));
    let is_new = |package: &&TrackedPackage| package.reports.get(&status) != Some(&status_at);
    let tracked: Vec<&TrackedPackage> = packages.into_iter().filter(is_new).collect();
    if tracked.is_empty() {
        return Ok(Vec::new());
    }
    // Personal data is not stored again after it was erased.
    let raw = command.raw.clone().filter(|_| order.personal_data != PersonalDataState::Erased);
    let event = ShipmentTracked {
        shipment_id: shipment.id,
        packages: package_ids(&tracked),
        status,
        reported_as: command.status.original.clone(),
        status_at,
        reported_ahead_of_time: command.at.ahead_of(at),
        location: command.location.clone(),
        has_personal_data: raw.is_some(),
        raw,
    };
    let failures = if status.is_failure() { failed(&tracked, &event) } else { Vec::new() };
    let mut events = vec![event.into()];
    if status == TrackingStatus::Delivered {
        events.extend(delivered(shipment, &tracked, status_at));
    }
    events.extend(failures);
    events.extend(ahead);
    Ok(events)
}

/// The failures of packages that have not failed yet. Those that are superseded are recorded too.
fn failed(packages: &[&TrackedPackage], tracked: &ShipmentTracked) -> Vec<OrderEvent> {
    let fails = |package: &&TrackedPackage| {
        let mut after = (*package).clone();
        after.report(tracked);
        package.is_under_way() && after.has_failed()
    };
    let is_known = |package: &&TrackedPackage| package.delivered_at.is_none() && package.has_failed();
    let new = packages.iter().copied().filter(|package| !is_known(package));
    let (failed, superseded): (Vec<_>, Vec<_>) = new.partition(fails);
    let event = |(packages, superseded): (Vec<&TrackedPackage>, bool)| {
        let (shipment_id, status, at) = (tracked.shipment_id, tracked.status, tracked.status_at);
        let packages = package_ids(&packages);
        let failed = DeliveryFailed { shipment_id, packages, status, at, superseded };
        (!failed.packages.is_empty()).then(|| failed.into())
    };
    [(failed, false), (superseded, true)].into_iter().filter_map(event).collect()
}
