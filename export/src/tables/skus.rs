//! `skus`: a row for each SKU, over all locations.

use std::sync::Arc;

use holdfast_domain::stock::AvailabilityView;

use super::Kind;
use crate::column::{Column, Table};

type Row = Arc<AvailabilityView>;

pub const SKUS: Kind<AvailabilityView, Row> = Kind {
    table: Table {
        name: "skus",
        columns: &[
            Column::text("sku", |item: &Row| Some(item.sku.to_string())),
            Column::number("available", |item| Some(item.available.number())),
            Column::number("backordered", |item| Some(item.backordered.number())),
            Column::boolean("stale", |item| Some(item.stale)),
        ],
    },
    rows: |item| vec![Arc::clone(item)],
};
