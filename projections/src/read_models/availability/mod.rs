//! `availability`: the stock that can be promised, by SKU and location.

mod projection;
mod query;
mod row;
mod stock_snapshot;

pub use projection::AvailabilityProjection;
#[cfg(test)]
pub(crate) use projection::{AvailabilityKey, AvailabilityRow};
pub use query::{Availability, AvailabilityFilter, FillableSku};
pub(crate) use query::{list, sku_count};
pub use stock_snapshot::StockSnapshot;
