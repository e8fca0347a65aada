//! `supplies`: one row per expected supply.

use holdfast_views::{AvailabilityView, SupplyView};
use std::sync::Arc;

use super::Kind;
use crate::column::Table;
use crate::column::Value::{Boolean, Number, Text, Time};

pub struct Supply {
    item: Arc<AvailabilityView>,
    supply: SupplyView,
}

pub const SUPPLIES: Kind<AvailabilityView, Supply> = Kind {
    table: Table {
        name: "supplies",
        columns: &[
            ("sku", Text(|row: &Supply| Some(row.item.sku.to_string()))),
            ("supply_id", Text(|row| Some(row.supply.supply_id.to_string()))),
            ("location", Text(|row| Some(row.supply.location.to_string()))),
            ("quantity", Number(|row| Some(row.supply.quantity.number()))),
            ("due_at", Time(|row| Some(row.supply.due_at))),
            ("stale", Boolean(|row| Some(row.item.stale))),
        ],
    },
    rows: |item| {
        let supply = |supply: &SupplyView| Supply { item: Arc::clone(item), supply: supply.clone() };
        item.supplies.iter().map(supply).collect()
    },
};
