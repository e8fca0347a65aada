//! `events`: the journal, a row for each event.

use holdfast_commands::Metadata;
use holdfast_domain::values::Timestamp;
use holdfast_journal::Event;
use uuid::Uuid;

use crate::column::{Column, Table};

/// An event and what came with its command.
pub struct Told {
    pub event: Event,
    pub metadata: Metadata,
}

pub const EVENTS: Table<Told> = Table {
    name: "events",
    columns: &[
        Column::number("position", |told| Some(told.event.position)),
        Column::text("event_id", |told| Some(Uuid::from_bytes(told.event.event_id).to_string())),
        Column::text("stream", |told| Some(told.event.stream_name.to_string())),
        Column::number("version", |told| Some(told.event.version)),
        Column::number("command_end", |told| Some(told.event.command_end)),
        Column::text("type", |told| Some(told.event.kind.to_string())),
        Column::number("type_version", |told| Some(told.event.type_version.into())),
        Column::time("recorded_at", |told| Some(Timestamp::from_microseconds(told.event.recorded_at))),
        Column::time("occurred_at", |told| told.metadata.occurred_at),
        Column::text("command", |told| Some(told.metadata.command.clone())),
        Column::text("principal", |told| Some(told.metadata.principal.clone())),
        Column::text("actor", |told| told.metadata.actor.clone()),
        Column::text("idempotency_key", |told| told.metadata.key.clone()),
        Column::text("correlation_id", |told| told.metadata.correlation_id.clone()),
        Column::text("causation_id", |told| told.metadata.causation_id.clone()),
        Column::text("traceparent", |told| told.metadata.traceparent.clone()),
        Column::number("batch", |told| Some(told.event.batch)),
        Column::boolean("has_personal_data", |told| Some(told.event.sealed.is_some())),
        Column::json("data", |told| serde_json::from_slice(&told.event.payload).map(Some)),
        Column::text("hash", |told| Some(told.event.hash.to_string())),
    ],
};
