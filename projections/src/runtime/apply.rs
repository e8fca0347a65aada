//! Folding a span of a journal into the rows that it touches.

use std::any::Any;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use holdfast_domain::DecodeError;
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_journal::Event;

use crate::error::ViewError;
use crate::runtime::parked::{Parked, Poison};
use crate::runtime::projection::{Projection, RecordedEvent};
use crate::store::{Presence, Scope, ViewConnection};

pub(crate) fn halted<P: Projection>(merchant: &str, position: u64, reason: &str) -> ViewError {
    let (merchant, reason) = (merchant.to_owned(), reason.to_owned());
    ViewError::Halted { projection: P::NAME, merchant, position, reason }
}

/// Why a span was not folded.
#[derive(Debug)]
pub(crate) enum FoldError {
    /// The projection, or its store, cannot go on.
    View(ViewError),
    /// Some streams cannot, none of them twice: they are to be parked, and the span folded without them.
    Poisoned(Vec<Poison>),
}

impl<E: Into<ViewError>> From<E> for FoldError {
    fn from(error: E) -> Self {
        Self::View(error.into())
    }
}

/// What an event is to a fold, whatever is parked.
#[derive(Debug)]
pub(crate) enum Looked {
    /// It does not concern the fold.
    Passed,
    /// The fold sees it like this.
    Seen(Box<RecordedEvent>),
    /// It concerns the fold and cannot be read: why not.
    Unreadable(String),
}

/// Looks at the events that follow a position. One that is missing or not known halts the projection, also where it would
/// not concern it: it is never passed over.
pub(crate) fn look<P: Projection>(
    merchant: &str,
    after: u64,
    events: &[Event],
) -> Result<Vec<Looked>, ViewError> {
    events.iter().zip(after + 1..).map(|(event, expected)| look_at::<P>(merchant, event, expected)).collect()
}

fn look_at<P: Projection>(merchant: &str, event: &Event, expected: u64) -> Result<Looked, ViewError> {
    let halts = |reason: String| halted::<P>(merchant, expected, &reason);
    if event.position != expected {
        return Err(halts("an event is missing".to_owned()));
    }
    let stream: StreamId = event.stream_name.parse().map_err(|error| halts(format!("{error}")))?;
    DomainEvent::check(&stream, &event.kind, event.type_version).map_err(|e| halts(e.to_string()))?;
    if !P::concerns(&stream) || !P::takes(event) {
        return Ok(Looked::Passed);
    }
    Ok(match recorded(event, stream) {
        Ok(recorded) => Looked::Seen(Box::new(recorded)),
        Err(error) => Looked::Unreadable(error.to_string()),
    })
}

/// What of a span is folded.
#[derive(Debug)]
pub(crate) struct Sorted {
    /// The events that concern the fold and are not parked.
    pub(crate) recorded: Vec<RecordedEvent>,
    /// How many were folded, or do not concern the fold: each was looked at.
    pub(crate) folded: u64,
    /// What is parked by its end.
    pub(crate) parked: Parked,
}

/// Parts what is folded of a span from what is parked. An event that cannot be read parks its stream.
pub(crate) fn sort_out(events: &[Event], looked: Vec<Looked>, parked: Parked) -> Sorted {
    let mut sorted = Sorted { recorded: Vec::with_capacity(looked.len()), folded: 0, parked };
    for (event, looked) in events.iter().zip(looked) {
        if sorted.parked.has(&event.stream_name, event.position) {
            sorted.parked.wait(&event.stream_name);
            continue;
        }
        match looked {
            Looked::Passed => {}
            Looked::Seen(recorded) => sorted.recorded.push(*recorded),
            Looked::Unreadable(error) => {
                sorted.parked.park(poison(event, error));
                sorted.parked.wait(&event.stream_name);
                continue;
            }
        }
        sorted.folded += 1;
    }
    sorted
}

fn recorded(event: &Event, stream: StreamId) -> Result<RecordedEvent, DecodeError> {
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

pub(crate) fn poison(event: &Event, error: String) -> Poison {
    Poison { stream: event.stream_name.to_string(), position: event.position, error }
}

/// Loads the rows that events touch, folds, and writes them. A fold that panics poisons the stream of its event, whose
/// name is looked up among the events `of` which they were made.
pub(crate) async fn fold_into<P: Projection>(
    connection: &mut ViewConnection,
    scope: Scope<'_>,
    events: Vec<RecordedEvent>,
    of: &[Event],
) -> Result<(), FoldError> {
    let mut rows: HashMap<P::Key, Option<P::Row>> = HashMap::new();
    let mut there: Vec<P::Key> = Vec::new();
    for event in &events {
        if let Some(Entry::Vacant(vacant)) = P::key(event).map(|key| rows.entry(key)) {
            if event.version > 1 || !P::ROWS_BEGIN_WITH_STREAMS {
                there.push(vacant.key().clone());
            }
            vacant.insert(None);
        }
    }
    let loaded = P::load(&mut *connection, scope, &there).await?;
    let there: HashSet<P::Key> = loaded.keys().cloned().collect();
    rows.extend(loaded.into_iter().map(|(key, row)| (key, Some(row))));
    let mut poisoned: HashMap<P::Key, Poison> = HashMap::new();
    for event in events {
        let Some(key) = P::key(&event) else { continue };
        let Some(row) = rows.get_mut(&key) else { continue };
        if poisoned.contains_key(&key) {
            continue; // Whatever follows is folded without it.
        }
        let position = event.position;
        match catch_unwind(AssertUnwindSafe(|| P::fold(row.take(), event))) {
            Ok(folded) => *row = Some(folded),
            Err(panic) => {
                let error = format!("the fold panicked: {}", said(&*panic));
                let of = of.iter().find(|event| event.position == position);
                let of = of.ok_or_else(|| halted::<P>(scope.merchant, position, &error))?;
                poisoned.insert(key, poison(of, error));
            }
        }
    }
    if !poisoned.is_empty() {
        return Err(FoldError::Poisoned(poisoned.into_values().collect()));
    }
    let rows = rows.into_iter().filter_map(|(key, row)| Some((key, row?)));
    let (changed, new): (Vec<_>, Vec<_>) = rows.partition(|(key, _)| there.contains(key));
    P::save(connection, scope, &new, Presence::New).await?;
    P::save(connection, scope, &changed, Presence::There).await?;
    Ok(())
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("it said nothing")
}
