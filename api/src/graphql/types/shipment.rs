//! Shipments and their packages.

use async_graphql::{ID, SimpleObject};
use holdfast_domain::order::TrackingStatus;
use serde::Deserialize;

use super::choice::Choice;
use super::scalars::{DateTime, Long};
use crate::graphql::connection::Items;

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct Shipment {
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    pub(super) shipment_id: ID,
    shipped_at: DateTime,
    pub(in crate::graphql) packages: Items<Package>,
}

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct Package {
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    pub(super) package_id: ID,
    carrier: String,
    tracking_number: String,
    service: Option<String>,
    lines: Vec<LineUnits>,
    status: Option<Choice<TrackingStatus>>,
    status_at: Option<DateTime>,
    reports: Vec<CarrierReport>,
    delivered_at: Option<DateTime>,
    stuck: bool,
    resent: bool,
}

#[derive(Debug, Clone, SimpleObject, Deserialize)]
pub(in crate::graphql) struct CarrierReport {
    status: Choice<TrackingStatus>,
    at: DateTime,
}

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct LineUnits {
    line: u32,
    quantity: Long,
    lots: Option<Vec<String>>,
    serials: Option<Vec<String>>,
    value: Option<String>,
}
