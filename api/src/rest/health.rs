//! Liveness and readiness of the service.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::extract::Answer;
use crate::app::App;
use crate::error::ApiError;

/// The service is healthy.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Health {
    /// `ok`.
    status: &'static str,
}

/// The process runs and answers.
pub(super) async fn live() -> Response {
    Json(Health { status: "ok" }).into_response()
}

/// The journal can be read, and no read model has halted or is still being built.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Answer {
    let mut reasons = Vec::new();
    if let Err(error) = app.journal.heads().await {
        tracing::error!(%error, "failed to read the journal");
        reasons.push("the journal cannot be read".to_owned());
    }
    for name in app.managers.iter().map(|manager| manager.name()) {
        if app.queries.progress().generation(name).is_none() {
            reasons.push(format!("the read model {name} is being built"));
        }
    }
    for (projection, merchant, state) in app.queries.progress().states() {
        if let Some(reason) = state.halted {
            reasons.push(format!("the read model {projection} has halted for merchant {merchant}: {reason}"));
        }
    }
    if reasons.is_empty() { Ok(live().await) } else { Err(ApiError::NotReady(reasons)) }
}
