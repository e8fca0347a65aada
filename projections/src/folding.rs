//! Folding a span of a journal into the rows that it touches.

use std::collections::HashMap;

use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_journal::Event;

use crate::error::ViewError;
use crate::projection::{Projection, Recorded, Scope};
use crate::store::ViewConnection;

pub(crate) fn halted<P: Projection>(scope: Scope<'_>, position: u64, reason: &str) -> ViewError {
    let (merchant, reason) = (scope.merchant.to_owned(), reason.to_owned());
    ViewError::Halted { projection: P::NAME, merchant, position, reason }
}

/// The events as the fold sees them. One that is missing or not known halts the projection: it is never passed over.
pub(crate) fn decoded<P: Projection>(
    scope: Scope<'_>,
    after: u64,
    events: &[Event],
) -> Result<Vec<Recorded>, ViewError> {
    let mut recorded = Vec::with_capacity(events.len());
    for (event, expected) in events.iter().zip(after + 1..) {
        if event.position != expected {
            return Err(halted::<P>(scope, expected, "an event is missing"));
        }
        let stream: StreamId =
            event.stream_name.parse().map_err(|e| halted::<P>(scope, expected, &format!("{e}")))?;
        let decoded = DomainEvent::decode(&stream, &event.kind, event.type_version, &event.payload)
            .map_err(|e| halted::<P>(scope, expected, &e.to_string()))?;
        recorded.push(Recorded {
            position: event.position,
            version: event.version,
            command_end: event.command_end,
            recorded_at: event.recorded_at,
            stream,
            event: decoded,
        });
    }
    Ok(recorded)
}

/// Loads the rows that events touch, folds, and writes them.
pub(crate) async fn fold_into<P: Projection>(
    connection: &mut ViewConnection,
    scope: Scope<'_>,
    events: &[Recorded],
) -> Result<(), ViewError> {
    let mut keys: Vec<P::Key> = Vec::new();
    let mut places: HashMap<P::Key, usize> = HashMap::new();
    for key in events.iter().filter_map(P::key) {
        places.entry(key.clone()).or_insert_with(|| {
            keys.push(key);
            keys.len() - 1
        });
    }
    let mut loaded = P::load(&mut *connection, scope, &keys).await?;
    let mut rows: Vec<Option<P::Row>> = keys.iter().map(|key| loaded.remove(key)).collect();
    for event in events {
        if let Some(place) = P::key(event).and_then(|key| places.get(&key).copied()) {
            let row = rows[place].take();
            rows[place] = Some(P::fold(row, event));
        }
    }
    let rows: Vec<(P::Key, P::Row)> =
        keys.into_iter().zip(rows).filter_map(|(key, row)| Some((key, row?))).collect();
    P::save(connection, scope, &rows).await
}
