//! `metrics`: a row for each measure of an hour, a channel and a location.

use std::sync::Arc;

use holdfast_projections::MetricCell;

use super::Kind;
use crate::column::{Column, Table};

type Row = Arc<MetricCell>;

pub const METRICS: Kind<MetricCell, Row> = Kind {
    table: Table {
        name: "metrics",
        columns: &[
            Column::time("begins_at", |cell: &Row| Some(cell.begins_at)),
            Column::text("channel", |cell| Some(cell.channel.clone())),
            Column::text("location", |cell| cell.location.clone()),
            Column::text("measure", |cell| Some(cell.measure.name().to_owned())),
            Column::number("within_seconds", |cell| cell.within_seconds),
            Column::number("times", |cell| Some(cell.occurrences)),
            Column::number("amount", |cell| Some(cell.total)),
        ],
    },
    rows: |cell| vec![Arc::clone(cell)],
};
