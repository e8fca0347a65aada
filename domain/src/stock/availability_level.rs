//! How available a SKU is over all its locations: in stock, low or out.
//!
//! Changes of the level are recorded for SKUs with a threshold, once per command that changed their stock: units that are
//! released and reserved again in one command change nothing. The level that was recorded last is part of the state, so that
//! each crossing of a threshold has one event.

use super::StockItem;
use super::events::{AvailabilityLevel, BackInStock, StockEvent, StockLow, StockOut};
use super::level::StockLevel;
use crate::values::{Timestamp, Units};

impl StockItem {
    /// Units that can still be promised, at all locations.
    fn available(&self) -> Units {
        self.levels.values().map(StockLevel::available).sum()
    }

    /// How available the SKU is.
    pub fn availability_level(&self) -> AvailabilityLevel {
        let available = self.available();
        if available.is_zero() {
            AvailabilityLevel::Out
        } else if self.low_stock_at.is_some_and(|threshold| available <= threshold) {
            AvailabilityLevel::Low
        } else {
            AvailabilityLevel::InStock
        }
    }
}

/// No events for a SKU without a threshold, or if the level is the one that was recorded last.
pub(super) fn record(item: &StockItem, at: Timestamp) -> Vec<StockEvent> {
    let (Some(sku), Some(low_stock_at)) = (&item.sku, item.low_stock_at) else { return Vec::new() };
    let (available, level) = (item.available(), item.availability_level());
    if level == item.recorded_level {
        return Vec::new();
    }
    let sku = sku.clone();
    let event = match level {
        _ if level > item.recorded_level => BackInStock { sku, available, level, at }.into(),
        AvailabilityLevel::Out => StockOut { sku, at }.into(),
        _ => StockLow { sku, available, low_stock_at, at }.into(),
    };
    vec![event]
}
