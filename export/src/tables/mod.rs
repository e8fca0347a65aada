//! The tables, one file each.

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

use holdfast_domain::order::OrderView;
use holdfast_domain::stock::AvailabilityView;
use holdfast_domain::values::Timestamp;
use holdfast_projections::{MetricCell, OrderRow};

use super::column::Table;

pub use events::{EVENTS, Told};

/// An order as it is exported: as it is told, and what the list of orders knows beside.
pub struct Ordered {
    pub view: OrderView,
    /// The position of its first event.
    pub first_position: u64,
    /// When it was last changed.
    pub changed_at: Timestamp,
}

impl Ordered {
    /// An order; nothing for a row of one that does not exist.
    pub fn of(row: &OrderRow) -> Option<Self> {
        let changed_at = Timestamp::from_microseconds(row.changed_at);
        Some(Self { view: row.view()?, first_position: row.first_position, changed_at })
    }

    /// Whether something that happened to it could not be folded.
    fn is_stale(&self) -> bool {
        self.view.stale.unwrap_or(false)
    }
}

/// A table of a read model, and the rows of it that a thing makes.
pub struct Kind<S: 'static, T: 'static> {
    pub table: Table<T>,
    pub rows: fn(&Arc<S>) -> Vec<T>,
}

pub const ORDERS: Kind<Ordered, Arc<Ordered>> = orders::ORDERS;
pub const ORDER_LINES: Kind<Ordered, order_lines::Line> = order_lines::ORDER_LINES;
pub const FULFILLMENT_ORDERS: Kind<Ordered, fulfillment_orders::Part> =
    fulfillment_orders::FULFILLMENT_ORDERS;
pub const PACKAGES: Kind<Ordered, packages::Parcel> = packages::PACKAGES;
pub const AVAILABILITY: Kind<AvailabilityView, availability::There> = availability::AVAILABILITY;
pub const SKUS: Kind<AvailabilityView, Arc<AvailabilityView>> = skus::SKUS;
pub const SUPPLIES: Kind<AvailabilityView, supplies::Supply> = supplies::SUPPLIES;
pub const METRICS: Kind<MetricCell, Arc<MetricCell>> = metrics::METRICS;
