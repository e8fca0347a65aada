//! What became of a command, by its key: for those who did not get to see the answer.

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

use super::caller::{Answered, ForMerchant, InPath};
use super::problem::Problem;
use super::sending::{LOCAL, Outcome};
use crate::app::App;

/// Where a command stands.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Standing {
    /// Nothing is known of the key.
    NotFound,
    /// It waits or is being carried out.
    InFlight,
    /// It was decided.
    Answered,
}

/// What became of a command.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct StateOfCommand {
    /// The sender's name for it.
    key: IdempotencyKey,
    /// Where it stands.
    state: Standing,
    /// The status that it was answered with.
    status: Option<u16>,
    /// The position of the journal that the answer includes.
    position: Option<u64>,
    /// The body that it was answered with.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    body: Option<Box<RawValue>>,
}

/// What became of a key.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    ForMerchant(merchant): ForMerchant,
    InPath(key): InPath,
) -> Answered {
    let key = IdempotencyKey::new(&key)
        .map_err(|why| Problem::bad("idempotency_key_invalid", format!("the idempotency key {why}")))?;
    let identity = OutcomeKey { sender: Arc::clone(&LOCAL.0), key: key.as_str().into() };
    let (state, answer) = match app.commands.state_of(&merchant, identity).await? {
        CommandState::NotFound => (Standing::NotFound, None),
        CommandState::InFlight => (Standing::InFlight, None),
        CommandState::Answered(answer) => (Standing::Answered, Some(Outcome::from(answer))),
    };
    let body = answer.as_ref().map(|answer| serde_json::from_slice(&answer.body)).transpose();
    Ok(Json(StateOfCommand {
        key,
        state,
        status: answer.as_ref().map(|answer| answer.status.as_u16()),
        position: answer.as_ref().and_then(|answer| answer.position),
        body: body.map_err(|_| Problem::internal())?,
    })
    .into_response())
}
