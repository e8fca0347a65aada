//! What happened, who did it, and what made them: an event of a history.

use holdfast_commands::Metadata;
use holdfast_domain::values::Timestamp;
use holdfast_journal::Event;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::problem::Problem;

/// An event. Personal data is never part of it.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct HistoryItem {
    /// Its place in the merchant's journal.
    position: u64,
    /// Its place in the order's events.
    version: u64,
    /// What happened.
    #[serde(rename = "type")]
    kind: String,
    /// The version of the type that its data is written in.
    type_version: u32,
    /// When it was decided.
    at: Timestamp,
    /// The command that it came from.
    command: String,
    /// The credential that the command came by.
    principal: String,
    /// Who the caller says acted.
    actor: Option<String>,
    /// The sender's name for the command.
    key: Option<String>,
    /// What belongs together, by the caller's word.
    correlation_id: Option<String>,
    /// What it followed from.
    causation_id: Option<String>,
    /// When it happened, where the caller says so.
    occurred_at: Option<Timestamp>,
    /// What is told of it.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    data: Box<RawValue>,
}

impl HistoryItem {
    /// The event as it is told.
    pub(super) fn of(event: Event) -> Result<Self, Problem> {
        let metadata = Metadata::of(&event)?;
        Ok(Self {
            position: event.position,
            version: event.version,
            type_version: event.type_version,
            at: Timestamp::from_microseconds(event.recorded_at),
            command: metadata.command,
            principal: metadata.principal,
            actor: metadata.actor,
            key: metadata.key,
            correlation_id: metadata.correlation_id,
            causation_id: metadata.causation_id,
            occurred_at: metadata.occurred_at,
            data: data(&event)?,
            kind: event.kind.into(),
        })
    }
}

/// The payload as it is stored.
pub(super) fn data(event: &Event) -> Result<Box<RawValue>, Problem> {
    serde_json::from_slice(&event.payload).map_err(|error| unreadable(event, &error))
}

fn unreadable(event: &Event, error: &serde_json::Error) -> Problem {
    tracing::error!(position = event.position, %error, "an event cannot be read");
    Problem::internal()
}
