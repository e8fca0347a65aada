//! Whether the service lives, and whether it should be given work.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::caller::Answered;
use super::problem::Problem;
use crate::app::App;

/// That all is well.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Health {
    /// `ok`.
    status: &'static str,
}

/// The program runs and answers.
pub(super) async fn live() -> Response {
    Json(Health { status: "ok" }).into_response()
}

/// The journal can be read, and every read model moves on.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Answered {
    let mut reasons = Vec::new();
    if let Err(error) = app.journal.heads().await {
        tracing::error!(%error, "the journal could not be read");
        reasons.push("the journal cannot be read".to_owned());
    }
    for name in app.managers.iter().map(|manager| manager.name()) {
        if app.reading.progress().generation(name).is_none() {
            reasons.push(format!("the read model {name} is being built"));
        }
    }
    for (projection, merchant, state) in app.reading.progress().states() {
        if let Some(why) = state.halted {
            reasons.push(format!("the read model {projection} of merchant {merchant} has stopped: {why}"));
        }
    }
    if reasons.is_empty() {
        return Ok(live().await);
    }
    let detail = "the service should not be given work";
    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", detail).with("reasons", reasons))
}
