//! Applying events to the rows that they change.

use std::any::Any;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use holdfast_journal::Event;

use super::classify::{Classified, halted};
use super::parked::{ParkedStreams, PoisonEvent};
use super::projection::{Projection, RecordedEvent};
use crate::error::{Result, ViewError};
use crate::store::{Presence, Tables};

/// Why events were not applied.
#[derive(Debug)]
pub(crate) enum ApplyError {
    /// The projection or its store has failed.
    View(ViewError),
    /// Some streams have an event that cannot be applied, at most one each. The caller parks them and applies the other
    /// events again.
    Poisoned(Vec<PoisonEvent>),
}

impl<E: Into<ViewError>> From<E> for ApplyError {
    fn from(error: E) -> Self {
        Self::View(error.into())
    }
}

/// The events of a batch, without those of parked streams.
#[derive(Debug)]
pub(crate) struct Partitioned {
    pub(crate) relevant: Vec<RecordedEvent>,
    /// The number of events that count as folded: the relevant and the irrelevant ones.
    pub(crate) folded: u64,
    /// The streams that are parked at the end of the batch.
    pub(crate) parked: ParkedStreams,
}

/// Separates the events to apply from those of parked streams. An undecodable event parks its stream.
pub(crate) fn partition_parked(
    events: &[Event],
    classified: Vec<Classified>,
    parked: ParkedStreams,
) -> Partitioned {
    let mut batch = Partitioned { relevant: Vec::with_capacity(classified.len()), folded: 0, parked };
    for (event, classified) in events.iter().zip(classified) {
        if batch.parked.contains(&event.stream_name, event.position) {
            batch.parked.count_event(&event.stream_name);
            continue;
        }
        match classified {
            Classified::Irrelevant => {}
            Classified::Relevant(recorded) => batch.relevant.push(*recorded),
            Classified::Undecodable(error) => {
                batch.parked.park(PoisonEvent::new(event, error));
                batch.parked.count_event(&event.stream_name);
                continue;
            }
        }
        batch.folded += 1;
    }
    batch
}

/// Loads the rows that events change, folds the events into them, and saves them. An event whose fold panics poisons
/// its stream; the name of the stream is taken from `sources`, the events as read from the journal.
pub(crate) async fn apply<P: Projection>(
    tables: &mut Tables<'_>,
    events: Vec<RecordedEvent>,
    sources: &[Event],
) -> Result<(), ApplyError> {
    let (mut rows, existing) = load_rows::<P>(tables, &events).await?;
    let mut poisoned: HashMap<P::Key, PoisonEvent> = HashMap::new();
    for event in events {
        let Some(key) = P::key(&event) else { continue };
        let Some(row) = rows.get_mut(&key) else { continue };
        if poisoned.contains_key(&key) {
            continue; // The caller applies the batch again without this stream.
        }
        let position = event.position;
        match catch_unwind(AssertUnwindSafe(|| P::fold(row.take(), event))) {
            Ok(folded) => *row = Some(folded),
            Err(panic) => {
                let error = format!("the fold panicked: {}", panic_message(&*panic));
                let source = sources.iter().find(|event| event.position == position);
                let source = source.ok_or_else(|| halted::<P>(tables.scope.merchant, position, &error))?;
                poisoned.insert(key, PoisonEvent::new(source, error));
            }
        }
    }
    if !poisoned.is_empty() {
        return Err(ApplyError::Poisoned(poisoned.into_values().collect()));
    }
    let rows = rows.into_iter().filter_map(|(key, row)| Some((key, row?)));
    let (changed, new): (Vec<_>, Vec<_>) = rows.partition(|(key, _)| existing.contains(key));
    P::save(tables, &new, Presence::New).await?;
    P::save(tables, &changed, Presence::MayExist).await?;
    Ok(())
}

/// Rows by key; `None` where a row does not exist yet.
type Rows<P> = HashMap<<P as Projection>::Key, Option<<P as Projection>::Row>>;

/// Loads the rows that events change. Returns an entry for every key, and the keys whose rows exist.
async fn load_rows<P: Projection>(
    tables: &mut Tables<'_>,
    events: &[RecordedEvent],
) -> Result<(Rows<P>, HashSet<P::Key>)> {
    let mut rows: Rows<P> = HashMap::new();
    let mut may_exist: Vec<P::Key> = Vec::new();
    for event in events {
        if let Some(Entry::Vacant(vacant)) = P::key(event).map(|key| rows.entry(key)) {
            if event.version > 1 || !P::ROWS_BEGIN_WITH_STREAMS {
                may_exist.push(vacant.key().clone());
            }
            vacant.insert(None);
        }
    }
    let loaded = P::load(tables, &may_exist).await?;
    let existing: HashSet<P::Key> = loaded.keys().cloned().collect();
    rows.extend(loaded.into_iter().map(|(key, row)| (key, Some(row))));
    Ok((rows, existing))
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}
