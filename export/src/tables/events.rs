//! `events`: the journal, one row per event.

use holdfast_commands::Metadata;
use holdfast_domain::values::Timestamp;
use holdfast_journal::Event;
use uuid::Uuid;

use crate::column::Table;
use crate::column::Value::{Boolean, Json, Number, Text, Time};

/// An event and the decoded metadata of its command.
pub struct RecordedEvent {
    pub event: Event,
    pub metadata: Metadata,
}

pub const EVENTS: Table<RecordedEvent> = Table {
    name: "events",
    columns: &[
        ("position", Number(|row| Some(row.event.position))),
        ("event_id", Text(|row| Some(Uuid::from_bytes(row.event.event_id).to_string()))),
        ("stream", Text(|row| Some(row.event.stream_name.to_string()))),
        ("version", Number(|row| Some(row.event.version))),
        ("command_end", Number(|row| Some(row.event.command_end))),
        ("type", Text(|row| Some(row.event.kind.to_string()))),
        ("type_version", Number(|row| Some(row.event.type_version.into()))),
        ("recorded_at", Time(|row| Some(Timestamp::from_microseconds(row.event.recorded_at)))),
        ("occurred_at", Time(|row| row.metadata.occurred_at)),
        ("command", Text(|row| Some(row.metadata.command.clone()))),
        ("principal", Text(|row| Some(row.metadata.principal.clone()))),
        ("actor", Text(|row| row.metadata.actor.clone())),
        ("idempotency_key", Text(|row| row.metadata.key.clone())),
        ("correlation_id", Text(|row| row.metadata.correlation_id.clone())),
        ("causation_id", Text(|row| row.metadata.causation_id.clone())),
        ("traceparent", Text(|row| row.metadata.traceparent.clone())),
        ("batch", Number(|row| Some(row.event.batch))),
        ("has_personal_data", Boolean(|row| Some(row.event.sealed.is_some()))),
        ("data", Json(|row| serde_json::from_slice(&row.event.payload).map(Some))),
        ("hash", Text(|row| Some(row.event.hash.to_string()))),
    ],
};
