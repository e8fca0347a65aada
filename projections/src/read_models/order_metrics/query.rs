//! Asking for figures.

use std::collections::BTreeMap;

use holdfast_domain::values::{ChannelName, LocationId, Timestamp};

use super::{Measure, MetricsProjection, unreadable};
use crate::error::ViewError;
use crate::runtime::projection::Projection;
use crate::store::{Scope, Statement, ViewStore};

/// The most cells that one answer is made of. Whoever sells over a thousand channels asks for fewer at once.
const MOST_CELLS: usize = 100_000;

/// How long what is summed together is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
}

impl Period {
    pub(super) const ALL: [Self; 2] = [Self::Minute, Self::Hour];

    /// Its length in microseconds.
    pub const fn microseconds(self) -> i64 {
        match self {
            Self::Minute => 60_000_000,
            Self::Hour => 3_600_000_000,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
        }
    }

    /// When the period began that a moment is in, in UTC.
    pub fn begins_at(self, moment: i64) -> i64 {
        moment - moment.rem_euclid(self.microseconds())
    }
}

/// By what figures are parted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GroupBy {
    /// By nothing but time.
    #[default]
    None,
    /// By the orders' channels.
    Channel,
    /// By locations; what is of no location stands alone.
    Location,
}

/// Which figures.
#[derive(Debug, Clone)]
pub struct MetricsFilter {
    /// Summed by what.
    pub period: Period,
    /// Of periods that begin at or after this moment.
    pub from: Timestamp,
    /// And before this one.
    pub to: Timestamp,
    /// Of this channel.
    pub channel: Option<ChannelName>,
    /// Of this location; what is of no location, such as orders, is left out then.
    pub location: Option<LocationId>,
    /// By what they are parted.
    pub group_by: GroupBy,
}

/// The figures of one period.
#[derive(Debug, Clone, PartialEq)]
pub struct PeriodMetrics {
    /// When it began.
    pub begins_at: Timestamp,
    /// The channel or location that they are parted by; nothing where there is none.
    pub group: Option<String>,
    amounts: BTreeMap<Measure, MeasureTotals>,
}

impl PeriodMetrics {
    /// What was measured. Nothing happened where there is nothing.
    pub fn measure(&self, measure: Measure) -> MeasureTotals {
        self.amounts.get(&measure).cloned().unwrap_or_default()
    }
}

/// One measure of one period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MeasureTotals {
    /// How often.
    pub count: u64,
    /// Units or seconds of all of them.
    pub total: u64,
    /// Of times: how often it was within so many seconds, and not within half of that.
    within: BTreeMap<u64, u64>,
}

impl MeasureTotals {
    /// Seconds within which a share of all were, 0 to 1: the power of two above it. Nothing where there were none.
    pub fn quantile(&self, share: f64) -> Option<u64> {
        #[allow(clippy::cast_precision_loss, reason = "counts far below 2^52")]
        let wanted = self.count as f64 * share;
        let mut counted = 0;
        for (within, times) in &self.within {
            counted += times;
            #[allow(clippy::cast_precision_loss, reason = "counts far below 2^52")]
            if counted as f64 >= wanted {
                return Some(*within);
            }
        }
        None
    }
}

/// The read model.
#[derive(Debug, Clone)]
pub struct Metrics {
    store: ViewStore,
}

impl Metrics {
    /// The projection's name.
    pub const NAME: &'static str = MetricsProjection::NAME;

    /// Over a store.
    pub fn new(store: &ViewStore) -> Self {
        Self { store: store.clone() }
    }

    /// PeriodMetrics, period by period; those in which nothing happened are left out.
    pub async fn by_period(
        &self,
        merchant: &str,
        generation: i64,
        filter: &MetricsFilter,
    ) -> Result<Vec<PeriodMetrics>, ViewError> {
        self.by_period_up_to(merchant, generation, filter, MOST_CELLS).await
    }

    /// The same, of at most so many cells.
    pub(crate) async fn by_period_up_to(
        &self,
        merchant: &str,
        generation: i64,
        filter: &MetricsFilter,
        most: usize,
    ) -> Result<Vec<PeriodMetrics>, ViewError> {
        let asked = statement(Scope { merchant, generation }, filter, most.saturating_add(1));
        let rows = self.store.reader().await?.fetch(asked).await?;
        if rows.len() > most {
            return Err(ViewError::TooManyMetrics(most));
        }
        let mut all: BTreeMap<(i64, String), BTreeMap<Measure, MeasureTotals>> = BTreeMap::new();
        for row in rows {
            let measure = measure_of(row.text(2)?)?;
            let figures = all.entry((row.integer(0)?, row.text(1)?.to_owned())).or_default();
            let amounts = figures.entry(measure).or_default();
            let (within, times, amount) = (row.unsigned(3)?, row.unsigned(4)?, row.unsigned(5)?);
            amounts.count += times;
            amounts.total = amounts.total.saturating_add(amount);
            if measure.is_a_time() {
                *amounts.within.entry(within).or_default() += times;
            }
        }
        let figures = all.into_iter().map(|((begins_at, group), amounts)| PeriodMetrics {
            begins_at: Timestamp::from_microseconds(begins_at),
            group: Some(group).filter(|group| !group.is_empty()),
            amounts,
        });
        Ok(figures.collect())
    }
}

/// The measure of a name.
pub(super) fn measure_of(name: &str) -> Result<Measure, ViewError> {
    let measure = Measure::ALL.into_iter().find(|known| known.name() == name);
    measure.ok_or_else(|| unreadable(format_args!("there is no measure {name}")))
}

fn statement(scope: Scope<'_>, filter: &MetricsFilter, most: usize) -> Statement {
    let (of, grouped) = match filter.group_by {
        GroupBy::None => ("''", "begins_at, measure, within"),
        GroupBy::Channel => ("channel", "begins_at, channel, measure, within"),
        GroupBy::Location => ("location", "begins_at, location, measure, within"),
    };
    let mut query = Statement::new("SELECT begins_at, ");
    query.push(of).push(
        ", measure, within, CAST(sum(times) AS BIGINT), CAST(sum(amount) AS BIGINT) FROM metric
         WHERE merchant = $1 AND generation = $2 AND period = $3 AND begins_at >= $4 AND begins_at < $5",
    );
    query = query.bind(scope.merchant).bind(scope.generation).bind(filter.period.name());
    query = query.bind(filter.from.microseconds()).bind(filter.to.microseconds());
    if let Some(channel) = &filter.channel {
        query.push(" AND channel = ").push_bind(channel.as_str());
    }
    if let Some(location) = &filter.location {
        query.push(" AND location = ").push_bind(location.as_str());
    }
    query.push(" GROUP BY ").push(grouped).push(" LIMIT ").push_bind(most as u64);
    query
}
