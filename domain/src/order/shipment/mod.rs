//! Packages that left a location together.

pub(super) mod cancel;
pub(super) mod carrier_status;
pub(super) mod changes;
pub(super) mod delivery;
pub(super) mod packages;
pub(super) mod relabel;
pub(super) mod resend;
pub(super) mod ship;
pub(super) mod tracking;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::choices::TrackingStatus;
use super::contents::{LineUnits, Package, package_key};
use crate::values::{FulfillmentOrderId, Period, Reference, ShipmentId, Timestamp, Units};

/// Packages that left a location together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "documented where the name does not say it")]
pub struct Shipment {
    pub id: ShipmentId,
    pub fulfillment_order_id: FulfillmentOrderId,
    pub shipped_at: Timestamp,
    /// A package without a carrier's report for this long counts as stuck. Absent: packages never count as stuck.
    pub stuck_after: Option<Period>,
    #[serde(rename = "parcels")]
    pub packages: Vec<TrackedPackage>,
    /// Units that were not reserved at the location when they left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreserved: Vec<LineUnits>,
    /// Of those, units that counted as cancelled before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uncancelled: Vec<LineUnits>,
}

/// A status that a carrier reported, and the time of it.
type CarrierReport = (TrackingStatus, Timestamp);

/// A package and its tracking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "documented where the name does not say it")]
pub struct TrackedPackage {
    #[serde(rename = "package")]
    pub shipped: Package,
    /// For each of its lines, the number of units that the value is for: units that were sold and that no earlier package was
    /// charged with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charged: Vec<Units>,
    /// The carriers and tracking numbers of labels that were replaced: a report about the shipment may repeat them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_labels: Vec<(Reference, Reference)>,
    /// When the label was replaced. Absent: it was not.
    pub labelled_at: Option<Timestamp>,
    /// The time of the carrier's latest report of each status. Reports that are ahead of time are not among them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reports: BTreeMap<TrackingStatus, Timestamp>,
    /// The carrier's latest report that was ahead of time, and when it was received. Absent: there is none, or a true one has
    /// followed.
    pub report_ahead_of_time: Option<CarrierReport>,
    pub delivered_at: Option<Timestamp>,
    /// Whether the carrier has not reported for too long.
    pub is_stuck: bool,
    /// Whether its contents were sent again: it counts neither as shipped nor as delivered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_resent: bool,
}

impl Shipment {
    /// The contents of its packages.
    pub(super) fn lines(&self) -> Vec<LineUnits> {
        self.packages.iter().flat_map(|package| &package.shipped.lines).cloned().collect()
    }

    /// When one of its packages will count as stuck, unless the carrier reports before.
    pub(super) fn stuck_at(&self, package: &TrackedPackage) -> Option<Timestamp> {
        let is_awaited = package.is_under_way() && !package.is_stuck;
        let labelled_at = package.labelled_at.map_or(self.shipped_at, |at| at.max(self.shipped_at));
        let reported_at = package.reported_at().map_or(labelled_at, |at| at.max(labelled_at));
        self.stuck_after.filter(|_| is_awaited).map(|period| period.after(reported_at))
    }
}

/// The place of a report among others: by its time, and by status at the same time.
fn place(&(status, at): &CarrierReport) -> (Timestamp, TrackingStatus) {
    (at, status)
}

impl TrackedPackage {
    /// Its lines, each with the number of units that the value is for.
    pub(super) fn charged_lines(&self) -> impl Iterator<Item = (&LineUnits, Units)> {
        self.shipped.lines.iter().zip(self.charged.iter().copied())
    }

    /// Whether it has, or has had, a label.
    pub(super) fn had_label(&self, carrier: &Reference, tracking_number: &Reference) -> bool {
        let key = package_key(carrier, tracking_number);
        self.shipped.is_named(carrier, tracking_number)
            || self.former_labels.iter().any(|(carrier, number)| package_key(carrier, number) == key)
    }

    /// Whether it was neither delivered nor lost, refused or sent back, and its contents were not sent again.
    pub fn is_under_way(&self) -> bool {
        !self.is_resent && self.delivered_at.is_none() && !self.has_failed()
    }

    /// The carrier's report that counts, and the time of it: one that was ahead of time, until a true one follows; a failure that no
    /// later report supersedes; otherwise the latest one. It does not depend on the order in which true reports are received.
    pub fn tracked(&self) -> Option<CarrierReport> {
        let in_force = |&(failure, at): &CarrierReport| {
            let is_over = |(later, time)| time > at && TrackingStatus::supersedes(later, failure);
            failure.is_failure() && !self.counting_reports().any(is_over)
        };
        self.report_ahead_of_time
            .or_else(|| self.counting_reports().filter(in_force).max_by_key(place))
            .or_else(|| self.counting_reports().max_by_key(place))
    }

    /// Whether the carrier's report that counts is a failure.
    pub(super) fn has_failed(&self) -> bool {
        self.tracked().is_some_and(|(status, _)| status.is_failure())
    }

    /// Reports with a counterpart here.
    fn counting_reports(&self) -> impl Iterator<Item = CarrierReport> {
        self.true_reports().filter(|(status, _)| *status != TrackingStatus::Unknown)
    }

    /// Reports that were not ahead of time.
    fn true_reports(&self) -> impl Iterator<Item = CarrierReport> {
        self.reports.iter().map(|(status, at)| (*status, *at))
    }

    /// The latest report of each status, oldest first, the one ahead of time included.
    pub fn latest_reports(&self) -> Vec<CarrierReport> {
        let mut reports: Vec<_> = self.true_reports().chain(self.report_ahead_of_time).collect();
        reports.sort_by_key(place);
        reports
    }

    /// When the carrier has last reported.
    fn reported_at(&self) -> Option<Timestamp> {
        self.counting_reports().chain(self.report_ahead_of_time).map(|(_, at)| at).max()
    }
}
