//! `metrics`: a row for each measure of an hour, a channel and a location.

use std::sync::Arc;

use holdfast_projections::MetricCell;

use super::Kind;
use crate::column::Table;
use crate::column::Value::{Number, Text, Time};

type Row = Arc<MetricCell>;

pub const METRICS: Kind<MetricCell, Row> = Kind {
    table: Table {
        name: "metrics",
        columns: &[
            ("begins_at", Time(|cell: &Row| Some(cell.begins_at))),
            ("channel", Text(|cell| Some(cell.channel.clone()))),
            ("location", Text(|cell| cell.location.clone())),
            ("measure", Text(|cell| Some(cell.measure.name().to_owned()))),
            ("within_seconds", Number(|cell| cell.within_seconds)),
            ("times", Number(|cell| Some(cell.occurrences))),
            ("amount", Number(|cell| Some(cell.total))),
        ],
    },
    rows: |cell| vec![Arc::clone(cell)],
};
