//! PeriodMetrics as they are told, by REST and GraphQL alike.

use holdfast_domain::values::Timestamp;
use holdfast_projections::{Measure, MeasureTotals, Period, PeriodMetrics};
use schemars::JsonSchema;
use serde::Serialize;

/// The most periods that are told at once.
const MOST_PERIODS: i64 = 1_500;

/// Not a span of time that figures are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotASpan {
    /// It ends before it begins.
    #[error("must be before to")]
    Backwards,
    /// It is too long.
    #[error("must be at most 1500 periods before to")]
    TooLong,
}

/// The span of time that is asked about: where not given, the last 24 hours or 60 minutes.
pub fn span(
    period: Period,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), NotASpan> {
    let usual = match period {
        Period::Minute => 60,
        Period::Hour => 24,
    };
    let to = to.unwrap_or(now);
    let before = |periods: i64| to.microseconds().saturating_sub(periods * period.microseconds());
    let from = from.unwrap_or_else(|| Timestamp::from_microseconds(before(usual).max(0)));
    if from > to {
        Err(NotASpan::Backwards)
    } else if from.microseconds() < before(MOST_PERIODS) {
        Err(NotASpan::TooLong)
    } else {
        Ok((from, to))
    }
}

/// What was measured in one period.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FiguresView {
    /// When the period began, in UTC.
    pub begins_at: Timestamp,
    /// The channel or location that the figures are parted by.
    pub of: Option<String>,
    /// Orders taken.
    pub orders_created: u64,
    /// Their units.
    pub units_ordered: u64,
    /// Times it was tried to find units for an order. One that was refused left no trace, and is not among them.
    pub reservation_attempts: u64,
    /// The share of those in which all units were found, 0 to 1.
    pub reservation_success_rate: Option<f64>,
    /// Units reserved.
    pub units_reserved: u64,
    /// Orders of which units began to wait for supply, each once.
    pub orders_backordered: u64,
    /// Those for each order that was taken in the period.
    pub backorder_rate: Option<f64>,
    /// Times goods were not where they should have been.
    pub picks_shorted: u64,
    /// Shipments that left.
    pub shipments_created: u64,
    /// Their units.
    pub units_shipped: u64,
    /// Deliveries that were confirmed.
    pub deliveries: u64,
    /// Units cancelled.
    pub units_cancelled: u64,
    /// Units that came back.
    pub units_returned: u64,
    /// From an order's creation until a shipment of it left.
    pub created_to_shipped: CycleTime,
    /// From the first unit of a fulfillment order picked to the first one packed.
    pub pick_to_pack: CycleTime,
    /// From the first unit of a fulfillment order packed until a shipment of it left.
    pub pack_to_ship: CycleTime,
}

/// How long something took.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CycleTime {
    /// How often it was measured.
    pub times: u64,
    /// Seconds on average.
    pub mean_seconds: Option<f64>,
    /// Half of them took at most so many seconds: the next power of two.
    pub p50_seconds: Option<u64>,
    /// Nine in ten took at most so many seconds: the next power of two.
    pub p90_seconds: Option<u64>,
    /// Ninety-nine in a hundred took at most so many seconds: the next power of two.
    pub p99_seconds: Option<u64>,
}

impl From<MeasureTotals> for CycleTime {
    fn from(amounts: MeasureTotals) -> Self {
        Self {
            times: amounts.occurrences,
            mean_seconds: share(amounts.total, amounts.occurrences),
            p50_seconds: amounts.quantile(0.5),
            p90_seconds: amounts.quantile(0.9),
            p99_seconds: amounts.quantile(0.99),
        }
    }
}

/// One number for each of another, to four digits; nothing where there are none.
fn share(of: u64, each: u64) -> Option<f64> {
    #[allow(clippy::cast_precision_loss, reason = "rounded all the same")]
    (each > 0).then(|| (of as f64 / each as f64 * 10_000.0).round() / 10_000.0)
}

impl From<&PeriodMetrics> for FiguresView {
    fn from(figures: &PeriodMetrics) -> Self {
        let times = |measure| figures.measure(measure).occurrences;
        let amount = |measure| figures.measure(measure).total;
        let (orders, attempts) = (times(Measure::OrdersCreated), times(Measure::ReservationAttempts));
        Self {
            begins_at: figures.begins_at,
            of: figures.group.clone(),
            orders_created: orders,
            units_ordered: amount(Measure::OrdersCreated),
            reservation_attempts: attempts,
            reservation_success_rate: share(amount(Measure::ReservationAttempts), attempts),
            units_reserved: amount(Measure::UnitsReserved),
            orders_backordered: times(Measure::OrdersBackordered),
            backorder_rate: share(times(Measure::OrdersBackordered), orders),
            picks_shorted: times(Measure::PicksShorted),
            shipments_created: times(Measure::ShipmentsCreated),
            units_shipped: amount(Measure::ShipmentsCreated),
            deliveries: times(Measure::Deliveries),
            units_cancelled: amount(Measure::Cancellations),
            units_returned: amount(Measure::ReturnsReceived),
            created_to_shipped: figures.measure(Measure::CreatedToShipped).into(),
            pick_to_pack: figures.measure(Measure::PickToPack).into(),
            pack_to_ship: figures.measure(Measure::PackToShip).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_the_last_day_or_hour_and_never_too_long() {
        let moment = |seconds: i64| Timestamp::from_microseconds(seconds * 1_000_000);
        let now = moment(1_000_000);
        assert_eq!(span(Period::Hour, None, None, now), Ok((moment(1_000_000 - 86_400), now)));
        assert_eq!(span(Period::Minute, None, None, now), Ok((moment(1_000_000 - 3_600), now)));
        assert_eq!(span(Period::Minute, Some(moment(5)), Some(moment(9)), now), Ok((moment(5), moment(9))));
        assert_eq!(span(Period::Hour, Some(now), Some(moment(9)), now), Err(NotASpan::Backwards));
        assert_eq!(span(Period::Minute, Some(moment(0)), None, now), Err(NotASpan::TooLong));
        let longest = moment(1_000_000 - 1_500 * 60);
        assert_eq!(span(Period::Minute, Some(longest), None, now), Ok((longest, now)));
    }

    #[test]
    fn a_share_of_nothing_is_none() {
        assert_eq!((share(1, 0), share(1, 3), share(0, 3)), (None, Some(0.3333), Some(0.0)));
    }
}
