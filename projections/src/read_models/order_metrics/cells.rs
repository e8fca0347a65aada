//! Reading the cells of metrics from first to last, for exports.

use holdfast_domain::values::Timestamp;

use super::measure::Measure;
use super::period::Period;
use crate::error::Result;
use crate::store::{Row, Tables};

/// One measure in one hour, channel and location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricCell {
    /// When the hour begins, in UTC.
    pub begins_at: Timestamp,
    /// The sales channel of the orders.
    pub channel: String,
    /// The location. `None` for occurrences that belong to no location.
    pub location: Option<String>,
    /// The measure.
    pub measure: Measure,
    /// For durations: the power of two, in seconds, that bounds them from above. The next smaller power does not.
    /// `None` for other measures.
    pub within_seconds: Option<u64>,
    /// The number of occurrences.
    pub occurrences: u64,
    /// The sum of units or seconds.
    pub total: u64,
}

impl MetricCell {
    fn new(row: &Row) -> Result<Self> {
        let measure = Measure::from_name(row.text(3)?)?;
        let within_seconds = row.unsigned(4)?;
        Ok(Self {
            begins_at: Timestamp::from_microseconds(row.integer(0)?),
            channel: row.text(1)?.to_owned(),
            location: Some(row.text(2)?.to_owned()).filter(|location| !location.is_empty()),
            measure,
            within_seconds: measure.is_duration().then_some(within_seconds),
            occurrences: row.unsigned(5)?,
            total: row.unsigned(6)?,
        })
    }
}

/// Where a list of cells starts.
#[derive(Debug, Clone)]
pub enum MetricCursor {
    /// At the first hour that begins at or after a time.
    From(Timestamp),
    /// After a cell.
    After(MetricCell),
}

/// Reads up to `limit` cells of hours, sorted by time.
pub(crate) async fn list(
    tables: &mut Tables<'_>,
    cursor: &MetricCursor,
    limit: usize,
) -> Result<Vec<MetricCell>> {
    let mut query = tables.statement(
        "SELECT begins_at, channel, location, measure, within_seconds, occurrences, total FROM metric
         WHERE merchant = $1 AND generation = $2 AND period = $3 AND ",
    );
    query = query.bind(Period::Hour.name());
    match cursor {
        MetricCursor::From(time) => {
            query.push("begins_at >= ").push_bind(time.microseconds());
        }
        MetricCursor::After(last) => {
            query.push("(begins_at, channel, location, measure, within_seconds) > (");
            query.push_bind(last.begins_at.microseconds()).push(", ").push_bind(last.channel.as_str());
            query.push(", ").push_bind(last.location.as_deref().unwrap_or(""));
            query.push(", ").push_bind(last.measure.name());
            query.push(", ").push_bind(last.within_seconds.unwrap_or(0)).push(")");
        }
    }
    query.push(" ORDER BY begins_at, channel, location, measure, within_seconds LIMIT ");
    query.push_bind(limit as u64);
    tables.fetch(query).await?.iter().map(MetricCell::new).collect()
}

/// Counts the cells of hours.
pub(crate) async fn count(tables: &mut Tables<'_>) -> Result<u64> {
    let count = tables
        .statement("SELECT count(*) FROM metric WHERE merchant = $1 AND generation = $2 AND period = $3");
    tables.count(count.bind(Period::Hour.name())).await
}
