//! Histories: what happened, who did it and what made them, and what it led to. The same for REST, GraphQL and the command
//! line.

pub mod command;
pub mod difference;
pub mod order;
pub mod stock;

use holdfast_commands::Metadata;
use holdfast_domain::values::Timestamp;
use holdfast_journal::{Event, JournalError};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

/// An event. Personal data is never part of it.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryItem {
    /// Its place in the merchant's journal.
    pub position: u64,
    /// The position of the last event of the same command.
    pub command_end: u64,
    /// Its id: what followed from it may name it as `causationId`.
    pub event_id: Uuid,
    /// The name of its stream: what it happened to.
    pub stream: String,
    /// Its place in the stream.
    pub version: u64,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// The version of the type that its data is written in.
    pub type_version: u32,
    /// When it was decided.
    pub at: Timestamp,
    /// The command that it came from.
    pub command: String,
    /// The credential that the command came by.
    pub principal: String,
    /// Who the caller says acted.
    pub actor: Option<String>,
    /// The sender's name for the command.
    pub key: Option<String>,
    /// What belongs together, by the caller's word.
    pub correlation_id: Option<String>,
    /// What it followed from: the id of an event, or what the caller says.
    pub causation_id: Option<String>,
    /// When it happened, where the caller says so.
    pub occurred_at: Option<Timestamp>,
    /// What is told of it.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub data: Box<RawValue>,
}

impl HistoryItem {
    /// The event as it is told.
    pub fn of(event: &Event) -> Result<Self, JournalError> {
        let metadata = Metadata::of(event)?;
        Ok(Self {
            position: event.position,
            command_end: event.command_end,
            event_id: Uuid::from_bytes(event.event_id),
            stream: event.stream_name.to_string(),
            version: event.version,
            kind: event.kind.to_string(),
            type_version: event.type_version,
            at: Timestamp::from_microseconds(event.recorded_at),
            command: metadata.command,
            principal: metadata.principal,
            actor: metadata.actor,
            key: metadata.key,
            correlation_id: metadata.correlation_id,
            causation_id: metadata.causation_id,
            occurred_at: metadata.occurred_at,
            data: data(event)?,
        })
    }
}

/// The payload as it is stored.
pub fn data(event: &Event) -> Result<Box<RawValue>, JournalError> {
    serde_json::from_slice(&event.payload).map_err(|error| JournalError::corrupt_at(event.position, error))
}
