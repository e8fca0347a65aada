//! Shipments and their packages.

use async_graphql::{ID, SimpleObject};
use serde::Deserialize;

use super::enums::TrackingStatus;
use super::scalars::{DateTime, Long};
use crate::graphql::connection::Items;

/// Packages that left a location together.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct Shipment {
    /// Global id: opaque, unique over all types and merchants.
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    /// The shipment's id, as in REST.
    pub(super) shipment_id: ID,
    /// When it left.
    shipped_at: DateTime,
    /// The packages, at most 100.
    pub(in crate::graphql) packages: Items<Package>,
}

/// A package in a carrier's hands.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct Package {
    /// Global id: opaque, unique over all types and merchants.
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    /// The package's id within the shipment.
    pub(super) package_id: ID,
    /// The carrier.
    carrier: String,
    /// The carrier's tracking number.
    tracking_number: String,
    /// The carrier's service.
    service: Option<String>,
    /// The contents; at most 500 lines.
    lines: Vec<LineUnits>,
    /// The carrier's latest status.
    status: Option<TrackingStatus>,
    /// The time that the latest status is of.
    status_at: Option<DateTime>,
    /// When the package was delivered.
    delivered_at: Option<DateTime>,
    /// Whether the carrier has reported nothing for longer than the merchant's `stuckAfter`.
    stuck: bool,
}

/// Units of an order line in a package.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct LineUnits {
    /// The number of the order line.
    line: u32,
    /// The number of units.
    quantity: Long,
    /// The lots, if known.
    lots: Option<Vec<String>>,
    /// The serial numbers, if known.
    serials: Option<Vec<String>>,
    /// What the units were sold for, in the order's currency, if known.
    value: Option<String>,
}
