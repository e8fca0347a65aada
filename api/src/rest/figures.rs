//! What was measured of orders on their way.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use holdfast_domain::values::{ChannelName, LocationId, Timestamp};
use holdfast_projections::{GroupBy, MetricsFilter, Period};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::caller::{Answered, ForMerchant};
use super::endpoint::Parameter;
use super::listing::at_position;
use super::parameters::{self, Parameters};
use super::problem::Problem;
use crate::app::App;
use crate::figures::{self, FiguresView};

/// How long what is summed together is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", remote = "Period")]
enum PeriodName {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
}

#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct AskedPeriod(#[serde(with = "PeriodName")] Period);

/// By what figures are parted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum By {
    /// By the orders' channels.
    Channel,
    /// By locations; what is of no location stands alone.
    Location,
}

/// What figures are asked with.
pub(super) const PARAMETERS: &[Parameter] = &[
    Parameter::of::<PeriodName>("period", "Summed by hour (where not given) or minute."),
    Parameter::of::<Timestamp>(
        "from",
        "Of periods that begin at or after this moment; where not given, a day before `to`, or an hour for minutes.",
    ),
    Parameter::of::<Timestamp>(
        "to",
        "And before this moment; now where not given. At most 1500 periods after `from`.",
    ),
    Parameter::of::<ChannelName>("channel", "Of this channel."),
    Parameter::of::<LocationId>(
        "location",
        "Of this location; what is of no location, such as orders, is 0 then.",
    ),
    Parameter::of::<By>("by", "Parted by channel or location; by neither where not given."),
    parameters::MIN_POSITION,
];

/// Figures, period by period; those in which nothing happened are left out.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FiguresList {
    /// The figures.
    items: Vec<FiguresView>,
    /// Whether something is missing: events of some orders could not be folded.
    stale: bool,
}

/// Orders, units, rates and cycle times.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    ForMerchant(merchant): ForMerchant,
    given: Parameters,
) -> Answered {
    let period = given.optional::<AskedPeriod>("period")?.map_or(Period::Hour, |AskedPeriod(period)| period);
    let (from, to) = (given.optional("from")?, given.optional("to")?);
    let span = figures::span(period, from, to, app.commands.clock().now());
    let (from, to) = span.map_err(|why| parameters::invalid("from", why))?;
    let group_by = match given.optional("by")? {
        None => GroupBy::None,
        Some(By::Channel) => GroupBy::Channel,
        Some(By::Location) => GroupBy::Location,
    };
    let (channel, location) = (given.optional("channel")?, given.optional("location")?);
    let filter = MetricsFilter { period, from, to, channel, location, group_by };
    let measured = app.reading.metrics(merchant.as_str(), &filter, given.number("minPosition")?).await;
    let measured = measured.map_err(Problem::from)?;
    let items = measured.figures.iter().map(FiguresView::from).collect();
    Ok(at_position(Json(FiguresList { items, stale: measured.stale }).into_response(), measured.position))
}
