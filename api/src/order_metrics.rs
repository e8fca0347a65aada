//! Order metrics as JSON, for REST and GraphQL.

use holdfast_domain::values::{ChannelName, LocationId, Timestamp};
use holdfast_projections::{GroupBy, Measure, MeasureTotals, MetricsFilter, Period, PeriodMetrics};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The maximum number of periods in one answer.
const MAX_PERIODS: i64 = 1_500;

/// Why a time range is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRange {
    /// `from` is after `to`.
    #[error("must not be after `to`")]
    Reversed,
    /// It has more periods than one answer may have.
    #[error("must be at most {max} periods before `to`", max = MAX_PERIODS)]
    TooLong,
}

/// Which metrics a query returns.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct MetricsParams {
    /// The length of a period. Default: `hour`.
    period: Option<Period>,
    /// Only periods that begin at or after this time. Default: 24 hours before `to`, or 60 minutes for periods of a minute.
    from: Option<Timestamp>,
    /// Only periods that begin before this time, at most 1500 periods after `from`. Default: now.
    to: Option<Timestamp>,
    /// Only this sales channel. Default: all.
    channel: Option<ChannelName>,
    /// Only this location. Metrics that belong to no location, such as created orders, are then 0. Default: all.
    location: Option<LocationId>,
    /// The grouping of the metrics of a period. Default: `none`.
    by: Option<GroupBy>,
}

impl MetricsParams {
    /// The filter of the read model, with defaults as of `now`.
    pub fn filter(self, now: Timestamp) -> Result<MetricsFilter, InvalidRange> {
        let Self { period, from, to, channel, location, by } = self;
        let period = period.unwrap_or(Period::Hour);
        let (from, to) = time_range(period, from, to, now)?;
        Ok(MetricsFilter { period, from, to, channel, location, group_by: by.unwrap_or_default() })
    }
}

/// The time range of a query. Default: the last 24 hours, or the last 60 minutes for periods of a minute.
fn time_range(
    period: Period,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), InvalidRange> {
    let default_periods = match period {
        Period::Minute => 60,
        Period::Hour => 24,
    };
    let to = to.unwrap_or(now);
    let before = |periods: i64| to.microseconds().saturating_sub(periods * period.microseconds());
    let from = from.unwrap_or_else(|| Timestamp::from_microseconds(before(default_periods).max(0)));
    if from > to {
        Err(InvalidRange::Reversed)
    } else if from.microseconds() < before(MAX_PERIODS) {
        Err(InvalidRange::TooLong)
    } else {
        Ok((from, to))
    }
}

/// The metrics of one period and group.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderMetrics {
    /// When the period began, in UTC.
    pub begins_at: Timestamp,
    /// The sales channel or location of the group. Absent if the metrics are not grouped, or belong to no location.
    pub group: Option<String>,
    /// The number of orders created.
    pub orders_created: u64,
    /// The number of units in these orders.
    pub units_ordered: u64,
    /// The number of attempts to reserve units. Attempts of commands that were refused are not included.
    pub reservation_attempts: u64,
    /// The share of attempts that reserved all units, 0 to 1. Absent without attempts.
    pub reservation_success_rate: Option<f64>,
    /// The number of units reserved.
    pub units_reserved: u64,
    /// The number of orders with units that became backordered. An order counts once.
    pub orders_backordered: u64,
    /// `ordersBackordered` divided by `ordersCreated`. Absent without created orders.
    pub backorder_rate: Option<f64>,
    /// The number of picks that found too few units.
    pub picks_shorted: u64,
    /// The number of shipments.
    pub shipments_created: u64,
    /// The number of units in these shipments.
    pub units_shipped: u64,
    /// The number of confirmed deliveries.
    pub deliveries: u64,
    /// The number of units cancelled.
    pub units_cancelled: u64,
    /// The number of units returned.
    pub units_returned: u64,
    /// The time from the creation of an order to each of its shipments.
    pub created_to_shipped: CycleTime,
    /// The time from the first pick of a fulfillment order to its first pack.
    pub pick_to_pack: CycleTime,
    /// The time from the last pack of a fulfillment order to its first shipment. A cancelled shipment does not count.
    pub pack_to_ship: CycleTime,
}

