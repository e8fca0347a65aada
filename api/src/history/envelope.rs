//! An event with its position, its command and its cause.

use holdfast_commands::Metadata;
use holdfast_domain::values::Timestamp;
use holdfast_journal::{Event, JournalError};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

/// An event. It contains no personal data.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventEnvelope {
    /// The position in the merchant's journal, from 1.
    pub position: u64,
    /// The position of the last event of the same command.
    pub command_end: u64,
    /// The UUID of the event. A command that the event causes may name it as `causationId`.
    pub event_id: Uuid,
    /// The name of the stream, such as `order-{orderId}`.
    pub stream: String,
    /// The position in the stream, from 1.
    pub version: u64,
    /// The type of the event, such as `OrderCreated`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The version of the payload's schema.
    pub type_version: u32,
    /// When the command was decided.
    pub at: Timestamp,
    #[serde(flatten)]
    /// The command that the event belongs to.
    pub metadata: Metadata,
    /// The payload, without personal data.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub data: Box<RawValue>,
}

impl EventEnvelope {
    /// Reads a stored event.
    pub fn of(event: &Event) -> Result<Self, JournalError> {
        Ok(Self {
            position: event.position,
            command_end: event.command_end,
            event_id: Uuid::from_bytes(event.event_id),
            stream: event.stream_name.to_string(),
            version: event.version,
            kind: event.kind.to_string(),
            type_version: event.type_version,
            at: Timestamp::from_microseconds(event.recorded_at),
            metadata: Metadata::of(event)?,
            data: payload(event)?,
        })
    }
}

/// The payload of a stored event.
pub fn payload(event: &Event) -> Result<Box<RawValue>, JournalError> {
    serde_json::from_slice(&event.payload).map_err(|error| JournalError::corrupt_at(event.position, error))
}
