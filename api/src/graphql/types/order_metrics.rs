//! Metrics of order processing.

use async_graphql::SimpleObject;
use serde::Deserialize;

use super::read;
use super::scalars::{DateTime, Long};
use crate::graphql::connection::Items;
use crate::graphql::error::Problem;
use crate::order_metrics;
use crate::queries::MetricsResult;

/// Order metrics, period by period.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct OrderMetrics {
    /// The metrics include everything up to this position of the journal.
    position: Long,
    /// True if events of some orders could not be applied, so that their share is missing.
    stale: bool,
    /// The periods, oldest first. Periods without events are left out.
    periods: Items<PeriodMetrics>,
}

impl OrderMetrics {
    pub(in crate::graphql) fn new(result: &MetricsResult) -> Result<Self, Problem> {
        let periods: Vec<_> = result.metrics.iter().map(order_metrics::OrderMetrics::from).collect();
        Ok(Self { position: result.position.into(), stale: result.stale, periods: read(&periods)? })
    }
}

/// Order metrics of one period and, if grouped, of one channel or location. Units are in the SKUs' smallest units.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct PeriodMetrics {
    /// When the period began, in UTC.
    begins_at: DateTime,
    /// The channel or location, if the metrics are grouped by one.
    group: Option<String>,
    /// Orders created.
    orders_created: Long,
    /// Units of the orders created.
    units_ordered: Long,
    /// Attempts to reserve units for an order. Orders that were rejected are not counted.
    reservation_attempts: Long,
    /// The share of reservation attempts that reserved all units, 0 to 1.
    reservation_success_rate: Option<f64>,
    /// Units reserved.
    units_reserved: Long,
    /// Orders that became backordered, each counted once.
    orders_backordered: Long,
    /// Orders backordered per order created.
    backorder_rate: Option<f64>,
    /// Short picks.
    picks_shorted: Long,
    /// Shipments created.
    shipments_created: Long,
    /// Units of the shipments created.
    units_shipped: Long,
    /// Deliveries confirmed.
    deliveries: Long,
    /// Units cancelled.
    units_cancelled: Long,
    /// Units received back.
    units_returned: Long,
    /// From an order's creation to each of its shipments.
    created_to_shipped: CycleTime,
    /// From the first pick to the first pack of a fulfillment order.
    pick_to_pack: CycleTime,
    /// From the first pack of a fulfillment order to each of its shipments.
    pack_to_ship: CycleTime,
}

/// The distribution of a cycle time.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct CycleTime {
    /// The number of measurements.
    count: Long,
    /// The mean, in seconds.
    mean_seconds: Option<f64>,
    /// The median in seconds, rounded up to a power of two.
    p50_seconds: Option<Long>,
    /// The 90th percentile in seconds, rounded up to a power of two.
    p90_seconds: Option<Long>,
    /// The 99th percentile in seconds, rounded up to a power of two.
    p99_seconds: Option<Long>,
}
