//! `availability`: one row per SKU and location.

use holdfast_views::{AvailabilityView, LocationAvailability};
use std::sync::Arc;

use super::Kind;
use crate::column::Table;
use crate::column::Value::{Boolean, Number, Text};

pub struct StockLevelRow {
    item: Arc<AvailabilityView>,
    level: LocationAvailability,
}

pub const AVAILABILITY: Kind<AvailabilityView, StockLevelRow> = Kind {
    table: Table {
        name: "availability",
        columns: &[
            ("sku", Text(|row: &StockLevelRow| Some(row.item.sku.to_string()))),
            ("location", Text(|row| Some(row.level.location.to_string()))),
            ("paused", Boolean(|row| Some(row.level.paused))),
            ("on_hand", Number(|row| Some(row.level.on_hand.number()))),
            ("reserved", Number(|row| Some(row.level.reserved.number()))),
            ("earmarked", Number(|row| Some(row.level.earmarked.number()))),
            ("safety_stock", Number(|row| Some(row.level.safety_stock.number()))),
            ("available", Number(|row| Some(row.level.available.number()))),
            ("incoming", Number(|row| Some(row.level.incoming.number()))),
            ("quarantine", Number(|row| Some(row.level.quarantine.number()))),
            ("damaged", Number(|row| Some(row.level.damaged.number()))),
            ("stale", Boolean(|row| Some(row.item.stale))),
        ],
    },
    rows: |item| {
        let row =
            |level: &LocationAvailability| StockLevelRow { item: Arc::clone(item), level: level.clone() };
        item.locations.iter().map(row).collect()
    },
};
