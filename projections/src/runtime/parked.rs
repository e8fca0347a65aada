//! Parked streams: a stream is parked at the first event that cannot be applied, with all events that follow it.

use std::collections::BTreeMap;

use holdfast_journal::Event;

use crate::error::Result;
use crate::store::{Presence, Row, Tables, Upsert};

/// A stream with an event that cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedStream {
    /// The name of the stream.
    pub stream: String,
    /// The position of the event that cannot be applied.
    pub position: u64,
    /// The number of parked events: that event and all later ones of the stream.
    pub events: u64,
    /// Why the event cannot be applied.
    pub error: String,
}

/// The parked streams of a merchant in one generation, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ParkedStreams(BTreeMap<String, ParkedStream>);

impl ParkedStreams {
    /// Whether an event of a stream is parked.
    pub(crate) fn contains(&self, stream: &str, position: u64) -> bool {
        self.0.get(stream).is_some_and(|parked| parked.position <= position)
    }

    /// The number of parked events.
    pub(crate) fn event_count(&self) -> u64 {
        self.0.values().map(|parked| parked.events).sum()
    }

    /// Parks a stream. Its events are counted by [`Self::count_event`], starting with the poison event itself.
    pub(crate) fn park(&mut self, poison_event: PoisonEvent) {
        let PoisonEvent { stream, position, error } = poison_event;
        self.0.insert(stream.clone(), ParkedStream { stream, position, events: 0, error });
    }

    /// Counts one more event of a parked stream.
    pub(crate) fn count_event(&mut self, stream: &str) {
        if let Some(parked) = self.0.get_mut(stream) {
            parked.events += 1;
        }
    }

    /// All parked streams.
    pub(crate) fn streams(&self) -> impl Iterator<Item = &ParkedStream> {
        self.0.values()
    }

    /// The streams that are new or have more events than before.
    fn changed_since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a ParkedStream> {
        self.0.values().filter(|parked| before.0.get(&parked.stream) != Some(parked))
    }

    /// The streams that were not parked before.
    pub(crate) fn added_since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a ParkedStream> {
        self.0.values().filter(|parked| !before.0.contains_key(&parked.stream))
    }
}

#[derive(Debug)]
pub(crate) struct PoisonEvent {
    pub(crate) stream: String,
    pub(crate) position: u64,
    pub(crate) error: String,
}

impl PoisonEvent {
    pub(crate) fn new(event: &Event, error: String) -> Self {
        Self { stream: event.stream_name.to_string(), position: event.position, error }
    }
}

/// Reads the parked streams of a merchant in one generation.
pub(crate) async fn read(tables: &mut Tables<'_>, projection: &'static str) -> Result<ParkedStreams> {
    let query = tables.statement(
        "SELECT stream, position, events, error FROM parked_stream
         WHERE merchant = $1 AND generation = $2 AND projection = $3",
    );
    let query = query.bind(projection);
    let parked = |row: &Row| {
        let stream = row.text(0)?.to_owned();
        let (position, events, error) = (row.unsigned(1)?, row.unsigned(2)?, row.text(3)?.to_owned());
        Ok((stream.clone(), ParkedStream { stream, position, events, error }))
    };
    tables.fetch(query).await?.iter().map(parked).collect::<Result<_, _>>().map(ParkedStreams)
}

/// Writes the streams that are new or have more events than before.
pub(crate) async fn write(
    tables: &mut Tables<'_>,
    projection: &'static str,
    before: &ParkedStreams,
    now: &ParkedStreams,
) -> Result<()> {
    let changed: Vec<&ParkedStream> = now.changed_since(before).collect();
    Upsert::into("parked_stream", &changed, Presence::MayExist)
        .key("projection", |_| projection)
        .key("stream", |parked| parked.stream.as_str())
        .fixed("position", |parked| parked.position)
        .fixed("error", |parked| parked.error.as_str())
        .updated("events", |parked| parked.events)
        .run(tables)
        .await
}

/// Deletes one parked stream, because its events have been applied.
pub(crate) async fn delete(tables: &mut Tables<'_>, projection: &'static str, stream: &str) -> Result<()> {
    let delete = tables.statement(
        "DELETE FROM parked_stream
         WHERE merchant = $1 AND generation = $2 AND projection = $3 AND stream = $4",
    );
    let delete = delete.bind(projection).bind(stream);
    tables.execute(delete).await.map(drop)
}
