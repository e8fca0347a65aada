//! Classifying events before they are applied: relevant, irrelevant or undecodable.

use std::sync::Arc;

use holdfast_domain::DecodeError;
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_journal::Event;

use super::projection::{Projection, RecordedEvent};
use crate::error::{Result, ViewError};

/// The error that stops a projection for a merchant.
pub(crate) fn halted<P: Projection>(merchant: &str, position: u64, reason: &str) -> ViewError {
    let (merchant, reason) = (merchant.to_owned(), reason.to_owned());
    ViewError::Halted { projection: P::NAME, merchant, position, reason }
}

/// What an event means to a projection, regardless of parked streams.
#[derive(Debug)]
pub(crate) enum Classified {
    /// The event does not concern the projection.
    Irrelevant,
    /// The event concerns the projection.
    Relevant(Box<RecordedEvent>),
    /// The event concerns the projection, but its payload cannot be decoded. Contains the error.
    Undecodable(String),
}

/// Classifies the events that follow a position. A missing event and an unknown event type are errors that halt the
/// projection, even if the event does not concern it: no event is ever skipped.
pub(crate) fn classify<P: Projection>(
    merchant: &str,
    after: u64,
    events: &[Event],
) -> Result<Vec<Classified>> {
    let positions = after + 1..;
    events
        .iter()
        .zip(positions)
        .map(|(event, position)| classify_one::<P>(merchant, event, position))
        .collect()
}

fn classify_one<P: Projection>(merchant: &str, event: &Event, expected: u64) -> Result<Classified> {
    let halt = |reason: String| halted::<P>(merchant, expected, &reason);
    if event.position != expected {
        return Err(halt("an event is missing".to_owned()));
    }
    let stream: StreamId = event.stream_name.parse().map_err(|error| halt(format!("{error}")))?;
    DomainEvent::check(&stream, &event.kind, event.type_version).map_err(|error| halt(error.to_string()))?;
    if !P::concerns(&stream) || !P::takes(event) {
        return Ok(Classified::Irrelevant);
    }
    Ok(match decode(event, stream) {
        Ok(recorded) => Classified::Relevant(Box::new(recorded)),
        Err(error) => Classified::Undecodable(error.to_string()),
    })
}

fn decode(event: &Event, stream: StreamId) -> Result<RecordedEvent, DecodeError> {
    let decoded = DomainEvent::decode(&stream, &event.kind, event.type_version, &event.payload)?;
    Ok(RecordedEvent {
        position: event.position,
        version: event.version,
        command_end: event.command_end,
        recorded_at: event.recorded_at,
        stream,
        event: decoded,
        metadata: Arc::clone(&event.metadata),
    })
}
