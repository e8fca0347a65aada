//! Streams that cannot be folded: an event of theirs is set aside, and those after it wait behind it.

use std::collections::BTreeMap;

use crate::error::ViewError;
use crate::store::{Presence, Row, Scope, Statement, Upsert, ViewConnection};

/// A stream of which an event could not be folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedStream {
    /// Which stream.
    pub stream: String,
    /// The position of the event that could not be folded.
    pub position: u64,
    /// It and those after it.
    pub events: u64,
    /// Why it could not.
    pub error: String,
}

/// The parked streams of a merchant in one generation, by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Parked(BTreeMap<String, ParkedStream>);

impl Parked {
    /// Whether an event of a stream waits: it is the one that could not be folded, or behind it.
    pub(crate) fn has(&self, stream: &str, position: u64) -> bool {
        self.0.get(stream).is_some_and(|parked| parked.position <= position)
    }

    /// How many events wait.
    pub(crate) fn events(&self) -> u64 {
        self.0.values().map(|parked| parked.events).sum()
    }

    /// A stream is parked from an event on, which is counted when it is met again.
    pub(crate) fn park(&mut self, poison: Poison) {
        let Poison { stream, position, error } = poison;
        self.0.insert(stream.clone(), ParkedStream { stream, position, events: 0, error });
    }

    /// One more event of a parked stream.
    pub(crate) fn wait(&mut self, stream: &str) {
        if let Some(parked) = self.0.get_mut(stream) {
            parked.events += 1;
        }
    }

    /// All of them.
    pub(crate) fn streams(&self) -> impl Iterator<Item = &ParkedStream> {
        self.0.values()
    }

    /// Those that are new or have more events than before.
    fn changed<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a ParkedStream> {
        self.0.values().filter(|parked| before.0.get(&parked.stream) != Some(parked))
    }

    /// Those that were not parked before.
    pub(crate) fn added<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a ParkedStream> {
        self.0.values().filter(|parked| !before.0.contains_key(&parked.stream))
    }
}

/// An event that could not be folded.
#[derive(Debug)]
pub(crate) struct Poison {
    pub(crate) stream: String,
    pub(crate) position: u64,
    pub(crate) error: String,
}

/// The parked streams of a merchant in one generation.
pub(crate) async fn read(
    connection: &mut ViewConnection,
    projection: &'static str,
    scope: Scope<'_>,
) -> Result<Parked, ViewError> {
    let question = Statement::new(
        "SELECT stream, position, events, error FROM parked_stream
         WHERE merchant = $1 AND generation = $2 AND projection = $3",
    );
    let question = question.bind(scope.merchant).bind(scope.generation).bind(projection);
    let parked = |row: &Row| {
        let stream = row.text(0)?.to_owned();
        let (position, events, error) = (row.unsigned(1)?, row.unsigned(2)?, row.text(3)?.to_owned());
        Ok((stream.clone(), ParkedStream { stream, position, events, error }))
    };
    connection.fetch(question).await?.iter().map(parked).collect::<Result<_, _>>().map(Parked)
}

/// Writes what is parked now and was not, or not as much, before.
pub(crate) async fn write(
    connection: &mut ViewConnection,
    projection: &'static str,
    scope: Scope<'_>,
    before: &Parked,
    now: &Parked,
) -> Result<(), ViewError> {
    let changed: Vec<&ParkedStream> = now.changed(before).collect();
    Upsert::into("parked_stream", scope, &changed, Presence::There)
        .key("projection", |_| projection)
        .key("stream", |parked| parked.stream.as_str())
        .fixed("position", |parked| parked.position)
        .fixed("error", |parked| parked.error.as_str())
        .changing("events", |parked| parked.events)
        .run(connection)
        .await
}

/// Forgets what is parked in a generation of which no row is left.
pub(crate) async fn forget(
    connection: &mut ViewConnection,
    projection: &'static str,
    generation: i64,
) -> Result<(), ViewError> {
    let forget = Statement::new("DELETE FROM parked_stream WHERE projection = $1 AND generation = $2");
    connection.execute(forget.bind(projection).bind(generation)).await.map(drop)
}

/// A stream waits no more.
pub(crate) async fn release(
    connection: &mut ViewConnection,
    projection: &'static str,
    scope: Scope<'_>,
    stream: &str,
) -> Result<(), ViewError> {
    let release = Statement::new(
        "DELETE FROM parked_stream
         WHERE merchant = $1 AND generation = $2 AND projection = $3 AND stream = $4",
    );
    let release = release.bind(scope.merchant).bind(scope.generation).bind(projection).bind(stream);
    connection.execute(release).await.map(drop)
}
