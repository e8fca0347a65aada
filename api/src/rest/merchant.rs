//! A merchant's settings: its policy and its locations.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;

use super::extract::{Answer, Merchant};
use super::page::Items;
use super::query::{MinPosition, Params};
use crate::app::App;

/// The policy.
pub(super) async fn policy(
    State(app): State<Arc<App>>,
    Merchant(merchant): Merchant,
    Params(min): Params<MinPosition>,
) -> Answer {
    min.check(&app, &merchant).await?;
    Ok(Json(app.queries.policy(merchant.as_str()).await?).into_response())
}

/// The locations, by id.
pub(super) async fn locations(
    State(app): State<Arc<App>>,
    Merchant(merchant): Merchant,
    Params(min): Params<MinPosition>,
) -> Answer {
    min.check(&app, &merchant).await?;
    Ok(Items::new(app.queries.locations(merchant.as_str()).await?, None).respond())
}
