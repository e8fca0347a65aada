//! What was measured of orders on their way.

use async_graphql::SimpleObject;

use super::scalars::{DateTime, Long};
use crate::figures;
use crate::reading::Measured;

/// Figures, period by period; those in which nothing happened are left out.
#[derive(Debug, SimpleObject)]
pub(super) struct Metrics {
    /// The figures.
    figures: Vec<Figures>,
    /// They include everything up to this position of the journal.
    position: Long,
    /// Whether something is missing: events of some orders could not be folded.
    stale: bool,
}

impl From<Measured> for Metrics {
    fn from(measured: Measured) -> Self {
        let figures = measured.figures.iter().map(|figures| figures::FiguresView::from(figures).into());
        Self { figures: figures.collect(), position: measured.position.into(), stale: measured.stale }
    }
}

/// What was measured in one period.
#[derive(Debug, SimpleObject)]
pub(super) struct Figures {
    /// When the period began, in UTC.
    begins_at: DateTime,
    /// The channel or location that the figures are parted by.
    of: Option<String>,
    /// Orders taken.
    orders_created: Long,
    /// Their units.
    units_ordered: Long,
    /// Times it was tried to find units for an order. One that was refused left no trace, and is not among them.
    reservation_attempts: Long,
    /// The share of those in which all units were found, 0 to 1.
    reservation_success_rate: Option<f64>,
    /// Units reserved.
    units_reserved: Long,
    /// Orders of which units began to wait for supply, each once.
    orders_backordered: Long,
    /// Those for each order that was taken in the period.
    backorder_rate: Option<f64>,
    /// Times goods were not where they should have been.
    picks_shorted: Long,
    /// Shipments that left.
    shipments_created: Long,
    /// Their units.
    units_shipped: Long,
    /// Deliveries that were confirmed.
    deliveries: Long,
    /// Units cancelled.
    units_cancelled: Long,
    /// Units that came back.
    units_returned: Long,
    /// From an order's creation until a shipment of it left.
    created_to_shipped: CycleTime,
    /// From the first unit of a fulfillment order picked to the first one packed.
    pick_to_pack: CycleTime,
    /// From the first unit of a fulfillment order packed until a shipment of it left.
    pack_to_ship: CycleTime,
}

impl From<figures::FiguresView> for Figures {
    fn from(view: figures::FiguresView) -> Self {
        Self {
            begins_at: DateTime(view.begins_at),
            of: view.of,
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

/// How long something took.
#[derive(Debug, SimpleObject)]
pub(super) struct CycleTime {
    /// How often it was measured.
    times: Long,
    /// Seconds on average.
    mean_seconds: Option<f64>,
    /// Half of them took at most so many seconds: the next power of two.
    p50_seconds: Option<Long>,
    /// Nine in ten took at most so many seconds: the next power of two.
    p90_seconds: Option<Long>,
    /// Ninety-nine in a hundred took at most so many seconds: the next power of two.
    p99_seconds: Option<Long>,
}

impl From<figures::CycleTime> for CycleTime {
    fn from(cycle: figures::CycleTime) -> Self {
        Self {
            times: cycle.times.into(),
            mean_seconds: cycle.mean_seconds,
            p50_seconds: cycle.p50_seconds.map(Long),
            p90_seconds: cycle.p90_seconds.map(Long),
            p99_seconds: cycle.p99_seconds.map(Long),
        }
    }
}
