//! The state of a command by its idempotency key, for clients that did not receive the answer.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use holdfast_commands::CommandState;
use holdfast_domain::values::IdempotencyKey;
use holdfast_journal::OutcomeKey;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::extract::{Answer, Merchant, PathId};
use super::problem::Outcome;
use crate::app::App;
use crate::error::ApiError;
use crate::headers;
use crate::submit::LOCAL;

/// The state of a command.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Standing")]
enum Progress {
    /// The key is unknown.
    NotFound,
    /// The command waits in the queue or is being executed.
    InFlight,
    /// The command has been decided.
    Answered,
}

/// A command by its idempotency key.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct StateOfCommand {
    key: IdempotencyKey,
    state: Progress,
    /// The HTTP status of the answer.
    status: Option<u16>,
    /// The journal position that the answer includes.
    position: Option<u64>,
    /// The body of the answer.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    body: Option<Box<RawValue>>,
}

/// The state of a command.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Merchant(merchant): Merchant,
    PathId { value: key, .. }: PathId,
) -> Answer {
    let key = headers::idempotency_key(&key)?;
    let identity = OutcomeKey { sender: Arc::clone(&LOCAL.0), key: key.as_str().into() };
    let (state, answer) = match app.commands.state_of(&merchant, identity).await? {
        CommandState::NotFound => (Progress::NotFound, None),
        CommandState::InFlight => (Progress::InFlight, None),
        CommandState::Answered(answer) => (Progress::Answered, Some(Outcome::from(answer))),
    };
    let body = answer.as_ref().map(|answer| serde_json::from_slice(&answer.body)).transpose();
    Ok(Json(StateOfCommand {
        key,
        state,
        status: answer.as_ref().map(|answer| answer.status.as_u16()),
        position: answer.as_ref().and_then(|answer| answer.position),
        body: body.map_err(|error| ApiError::internal(&error))?,
    })
    .into_response())
}
