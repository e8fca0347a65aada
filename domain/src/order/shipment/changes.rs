//! Applies the events of shipments to the state of an order.

use std::collections::BTreeMap;

use super::{Shipment, TrackedPackage};
use crate::order::choices::TrackingStatus;
use crate::order::contents::{LineUnits, Package};
use crate::order::events::{DeliveryConfirmed, ShipmentCreated, ShipmentStuck, ShipmentTracked};
use crate::order::line_values::{charge, uncancel};
use crate::order::state::Order;
use crate::order::update::{limit_backordered, seal, update};
use crate::values::{Reference, ShipmentId, Units};

pub(in crate::order) fn shipped(order: &mut Order, created: &ShipmentCreated) {
    let mut shipment = Shipment {
        id: created.shipment_id,
        fulfillment_order_id: created.fulfillment_order_id,
        shipped_at: created.shipped_at,
        stuck_after: created.stuck_after,
        packages: created.packages.iter().map(package).collect(),
        unreserved: Vec::new(),
        uncancelled: Vec::new(),
    };
    for units in created.packages.iter().flat_map(|package| &package.lines) {
        ship_units(order, &mut shipment, units);
    }
    charge(order, &mut shipment);
    order.shipments.push(shipment);
    order.shipments_created += 1;
}

fn package(package: &Package) -> TrackedPackage {
    TrackedPackage {
        shipped: package.clone(),
        charged: Vec::new(),
        former_labels: Vec::new(),
        labelled_at: None,
        reports: BTreeMap::new(),
        report_ahead_of_time: None,
        delivered_at: None,
        is_stuck: false,
        is_resent: false,
    }
}

/// Marks units as shipped, reserved or not. Units in excess of the reserved ones count as pending and backordered units first,
/// then as cancelled ones.
fn ship_units(order: &mut Order, shipment: &mut Shipment, units: &LineUnits) {
    let id = shipment.fulfillment_order_id;
    let own = order.fulfillment_order(id).and_then(|fulfillment| fulfillment.line(units.line));
    let excess = own.map_or(Units::ZERO, |line| units.quantity.saturating_sub(line.outstanding()));
    // Reserved units change no other count of the line.
    let totals = if excess.is_zero() { Vec::new() } else { order.line_totals() };
    let totals = totals.get(units.line.index()).copied().unwrap_or_default();
    update(order, id, |fulfillment| {
        if let Some(line) = fulfillment.lines.iter_mut().find(|line| line.line == units.line) {
            let from_released = excess.min(line.released);
            line.released -= from_released;
            line.quantity += excess.saturating_sub(from_released);
            line.shipped += units.quantity;
            line.packed = line.packed.max(line.shipped);
            line.picked = line.picked.max(line.packed);
        }
    });
    if excess.is_zero() {
        return;
    }
    let uncancelled = excess.saturating_sub(totals.pending() + totals.backordered).min(totals.cancelled);
    uncancel(order, units.line, uncancelled);
    let noted = [(&mut shipment.unreserved, excess), (&mut shipment.uncancelled, uncancelled)];
    for (lines, quantity) in noted.into_iter().filter(|(_, quantity)| !quantity.is_zero()) {
        lines.push(LineUnits::new(units.line, quantity));
    }
    limit_backordered(order);
}

pub(in crate::order) fn tracked(order: &mut Order, tracked: &ShipmentTracked) {
    if tracked.has_personal_data {
        seal(order);
    }
    each_package(order, tracked.shipment_id, &tracked.packages, |package| package.report(tracked));
}

impl TrackedPackage {
    /// Adds a carrier's report.
    pub(super) fn report(&mut self, tracked: &ShipmentTracked) {
        let (status, at) = (tracked.status, tracked.status_at);
        let has_counterpart = status != TrackingStatus::Unknown;
        let known = self.reported_at();
        if tracked.reported_ahead_of_time.is_none() {
            let is_latest = self.counting_reports().all(|(_, known)| at >= known);
            let latest = self.reports.entry(status).or_insert(at);
            *latest = at.max(*latest);
            self.report_ahead_of_time = self.report_ahead_of_time.filter(|_| !(is_latest && has_counterpart));
        } else if has_counterpart {
            self.report_ahead_of_time = Some((status, at));
        }
        let is_recent = has_counterpart && known.is_none_or(|known| at >= known);
        self.is_stuck &= !is_recent && self.is_under_way();
    }
}

pub(in crate::order) fn stuck(order: &mut Order, stuck: &ShipmentStuck) {
    each_package(order, stuck.shipment_id, &stuck.packages, |package| package.is_stuck = true);
}

pub(in crate::order) fn delivered(order: &mut Order, delivered: &DeliveryConfirmed) {
    let at = Some(delivered.delivered_at);
    each_package(order, delivered.shipment_id, &delivered.packages, |package| package.delivered_at = at);
}

pub(super) fn each_package(
    order: &mut Order,
    id: ShipmentId,
    packages: &[Reference],
    change: impl Fn(&mut TrackedPackage),
) {
    let shipment = order.shipments.iter_mut().find(|shipment| shipment.id == id);
    for package in shipment.into_iter().flat_map(|shipment| &mut shipment.packages) {
        if packages.contains(&package.shipped.package_id) {
            change(package);
        }
    }
}
