//! The interface of a projection.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use async_trait::async_trait;
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_journal::Event;

use crate::error::Result;
use crate::store::{Presence, Table, Tables};

/// A decoded event, as a fold receives it.
#[derive(Debug, Clone)]
pub struct RecordedEvent {
    /// The event's position in the journal.
    pub position: u64,
    /// The event's number in its stream, starting at 1.
    pub version: u64,
    /// The position of the last event of the same command.
    pub command_end: u64,
    /// The time of the decision, in microseconds since 1970.
    pub recorded_at: i64,
    pub stream: StreamId,
    pub event: DomainEvent,
    /// The command's metadata (principal, correlation id and so on), as stored in the journal.
    pub metadata: Arc<[u8]>,
}

/// The names of a projection's tables.
pub(crate) fn table_names<P: Projection>() -> Vec<&'static str> {
    P::TABLES.iter().map(|table| table.name).collect()
}

/// Rows of a projection by key.
pub type RowsByKey<P> = HashMap<<P as Projection>::Key, <P as Projection>::Row>;

/// A read model: a pure fold, and how its rows are loaded and saved.
#[async_trait]
pub trait Projection: Send + Sync + 'static {
    /// The projection's name. It is stored with the rows and never changes.
    const NAME: &'static str;
    /// The version of the fold and of its rows. Raise it with every change of either: every node then builds a new
    /// generation.
    const VERSION: i64;
    /// The tables of the rows. Their first two columns are the merchant and the generation.
    const TABLES: &'static [Table];

    type Key: Clone + Eq + Hash + Send + Sync;
    type Row: Clone + Send + Sync;

    /// Whether the first event of a stream always creates its row, so that the row need not be loaded for it. False if
    /// events of several streams change the same row: one of the streams may have been parked before.
    const ROWS_BEGIN_WITH_STREAMS: bool = true;

    /// Whether events of a stream can change a row.
    fn concerns(stream: &StreamId) -> bool;

    /// Whether this event of such a stream can change a row. Decides by the event's header and metadata, before its
    /// payload is decoded.
    fn takes(_: &Event) -> bool {
        true
    }

    /// The key of the row that an event changes, if any. The first event of a stream creates the row.
    fn key(event: &RecordedEvent) -> Option<Self::Key>;

    /// Computes the next state of a row. Pure: it reads nothing but its arguments.
    fn fold(row: Option<Self::Row>, event: RecordedEvent) -> Self::Row;

    /// Loads rows by key. Keys without a row are skipped.
    async fn load(tables: &mut Tables<'_>, keys: &[Self::Key]) -> Result<RowsByKey<Self>>;

    /// Saves rows. Either all of them are new or all of them exist.
    async fn save(tables: &mut Tables<'_>, rows: &[(Self::Key, Self::Row)], presence: Presence)
    -> Result<()>;

    /// Marks the rows of streams as stale, because events of the streams have been parked. `save` clears the mark.
    /// By default does nothing: a projection whose rows are not states of streams has no stale rows.
    async fn mark_stale(_: &mut Tables<'_>, _: &[&str]) -> Result<()> {
        Ok(())
    }
}
