//! `availability`: a row for each SKU at each location.

use std::sync::Arc;

use holdfast_domain::stock::{AvailabilityView, LocationAvailability};

use super::Kind;
use crate::column::{Column, Table};

/// What there is of a SKU at a location.
pub struct There {
    item: Arc<AvailabilityView>,
    there: LocationAvailability,
}

pub const AVAILABILITY: Kind<AvailabilityView, There> = Kind {
    table: Table {
        name: "availability",
        columns: &[
            Column::text("sku", |row: &There| Some(row.item.sku.to_string())),
            Column::text("location", |row| Some(row.there.location.to_string())),
            Column::boolean("paused", |row| Some(row.there.paused)),
            Column::number("on_hand", |row| Some(row.there.on_hand.number())),
            Column::number("reserved", |row| Some(row.there.reserved.number())),
            Column::number("earmarked", |row| Some(row.there.earmarked.number())),
            Column::number("safety_stock", |row| Some(row.there.safety_stock.number())),
            Column::number("available", |row| Some(row.there.available.number())),
            Column::number("incoming", |row| Some(row.there.incoming.number())),
            Column::number("quarantine", |row| Some(row.there.quarantine.number())),
            Column::number("damaged", |row| Some(row.there.damaged.number())),
            Column::boolean("stale", |row| Some(row.item.stale)),
        ],
    },
    rows: |item| {
        let there = |there: &LocationAvailability| There { item: Arc::clone(item), there: there.clone() };
        item.locations.iter().map(there).collect()
    },
};
