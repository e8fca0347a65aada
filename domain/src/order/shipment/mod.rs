//! Packages that left a location together.

pub(super) mod carrier_status;
pub(super) mod delivery;
pub(super) mod packages;
pub(super) mod ship;
pub(super) mod tracking;

use serde::{Deserialize, Serialize};

use super::choices::TrackingStatus;
use super::contents::Package;
use crate::values::{FulfillmentOrderId, Period, ShipmentId, Timestamp};

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
}

/// A package and its tracking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "documented where the name does not say it")]
pub struct TrackedPackage {
    #[serde(rename = "package")]
    pub shipped: Package,
    /// The carrier's latest report, and the time of it.
    pub tracked: Option<(TrackingStatus, Timestamp)>,
    pub delivered_at: Option<Timestamp>,
    /// Whether the carrier has not reported for too long.
    pub is_stuck: bool,
}

impl Shipment {
    /// When one of its packages will count as stuck, unless the carrier reports before.
    pub(super) fn stuck_at(&self, package: &TrackedPackage) -> Option<Timestamp> {
        let is_awaited = package.is_under_way() && !package.is_stuck;
        let reported_at = package.tracked.map_or(self.shipped_at, |(_, at)| at.max(self.shipped_at));
        self.stuck_after.filter(|_| is_awaited).map(|period| period.after(reported_at))
    }
}

impl TrackedPackage {
    /// Whether it was neither delivered nor lost, refused or sent back.
    pub fn is_under_way(&self) -> bool {
        self.delivered_at.is_none() && !self.tracked.is_some_and(|(status, _)| status.is_failure())
    }
}