/// The distribution of a duration.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CycleTime {
    /// The number of measurements.
    pub count: u64,
    /// The mean, in seconds.
    pub mean_seconds: Option<f64>,
    /// The median, in seconds, rounded up to a power of two.
    pub p50_seconds: Option<u64>,
    /// The 90th percentile, in seconds, rounded up to a power of two.
    pub p90_seconds: Option<u64>,
    /// The 99th percentile, in seconds, rounded up to a power of two.
    pub p99_seconds: Option<u64>,
}

impl From<MeasureTotals> for CycleTime {
    fn from(totals: MeasureTotals) -> Self {
        Self {
            count: totals.occurrences,
            mean_seconds: ratio(totals.total, totals.occurrences),
            p50_seconds: totals.quantile(0.5),
            p90_seconds: totals.quantile(0.9),
            p99_seconds: totals.quantile(0.99),
        }
    }
}

/// A ratio, rounded to four digits. `None` for a denominator of 0.
fn ratio(numerator: u64, denominator: u64) -> Option<f64> {
    #[allow(clippy::cast_precision_loss, reason = "the result is rounded")]
    (denominator > 0).then(|| (numerator as f64 / denominator as f64 * 10_000.0).round() / 10_000.0)
}

impl From<&PeriodMetrics> for OrderMetrics {
    fn from(metrics: &PeriodMetrics) -> Self {
        let count = |measure| metrics.measure(measure).occurrences;
        let total = |measure| metrics.measure(measure).total;
        let (orders, attempts) = (count(Measure::OrdersCreated), count(Measure::ReservationAttempts));
        Self {
            begins_at: metrics.begins_at,
            group: metrics.group.clone(),
            orders_created: orders,
            units_ordered: total(Measure::OrdersCreated),
            reservation_attempts: attempts,
            reservation_success_rate: ratio(total(Measure::ReservationAttempts), attempts),
            units_reserved: total(Measure::UnitsReserved),
            orders_backordered: count(Measure::OrdersBackordered),
            backorder_rate: ratio(count(Measure::OrdersBackordered), orders),
            picks_shorted: count(Measure::PicksShorted),
            shipments_created: count(Measure::ShipmentsCreated),
            units_shipped: total(Measure::ShipmentsCreated),
            deliveries: count(Measure::Deliveries),
            units_cancelled: total(Measure::Cancellations),
            units_returned: total(Measure::ReturnsReceived),
            created_to_shipped: metrics.measure(Measure::CreatedToShipped).into(),
            pick_to_pack: metrics.measure(Measure::PickToPack).into(),
            pack_to_ship: metrics.measure(Measure::PackToShip).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_range_defaults_to_the_last_day_or_hour_and_is_limited() {
        let time = |seconds: i64| Timestamp::from_microseconds(seconds * 1_000_000);
        let now = time(1_000_000);
        assert_eq!(time_range(Period::Hour, None, None, now), Ok((time(1_000_000 - 86_400), now)));
        assert_eq!(time_range(Period::Minute, None, None, now), Ok((time(1_000_000 - 3_600), now)));
        assert_eq!(time_range(Period::Minute, Some(time(5)), Some(time(9)), now), Ok((time(5), time(9))));
        assert_eq!(time_range(Period::Hour, Some(now), Some(time(9)), now), Err(InvalidRange::Reversed));
        assert_eq!(time_range(Period::Minute, Some(time(0)), None, now), Err(InvalidRange::TooLong));
        let longest = time(1_000_000 - 1_500 * 60);
        assert_eq!(time_range(Period::Minute, Some(longest), None, now), Ok((longest, now)));
    }

    #[test]
    fn a_ratio_with_denominator_zero_is_none() {
        assert_eq!((ratio(1, 0), ratio(1, 3), ratio(0, 3)), (None, Some(0.3333), Some(0.0)));
    }
}
