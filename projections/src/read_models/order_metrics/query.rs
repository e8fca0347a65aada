//! Queries for metrics.

use std::collections::BTreeMap;

use holdfast_domain::values::{ChannelName, LocationId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measure::{Measure, NAME};
use super::period::Period;
use crate::error::{Result, ViewError};
use crate::store::{Scope, Statement, ViewStore};

/// The most cells that one query may read. Merchants with many channels or locations query shorter times.
const MAX_CELLS: usize = 100_000;

/// The grouping of metrics, in addition to the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    /// No grouping.
    #[default]
    None,
    /// By sales channel.
    Channel,
    /// By location. Metrics that belong to no location form a group of their own.
    Location,
}

/// Which metrics a query returns.
#[derive(Debug, Clone)]
pub struct MetricsFilter {
    /// The length of the periods.
    pub period: Period,
    /// Only periods that begin at or after this time.
    pub from: Timestamp,
    /// Only periods that begin before this time.
    pub to: Timestamp,
    /// Only this sales channel.
    pub channel: Option<ChannelName>,
    /// Only this location. Excludes measures that belong to no location, for example created orders.
    pub location: Option<LocationId>,
    /// By what the metrics are grouped.
    pub group_by: GroupBy,
}

/// The metrics of one period and group.
#[derive(Debug, Clone, PartialEq)]
pub struct PeriodMetrics {
    /// When the period begins.
    pub begins_at: Timestamp,
    /// The channel or location of the group. `None` without grouping, and for the group without a location.
    pub group: Option<String>,
    totals: BTreeMap<Measure, MeasureTotals>,
}

impl PeriodMetrics {
    /// The totals of a measure. All zero if nothing was measured.
    pub fn measure(&self, measure: Measure) -> MeasureTotals {
        self.totals.get(&measure).cloned().unwrap_or_default()
    }
}

/// The totals of one measure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MeasureTotals {
    /// The number of occurrences.
    pub occurrences: u64,
    /// The sum of units or seconds.
    pub total: u64,
    /// For durations: the number of occurrences by the power of two, in seconds, that bounds them from above.
    within_seconds: BTreeMap<u64, u64>,
}

impl MeasureTotals {
    /// The duration in seconds that a share (0 to 1) of all occurrences did not exceed, rounded up to a power of two.
    /// `None` if there were no occurrences.
    pub fn quantile(&self, share: f64) -> Option<u64> {
        #[allow(clippy::cast_precision_loss, reason = "counts far below 2^52")]
        let wanted = self.occurrences as f64 * share;
        let mut counted = 0;
        for (within_seconds, occurrences) in &self.within_seconds {
            counted += occurrences;
            #[allow(clippy::cast_precision_loss, reason = "counts far below 2^52")]
            if counted as f64 >= wanted {
                return Some(*within_seconds);
            }
        }
        None
    }
}

/// The read model `metrics`.
#[derive(Debug, Clone)]
pub struct Metrics {
    store: ViewStore,
}

impl Metrics {
    /// The name of the projection.
    pub const NAME: &'static str = NAME;

    /// Reads from a store.
    pub fn new(store: &ViewStore) -> Self {
        Self { store: store.clone() }
    }

    /// Returns the metrics by period and group, in that order. Periods without occurrences are skipped. Fails with
    /// [`ViewError::TooManyMetrics`] if the query would read more than 100,000 cells.
    pub async fn by_period(
        &self,
        merchant: &str,
        generation: i64,
        filter: &MetricsFilter,
    ) -> Result<Vec<PeriodMetrics>> {
        self.by_period_up_to(merchant, generation, filter, MAX_CELLS).await
    }

    /// [`Self::by_period`] with another limit.
    pub(crate) async fn by_period_up_to(
        &self,
        merchant: &str,
        generation: i64,
        filter: &MetricsFilter,
        max_cells: usize,
    ) -> Result<Vec<PeriodMetrics>> {
        let query = statement(Scope { merchant, generation }, filter, max_cells.saturating_add(1));
        let rows = self.store.reader().await?.fetch(query).await?;
        if rows.len() > max_cells {
            return Err(ViewError::TooManyMetrics(max_cells));
        }
        let mut groups: BTreeMap<(i64, String), BTreeMap<Measure, MeasureTotals>> = BTreeMap::new();
        for row in rows {
            let measure = Measure::from_name(row.text(2)?)?;
            let group = groups.entry((row.integer(0)?, row.text(1)?.to_owned())).or_default();
            let totals = group.entry(measure).or_default();
            let (within_seconds, occurrences, total) = (row.unsigned(3)?, row.unsigned(4)?, row.unsigned(5)?);
            totals.occurrences += occurrences;
            totals.total = totals.total.saturating_add(total);
            if measure.is_duration() {
                *totals.within_seconds.entry(within_seconds).or_default() += occurrences;
            }
        }
        let metrics = groups.into_iter().map(|((begins_at, group), totals)| PeriodMetrics {
            begins_at: Timestamp::from_microseconds(begins_at),
            group: Some(group).filter(|group| !group.is_empty()),
            totals,
        });
        Ok(metrics.collect())
    }
}

fn statement(scope: Scope<'_>, filter: &MetricsFilter, limit: usize) -> Statement {
    let (group, group_by) = match filter.group_by {
        GroupBy::None => ("''", "begins_at, measure, within_seconds"),
        GroupBy::Channel => ("channel", "begins_at, channel, measure, within_seconds"),
        GroupBy::Location => ("location", "begins_at, location, measure, within_seconds"),
    };
    let mut query = scope.statement("SELECT begins_at, ");
    query.push(group).push(
        ", measure, within_seconds, CAST(sum(occurrences) AS BIGINT), CAST(sum(total) AS BIGINT) FROM metric
         WHERE merchant = $1 AND generation = $2 AND period = $3 AND begins_at >= $4 AND begins_at < $5",
    );
    query = query.bind(filter.period.name());
    query = query.bind(filter.from.microseconds()).bind(filter.to.microseconds());
    if let Some(channel) = &filter.channel {
        query.push(" AND channel = ").push_bind(channel.as_str());
    }
    if let Some(location) = &filter.location {
        query.push(" AND location = ").push_bind(location.as_str());
    }
    query.push(" GROUP BY ").push(group_by).push(" HAVING sum(occurrences) > 0");
    query.push(" LIMIT ").push_bind(limit as u64);
    query
}
