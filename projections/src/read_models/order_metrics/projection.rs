//! The fold of the read model. Events add to cells; a cell is never overwritten.

use std::collections::BTreeMap;

use async_trait::async_trait;
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::OrderId;

use super::facts::{Occurrence, OrderFacts};
use super::measure::{self, Measure, unreadable};
use super::period::Period;
use crate::error::Result;
use crate::runtime::projection::{Projection, RecordedEvent, RowsByKey};
use crate::store::ColumnKind::{Bytes, Integer, Text};
use crate::store::{Presence, Row, Table, Tables, Upsert};

/// What is known of an order, and what its events add.
#[derive(Debug, Clone, Default)]
pub struct MetricsRow {
    facts: OrderFacts,
    /// The occurrences since the row was loaded. They are added to cells when the row is saved.
    added: Vec<Occurrence>,
}

/// The projection `metrics`.
#[derive(Debug)]
pub struct MetricsProjection;

const TABLES: &[Table] = &[
    Table {
        name: "metric",
        key: &[
            ("period", Text),
            ("begins_at", Integer),
            ("channel", Text),
            ("location", Text),
            ("measure", Text),
            ("within_seconds", Integer),
        ],
        values: &[("occurrences", Integer), ("total", Integer)],
    },
    Table { name: "metric_order", key: &[("order_id", Text)], values: &[("facts", Bytes)] },
];

#[async_trait]
impl Projection for MetricsProjection {
    const NAME: &'static str = measure::NAME;
    const VERSION: i64 = 4;
    const TABLES: &'static [Table] = TABLES;

    type Key = OrderId;
    type Row = MetricsRow;

    fn concerns(stream: &StreamId) -> bool {
        matches!(stream, StreamId::Order(_))
    }

    fn key(event: &RecordedEvent) -> Option<OrderId> {
        if let StreamId::Order(id) = event.stream { Some(id) } else { None }
    }

    fn fold(row: Option<MetricsRow>, event: RecordedEvent) -> MetricsRow {
        let mut row = row.unwrap_or_default();
        if let DomainEvent::Order(order_event) = &event.event {
            let mut added = row.facts.apply(order_event, event.recorded_at);
            row.added.append(&mut added);
        }
        row
    }

    async fn load(tables: &mut Tables<'_>, keys: &[OrderId]) -> Result<RowsByKey<Self>> {
        const SELECT: &str = "SELECT order_id, facts FROM metric_order";
        let ids: Vec<String> = keys.iter().map(OrderId::to_string).collect();
        let rows = tables.find(SELECT, "order_id", &ids).await?;
        let row = |row: &Row| {
            let facts = serde_json::from_slice(row.bytes(1)?).map_err(unreadable)?;
            Ok((row.text(0)?.parse().map_err(unreadable)?, MetricsRow { facts, added: Vec::new() }))
        };
        rows.iter().map(row).collect()
    }

    async fn save(tables: &mut Tables<'_>, rows: &[(OrderId, MetricsRow)], presence: Presence) -> Result<()> {
        let mut facts = Vec::with_capacity(rows.len());
        for (_, row) in rows {
            facts.push(serde_json::to_vec(&row.facts).map_err(unreadable)?);
        }
        let mut facts = facts.into_iter();
        Upsert::into("metric_order", rows, presence)
            .key("order_id", |(id, _)| id.to_string())
            .updated("facts", |_| facts.next().unwrap_or_default())
            .run(tables)
            .await?;
        let cells: Vec<(Cell, Sum)> = sum(rows.iter().flat_map(|(_, row)| &row.added)).into_iter().collect();
        // Other orders have added to the same cells, so new orders change existing cells too.
        Upsert::into("metric", &cells, Presence::MayExist)
            .key("period", |(cell, _)| cell.period.name())
            .key("begins_at", |(cell, _)| cell.begins_at)
            .key("channel", |(cell, _)| cell.channel.as_str())
            .key("location", |(cell, _)| cell.location.as_str())
            .key("measure", |(cell, _)| cell.measure.name())
            .key("within_seconds", |(cell, _)| cell.within_seconds)
            .summed("occurrences", |(_, sum)| sum.occurrences)
            .summed("total", |(_, sum)| sum.total)
            .run(tables)
            .await
    }
}

/// The key of a cell: one measure in one period, channel and location.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    period: Period,
    begins_at: i64,
    channel: String,
    /// Empty for occurrences that belong to no location.
    location: String,
    measure: Measure,
    /// For durations, the smallest power of two that is not less than the duration in seconds. Otherwise 0.
    within_seconds: u64,
}

/// What is added to a cell. Negative if more is subtracted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    occurrences: i64,
    /// Units or seconds.
    total: i64,
}

/// Sums occurrences by cell.
fn sum<'a>(occurrences: impl Iterator<Item = &'a Occurrence>) -> BTreeMap<Cell, Sum> {
    let mut sums: BTreeMap<Cell, Sum> = BTreeMap::new();
    for occurrence in occurrences {
        let is_duration = occurrence.measure.is_duration();
        for period in Period::ALL {
            let cell = Cell {
                period,
                begins_at: period.begins_at(occurrence.time),
                channel: occurrence.channel.clone(),
                location: occurrence.location.as_ref().map_or_else(String::new, ToString::to_string),
                measure: occurrence.measure,
                within_seconds: if is_duration { occurrence.amount.max(1).next_power_of_two() } else { 0 },
            };
            let sum = sums.entry(cell).or_default();
            let sign = if occurrence.is_withdrawn { -1 } else { 1 };
            let amount = i64::try_from(occurrence.amount).unwrap_or(i64::MAX);
            sum.occurrences += sign;
            sum.total = sum.total.saturating_add(sign * amount);
        }
    }
    sums
}
