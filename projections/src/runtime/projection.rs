//! What a projection is.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use async_trait::async_trait;
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_journal::Event;

use crate::error::ViewError;
use crate::store::{Presence, Scope, Table, ViewConnection};

/// An event as a fold sees it.
#[derive(Debug, Clone)]
pub struct RecordedEvent {
    /// Its place in the journal.
    pub position: u64,
    /// Its place in its stream.
    pub version: u64,
    /// The end of its command.
    pub command_end: u64,
    /// When it was decided, in microseconds since 1970.
    pub recorded_at: i64,
    /// Its stream.
    pub stream: StreamId,
    /// What happened.
    pub event: DomainEvent,
    /// Who, why, through what, as the journal has it.
    pub metadata: Arc<[u8]>,
}

/// The names of a projection's tables.
pub(crate) fn table_names<P: Projection>() -> Vec<&'static str> {
    P::TABLES.iter().map(|table| table.name).collect()
}

/// A read model: a pure fold, and how its rows are kept.
#[async_trait]
pub trait Projection: Send + Sync + 'static {
    /// Its name. Never changed.
    const NAME: &'static str;
    /// The version of the fold and the rows. Raised with every change of either.
    const VERSION: i64;
    /// The tables that its rows are in. Each begins with the merchant and the generation.
    const TABLES: &'static [Table];

    /// What a row is known by.
    type Key: Clone + Eq + Hash + Send + Sync;
    /// A row.
    type Row: Clone + Send + Sync;

    /// Whether a row is touched for the first time by the first event of a stream: then it need not be looked for where that
    /// comes. Not where events of several streams touch one row, of which some may have been parked.
    const ROWS_BEGIN_WITH_STREAMS: bool = true;

    /// Whether any event of a stream touches a row.
    fn concerns(stream: &StreamId) -> bool;

    /// Whether an event of such a stream touches a row, by what stands beside its payload: looked at before that is read.
    fn takes(_: &Event) -> bool {
        true
    }

    /// The row that an event touches, if any. The first event of a stream touches one that is not there yet.
    fn key(event: &RecordedEvent) -> Option<Self::Key>;

    /// What an event makes of a row. Reads nothing but its arguments.
    fn fold(row: Option<Self::Row>, event: RecordedEvent) -> Self::Row;

    /// Reads rows.
    async fn load(
        connection: &mut ViewConnection,
        scope: Scope<'_>,
        keys: &[Self::Key],
    ) -> Result<HashMap<Self::Key, Self::Row>, ViewError>;

    /// Writes rows, all of which are new or all of which are there.
    async fn save(
        connection: &mut ViewConnection,
        scope: Scope<'_>,
        rows: &[(Self::Key, Self::Row)],
        presence: Presence,
    ) -> Result<(), ViewError>;

    /// Marks the rows of streams as old: events of theirs are parked. Whoever writes them again takes the mark away.
    async fn mark_stale(
        connection: &mut ViewConnection,
        scope: Scope<'_>,
        streams: &[&str],
    ) -> Result<(), ViewError>;
}
