//! Replaces the label of a package.

use super::changes::each_package;
use super::delivery::only_package;
use crate::command::commands;
use crate::order::decision::{Decision, find_shipment};
use crate::order::events::PackageRelabelled;
use crate::order::refusals::OrderRefusal;
use crate::order::state::Order;
use crate::values::{Reference, ShipmentId, Text, Timestamp};

/// The most labels of a package that were replaced.
const MAX_FORMER_LABELS: usize = 20;

commands! {
    /// Reports another label of a package: the carrier or the tracking number was wrong, or the label was replaced. Reports
    /// by the former number no longer find the package, and earlier ones no longer count.
    RelabelPackage {
        shipment_id: ShipmentId,
        /// Default: the only package of the shipment.
        package_id: Option<Reference>,
        carrier: Reference,
        /// The carrier's number.
        tracking_number: Reference,
        /// The carrier's service. Default: as before.
        service: Option<Text<64>>,
    }
}

pub(in crate::order) fn relabel(order: &Order, command: &RelabelPackage, at: Timestamp) -> Decision {
    let id = command.shipment_id;
    let package = only_package(find_shipment(order, id)?, command.package_id.as_ref())?;
    let (label, service) = (&package.shipped, command.service.clone().or(package.shipped.service.clone()));
    let is_same = label.is_named(&command.carrier, &command.tracking_number) && label.service == service;
    if is_same {
        return Ok(Vec::new());
    }
    if package.delivered_at.is_some() {
        return Err(OrderRefusal::ShipmentDelivered(id));
    }
    if package.former_labels.len() >= MAX_FORMER_LABELS {
        return Err(OrderRefusal::TooMany { most: MAX_FORMER_LABELS, pointer: "/trackingNumber" });
    }
    let relabelled = PackageRelabelled {
        shipment_id: id,
        package_id: label.package_id.clone(),
        carrier: command.carrier.clone(),
        tracking_number: command.tracking_number.clone(),
        service,
        at,
    };
    Ok(vec![relabelled.into()])
}

/// Earlier reports were about another package, or about a label that is not used any more.
pub(in crate::order) fn relabelled(order: &mut Order, relabelled: &PackageRelabelled) {
    let PackageRelabelled { shipment_id, package_id, carrier, tracking_number, service, at } = relabelled;
    each_package(order, *shipment_id, std::slice::from_ref(package_id), |package| {
        let label = &mut package.shipped;
        let former = (label.carrier.clone(), label.tracking_number.clone());
        if !package.former_labels.contains(&former) {
            package.former_labels.push(former);
        }
        (label.carrier, label.tracking_number) = (carrier.clone(), tracking_number.clone());
        label.service.clone_from(service);
        package.labelled_at = Some(*at);
        package.reports.clear();
        package.report_ahead_of_time = None;
        package.is_stuck = false;
    });
}
