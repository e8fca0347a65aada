//! Folding a span of a journal into the rows that it touches.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_journal::Event;

use crate::error::ViewError;
use crate::projection::{Projection, Recorded, Scope};
use crate::store::{Presence, ViewConnection};

pub(crate) fn halted<P: Projection>(scope: Scope<'_>, position: u64, reason: &str) -> ViewError {
    let (merchant, reason) = (scope.merchant.to_owned(), reason.to_owned());
    ViewError::Halted { projection: P::NAME, merchant, position, reason }
}

/// The events that concern the fold, as it sees them. One that is missing or not known halts the projection, also
/// where it would not concern it: it is never passed over.
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
        if !P::concerns(&stream) {
            DomainEvent::check(&stream, &event.kind, event.type_version)
                .map_err(|e| halted::<P>(scope, expected, &e.to_string()))?;
            continue;
        }
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
    events: Vec<Recorded>,
) -> Result<(), ViewError> {
    let mut rows: HashMap<P::Key, Option<P::Row>> = HashMap::new();
    let mut there: Vec<P::Key> = Vec::new();
    for event in &events {
        if let Some(Entry::Vacant(vacant)) = P::key(event).map(|key| rows.entry(key)) {
            if event.version > 1 {
                there.push(vacant.key().clone());
            }
            vacant.insert(None);
        }
    }
    let loaded = P::load(&mut *connection, scope, &there).await?;
    let there: HashSet<P::Key> = loaded.keys().cloned().collect();
    rows.extend(loaded.into_iter().map(|(key, row)| (key, Some(row))));
    for event in events {
        if let Some(row) = P::key(&event).and_then(|key| rows.get_mut(&key)) {
            *row = Some(P::fold(row.take(), event));
        }
    }
    let rows = rows.into_iter().filter_map(|(key, row)| Some((key, row?)));
    let (changed, new): (Vec<_>, Vec<_>) = rows.partition(|(key, _)| there.contains(key));
    P::save(connection, scope, &new, Presence::New).await?;
    P::save(connection, scope, &changed, Presence::There).await
}
