//! Locations: made known, changed, paused, resumed.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use holdfast_domain::network::{PauseLocation, RegisterLocation, ResumeLocation};

use super::caller::{Answered, Call, ForMerchant, InPath};
use super::listing::Items;
use super::parameters::Parameters;
use crate::app::App;

/// Makes a location known or changes it.
pub(super) async fn register(InPath(location): InPath, call: Call) -> Answered {
    call.about("location", location).send::<RegisterLocation>().await
}

/// Stops sourcing from it.
pub(super) async fn pause(InPath(location): InPath, call: Call) -> Answered {
    call.about("location", location).send::<PauseLocation>().await
}

/// Sources from it again.
pub(super) async fn resume(InPath(location): InPath, call: Call) -> Answered {
    call.about("location", location).send::<ResumeLocation>().await
}

/// All locations, by id.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    ForMerchant(merchant): ForMerchant,
    given: Parameters,
) -> Answered {
    given.must_be_there(&app, &merchant).await?;
    let items = app.reading.locations(merchant.as_str()).await?;
    Ok(Json(Items::of(items, None)).into_response())
}
