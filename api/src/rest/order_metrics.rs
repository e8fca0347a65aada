//! Order metrics by period.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use schemars::JsonSchema;
use serde::Serialize;

use super::extract::{Answer, Merchant};
use super::page::at_position;
use super::query::{MinPosition, Params};
use crate::app::App;
use crate::error::ApiError;
use crate::order_metrics::{MetricsParams, OrderMetrics};

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
    Params(params): Params<MetricsParams>,
    Params(min): Params<MinPosition>,
) -> Answer {
    let filter = params.filter(app.commands.clock().now());
    let filter = filter.map_err(|error| ApiError::parameter("from", &error))?;
    let found = app.queries.metrics(merchant.as_str(), &filter, min.min_position).await?;
    let items = found.metrics.iter().map(OrderMetrics::from).collect();
    Ok(at_position(Json(MetricsList { items, stale: found.stale }).into_response(), found.position))
}
