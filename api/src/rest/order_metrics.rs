//! Order metrics by period.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use holdfast_domain::values::{ChannelName, LocationId, Timestamp};
use holdfast_projections::{GroupBy, MetricsFilter, Period};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::extract::{Answer, Merchant};
use super::page::at_position;
use super::query::{MinPosition, Params};
use crate::app::App;
use crate::error::ApiError;
use crate::order_metrics::{OrderMetrics, time_range};

/// Which metrics.
#[derive(Deserialize, JsonSchema)]
pub(super) struct MetricsParams {
    /// The length of a period. Default: `hour`.
    period: Option<Period>,
    /// Only periods that begin at or after this time. Default: 24 hours before `to`, or 60 minutes for periods of a minute.
    from: Option<Timestamp>,
    /// Only periods that begin before this time, at most 1500 periods after `from`. Default: now.
    to: Option<Timestamp>,
    /// Only this sales channel.
    channel: Option<ChannelName>,
    /// Only this location. Metrics that belong to no location, such as created orders, are then 0.
    location: Option<LocationId>,
    /// By what the metrics of a period are grouped. Default: not grouped.
    by: Option<GroupBy>,
}

/// Metrics by period. Periods in which nothing happened are left out.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MetricsList {
    items: Vec<OrderMetrics>,
    /// Whether an event could not be applied, so that metrics are incomplete.
    stale: bool,
}

/// Orders, units, rates and cycle times.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Merchant(merchant): Merchant,
    Params(MetricsParams { period, from, to, channel, location, by }): Params<MetricsParams>,
    Params(min): Params<MinPosition>,
) -> Answer {
    let period = period.unwrap_or(Period::Hour);
    let (from, to) = time_range(period, from, to, app.commands.clock().now())
        .map_err(|error| ApiError::parameter("from", &error))?;
    let filter = MetricsFilter { period, from, to, channel, location, group_by: by.unwrap_or_default() };
    let found = app.queries.metrics(merchant.as_str(), &filter, min.min_position).await?;
    let items = found.metrics.iter().map(OrderMetrics::from).collect();
    Ok(at_position(Json(MetricsList { items, stale: found.stale }).into_response(), found.position))
}
