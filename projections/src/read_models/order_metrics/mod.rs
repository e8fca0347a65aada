//! `metrics`: what came in, what left, and how long it took, per minute and hour, channel and location.

pub(crate) mod cells;
mod measure;
mod query;

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::OrderId;

use crate::error::ViewError;
use crate::runtime::projection::{Projection, RecordedEvent};
use crate::store::{ColumnKind, Presence, Scope, Table, Upsert, ViewConnection};

use self::measure::{Addition, Facts};

pub use self::cells::{MetricCell, MetricCursor};
pub use self::measure::Measure;
pub use self::query::{GroupBy, MeasureTotals, Metrics, MetricsFilter, Period, PeriodMetrics};

/// What is known of an order, and what its events have added since it was read.
#[derive(Debug, Clone, Default)]
pub struct MetricsRow {
    facts: Facts,
    /// Added when it is written, and not kept in the row.
    additions: Vec<Addition>,
}

/// The fold.
#[derive(Debug)]
pub struct MetricsProjection;

const TABLES: &[Table] = &[
    Table {
        name: "metric",
        key: &[
            ("period", ColumnKind::Text),
            ("begins_at", ColumnKind::Integer),
            ("channel", ColumnKind::Text),
            ("location", ColumnKind::Text),
            ("measure", ColumnKind::Text),
            ("within", ColumnKind::Integer),
        ],
        values: &[("times", ColumnKind::Integer), ("amount", ColumnKind::Integer)],
    },
    Table {
        name: "metric_order",
        key: &[("order_id", ColumnKind::Text)],
        values: &[("facts", ColumnKind::Bytes)],
    },
];

fn unreadable(error: impl ToString) -> ViewError {
    ViewError::row(MetricsProjection::NAME, error)
}

#[async_trait]
impl Projection for MetricsProjection {
    const NAME: &'static str = "metrics";
    const VERSION: i64 = 1;
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
        if let DomainEvent::Order(happened) = &event.event {
            let mut added = row.facts.learn(happened, event.recorded_at);
            row.additions.append(&mut added);
        }
        row
    }

    async fn load(
        connection: &mut ViewConnection,
        scope: Scope<'_>,
        keys: &[OrderId],
    ) -> Result<HashMap<OrderId, MetricsRow>, ViewError> {
        const FACTS: &str = "SELECT order_id, facts FROM metric_order";
        let ids: Vec<String> = keys.iter().map(OrderId::to_string).collect();
        let found = connection.find(FACTS, scope, "order_id", &ids).await?;
        let row = |row: &crate::store::Row| {
            let facts = serde_json::from_slice(row.bytes(1)?).map_err(unreadable)?;
            Ok((row.text(0)?.parse().map_err(unreadable)?, MetricsRow { facts, additions: Vec::new() }))
        };
        found.iter().map(row).collect()
    }

    async fn save(
        connection: &mut ViewConnection,
        scope: Scope<'_>,
        rows: &[(OrderId, MetricsRow)],
        presence: Presence,
    ) -> Result<(), ViewError> {
        let mut facts = Vec::with_capacity(rows.len());
        for (_, row) in rows {
            facts.push(serde_json::to_vec(&row.facts).map_err(unreadable)?);
        }
        let mut facts = facts.into_iter();
        Upsert::into("metric_order", scope, rows, presence)
            .key("order_id", |(id, _)| id.to_string())
            .changing("facts", |_| facts.next().unwrap_or_default())
            .run(connection)
            .await?;
        let added: Vec<(Cell, Sum)> =
            summed(rows.iter().flat_map(|(_, row)| &row.additions)).into_iter().collect();
        // Others have added to the same cells: what is written is only what these rows add.
        Upsert::into("metric", scope, &added, Presence::There)
            .key("period", |(cell, _)| cell.period.name())
            .key("begins_at", |(cell, _)| cell.begins_at)
            .key("channel", |(cell, _)| cell.channel.as_str())
            .key("location", |(cell, _)| cell.location.as_str())
            .key("measure", |(cell, _)| cell.measure.name())
            .key("within", |(cell, _)| cell.within)
            .adding("times", |(_, sum)| sum.times)
            .adding("amount", |(_, sum)| sum.amount)
            .run(connection)
            .await
    }

    /// What is missing of a parked order is missing in sums: who asks for them is told by the progress.
    async fn mark_stale(_: &mut ViewConnection, _: Scope<'_>, _: &[&str]) -> Result<(), ViewError> {
        Ok(())
    }
}

/// What is summed: one measure in one period, of one channel and location. `location` is empty where there is none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    period: Period,
    begins_at: i64,
    channel: String,
    location: String,
    measure: Measure,
    /// Of times: within how many seconds it was, a power of two. Else 0.
    within: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    times: u64,
    amount: u64,
}

fn summed<'a>(additions: impl Iterator<Item = &'a Addition>) -> BTreeMap<Cell, Sum> {
    let mut sums: BTreeMap<Cell, Sum> = BTreeMap::new();
    for addition in additions {
        for period in Period::ALL {
            let cell = Cell {
                period,
                begins_at: period.begins_at(addition.at),
                channel: addition.channel.clone(),
                location: addition.location.as_ref().map_or_else(String::new, ToString::to_string),
                measure: addition.measure,
                within: if addition.measure.is_a_time() {
                    addition.amount.max(1).next_power_of_two()
                } else {
                    0
                },
            };
            let sum = sums.entry(cell).or_default();
            sum.times += 1;
            sum.amount = sum.amount.saturating_add(addition.amount);
        }
    }
    sums
}
