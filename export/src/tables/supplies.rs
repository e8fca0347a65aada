//! `supplies`: a row for each supply that is expected.

use std::sync::Arc;

use holdfast_domain::stock::{AvailabilityView, SupplyView};

use super::Kind;
use crate::column::{Column, Table};

/// A supply of a SKU.
pub struct Supply {
    item: Arc<AvailabilityView>,
    supply: SupplyView,
}

pub const SUPPLIES: Kind<AvailabilityView, Supply> = Kind {
    table: Table {
        name: "supplies",
        columns: &[
            Column::text("sku", |row: &Supply| Some(row.item.sku.to_string())),
            Column::text("supply_id", |row| Some(row.supply.supply_id.to_string())),
            Column::text("location", |row| Some(row.supply.location.to_string())),
            Column::number("quantity", |row| Some(row.supply.quantity.number())),
            Column::time("due_at", |row| Some(row.supply.due_at)),
            Column::boolean("stale", |row| Some(row.item.stale)),
        ],
    },
    rows: |item| {
        let supply = |supply: &SupplyView| Supply { item: Arc::clone(item), supply: supply.clone() };
        item.supplies.iter().map(supply).collect()
    },
};
