//! The tables, one per file.

mod availability;
mod events;
mod fulfillment_orders;
mod metrics;
mod order_lines;
mod orders;
mod packages;
mod skus;
mod supplies;

use std::sync::Arc;

use holdfast_domain::values::Timestamp;
use holdfast_projections::{MetricCell, OrderRow};
use holdfast_views::{AvailabilityView, OrderView};

use super::column::Table;

pub use events::{EVENTS, RecordedEvent};

/// An order with the fields of its row in the read model.
pub struct ExportedOrder {
    pub view: OrderView,
    pub first_position: u64,
    /// The time of its last change.
    pub changed_at: Timestamp,
}

impl ExportedOrder {
    /// `None` if the row is not one of an existing order.
    pub fn new(row: &OrderRow) -> Option<Self> {
        let changed_at = Timestamp::from_microseconds(row.changed_at);
        Some(Self { view: row.view()?, first_position: row.first_position, changed_at })
    }

    /// True if an event of the order could not be applied.
    fn is_stale(&self) -> bool {
        self.view.stale.unwrap_or(false)
    }
}

/// A table of a read model, and the function that makes its rows from an item, such as an order.
pub struct Kind<S: 'static, T: 'static> {
    pub table: Table<T>,
    pub rows: fn(&Arc<S>) -> Vec<T>,
}

pub const ORDERS: Kind<ExportedOrder, Arc<ExportedOrder>> = orders::ORDERS;
pub const ORDER_LINES: Kind<ExportedOrder, order_lines::Line> = order_lines::ORDER_LINES;
pub const FULFILLMENT_ORDERS: Kind<ExportedOrder, fulfillment_orders::Part> =
    fulfillment_orders::FULFILLMENT_ORDERS;
pub const PACKAGES: Kind<ExportedOrder, packages::PackageRow> = packages::PACKAGES;
pub const AVAILABILITY: Kind<AvailabilityView, availability::StockLevelRow> = availability::AVAILABILITY;
pub const SKUS: Kind<AvailabilityView, Arc<AvailabilityView>> = skus::SKUS;
pub const SUPPLIES: Kind<AvailabilityView, supplies::Supply> = supplies::SUPPLIES;
pub const METRICS: Kind<MetricCell, Arc<MetricCell>> = metrics::METRICS;
