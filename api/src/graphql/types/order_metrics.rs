//! Metrics of order processing.

use async_graphql::SimpleObject;
use serde::Deserialize;

use super::read;
use super::scalars::{DateTime, Long};
use crate::graphql::connection::Items;
use crate::graphql::error::Problem;
use crate::order_metrics;
use crate::queries::MetricsResult;

/// Order metrics by period.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct OrderMetrics {
    /// The metrics include all events up to this position of the journal.
    position: Long,
    /// True if an event could not be applied: the metrics of its order are incomplete.
    stale: bool,
    /// The periods, oldest first. The list omits periods without events.
    periods: Items<PeriodMetrics>,
}

impl OrderMetrics {
    pub(in crate::graphql) fn new(result: &MetricsResult) -> Result<Self, Problem> {
        let periods: Vec<_> = result.metrics.iter().map(order_metrics::OrderMetrics::from).collect();
        Ok(Self { position: result.position.into(), stale: result.stale, periods: read(&periods)? })
    }
}

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct PeriodMetrics {
    begins_at: DateTime,
    group: Option<String>,
    orders_created: Long,
    units_ordered: Long,
    reservation_attempts: Long,
    reservation_success_rate: Option<f64>,
    units_reserved: Long,
    orders_backordered: Long,
    backorder_rate: Option<f64>,
    picks_shorted: Long,
    shipments_created: Long,
    units_shipped: Long,
    deliveries: Long,
    units_cancelled: Long,
    units_returned: Long,
    created_to_shipped: CycleTime,
    pick_to_pack: CycleTime,
    pack_to_ship: CycleTime,
}

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct CycleTime {
    count: Long,
    mean_seconds: Option<f64>,
    p50_seconds: Option<Long>,
    p90_seconds: Option<Long>,
    p99_seconds: Option<Long>,
}
