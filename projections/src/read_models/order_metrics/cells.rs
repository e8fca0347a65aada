//! PeriodMetrics as they are kept, from end to end.

use holdfast_domain::values::Timestamp;

use super::Measure;
use super::query::{Period, measure_of};
use crate::error::ViewError;
use crate::store::{Row, Scope, Statement, ViewConnection};

/// What was measured in one hour of one channel, at one location or at none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricCell {
    /// When the hour began, in UTC.
    pub begins_at: Timestamp,
    /// The orders' channel.
    pub channel: String,
    /// Where; nothing where it is of no location.
    pub location: Option<String>,
    /// What was measured.
    pub measure: Measure,
    /// Of times: these were within so many seconds, and not within half of that.
    pub within_seconds: Option<u64>,
    /// How often.
    pub count: u64,
    /// Units or seconds of all of them.
    pub total: u64,
}

impl MetricCell {
    fn of(row: &Row) -> Result<Self, ViewError> {
        let measure = measure_of(row.text(3)?)?;
        let within = row.unsigned(4)?;
        Ok(Self {
            begins_at: Timestamp::from_microseconds(row.integer(0)?),
            channel: row.text(1)?.to_owned(),
            location: Some(row.text(2)?.to_owned()).filter(|location| !location.is_empty()),
            measure,
            within_seconds: measure.is_a_time().then_some(within),
            count: row.unsigned(5)?,
            total: row.unsigned(6)?,
        })
    }
}

/// Behind what cells are asked for.
#[derive(Debug, Clone)]
pub enum MetricCursor {
    /// All hours that begin before a moment.
    From(Timestamp),
    /// A cell.
    After(MetricCell),
}

/// Cells of hours behind one of them, in the order of time.
pub(crate) async fn following(
    snapshot: &mut ViewConnection,
    scope: Scope<'_>,
    after: &MetricCursor,
    most: usize,
) -> Result<Vec<MetricCell>, ViewError> {
    let mut query = Statement::new(
        "SELECT begins_at, channel, location, measure, within, times, amount FROM metric
         WHERE merchant = $1 AND generation = $2 AND period = $3 AND ",
    );
    query = query.bind(scope.merchant).bind(scope.generation).bind(Period::Hour.name());
    match after {
        MetricCursor::From(moment) => {
            query.push("begins_at >= ").push_bind(moment.microseconds());
        }
        MetricCursor::After(last) => {
            query.push("(begins_at, channel, location, measure, within) > (");
            query.push_bind(last.begins_at.microseconds()).push(", ").push_bind(last.channel.as_str());
            query.push(", ").push_bind(last.location.as_deref().unwrap_or(""));
            query.push(", ").push_bind(last.measure.name());
            query.push(", ").push_bind(last.within_seconds.unwrap_or(0)).push(")");
        }
    }
    query.push(" ORDER BY begins_at, channel, location, measure, within LIMIT ").push_bind(most as u64);
    snapshot.fetch(query).await?.iter().map(MetricCell::of).collect()
}

/// How many cells there are.
pub(crate) async fn count(connection: &mut ViewConnection, scope: Scope<'_>) -> Result<u64, ViewError> {
    let count =
        Statement::new("SELECT count(*) FROM metric WHERE merchant = $1 AND generation = $2 AND period = $3");
    let count = count.bind(scope.merchant).bind(scope.generation).bind(Period::Hour.name());
    connection.fetch(count).await?.first().map_or(Ok(0), |row| row.unsigned(0))
}
