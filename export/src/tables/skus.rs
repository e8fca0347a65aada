//! `skus`: one row per SKU, over all locations.

use holdfast_views::AvailabilityView;
use std::sync::Arc;

use super::Kind;
use crate::column::Table;
use crate::column::Value::{Boolean, Number, Text};

type Row = Arc<AvailabilityView>;

pub const SKUS: Kind<AvailabilityView, Row> = Kind {
    table: Table {
        name: "skus",
        columns: &[
            ("sku", Text(|item: &Row| Some(item.sku.to_string()))),
            ("available", Number(|item| Some(item.available.number()))),
            ("backordered", Number(|item| Some(item.backordered.number()))),
            ("stale", Boolean(|item| Some(item.stale))),
        ],
    },
    rows: |item| vec![Arc::clone(item)],
};
