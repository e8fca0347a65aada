//! Metrics of order processing.

use async_graphql::{ComplexObject, SimpleObject};

use super::scalars::{DateTime, Long};
use crate::graphql::connection::{Connection, Window, slice};
use crate::graphql::error::Problem;
use crate::order_metrics;
use crate::queries::MetricsResult;

/// Order metrics, period by period.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct OrderMetrics {
    #[graphql(skip)]
    measured: MetricsResult,
    /// The metrics include everything up to this position of the journal.
    position: Long,
    /// True if events of some orders could not be applied, so that their share is missing.
    stale: bool,
}

#[ComplexObject]
impl OrderMetrics {
    /// The periods, oldest first; 200 per page unless `first` or `last` says less. Periods in which nothing happened are
    /// left out.
    async fn periods(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<PeriodMetrics>, Problem> {
        let window = Window { first, after, last, before };
        slice(&self.measured.metrics, window, |metrics| order_metrics::OrderMetrics::from(metrics).into())
    }
}

impl From<MetricsResult> for OrderMetrics {
    fn from(measured: MetricsResult) -> Self {
        Self { position: measured.position.into(), stale: measured.stale, measured }
    }
}

/// Order metrics of one period and, if grouped, of one channel or location. Units are in the SKUs' smallest units.
#[derive(Debug, SimpleObject)]
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

impl From<order_metrics::OrderMetrics> for PeriodMetrics {
    fn from(view: order_metrics::OrderMetrics) -> Self {
        Self {
            begins_at: DateTime(view.begins_at),
            group: view.of,
            orders_created: view.orders_created.into(),
            units_ordered: view.units_ordered.into(),
            reservation_attempts: view.reservation_attempts.into(),
            reservation_success_rate: view.reservation_success_rate,
            units_reserved: view.units_reserved.into(),
            orders_backordered: view.orders_backordered.into(),
            backorder_rate: view.backorder_rate,
            picks_shorted: view.picks_shorted.into(),
            shipments_created: view.shipments_created.into(),
            units_shipped: view.units_shipped.into(),
            deliveries: view.deliveries.into(),
            units_cancelled: view.units_cancelled.into(),
            units_returned: view.units_returned.into(),
            created_to_shipped: view.created_to_shipped.into(),
            pick_to_pack: view.pick_to_pack.into(),
            pack_to_ship: view.pack_to_ship.into(),
        }
    }
}

/// The distribution of a cycle time.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct CycleTime {
    /// The number of measurements.
    times: Long,
    /// The mean, in seconds.
    mean_seconds: Option<f64>,
    /// The median in seconds, rounded up to a power of two.
    p50_seconds: Option<Long>,
    /// The 90th percentile in seconds, rounded up to a power of two.
    p90_seconds: Option<Long>,
    /// The 99th percentile in seconds, rounded up to a power of two.
    p99_seconds: Option<Long>,
}

impl From<order_metrics::CycleTime> for CycleTime {
    fn from(cycle: order_metrics::CycleTime) -> Self {
        Self {
            times: cycle.times.into(),
            mean_seconds: cycle.mean_seconds,
            p50_seconds: cycle.p50_seconds.map(Long),
            p90_seconds: cycle.p90_seconds.map(Long),
            p99_seconds: cycle.p99_seconds.map(Long),
        }
    }
}
