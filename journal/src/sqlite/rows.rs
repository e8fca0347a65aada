//! Conversion of rows to records. A value that this program cannot have written is a conversion error.

use rusqlite::types::Type;
use rusqlite::{Result, Row};

use crate::hash::Hash;
use crate::record::{BatchSummary, Event, Head, Outcome, OutcomeKey, OutcomeKind};

/// The columns that [`head`] reads.
pub(super) const HEAD: &str = "position, event_hash, batch, hash, epoch, time, format";

/// The columns that [`event`] reads, and their tables.
pub(super) const EVENT: &str = "event.position, event.event_id, event.stream, stream.name, event.version,
    event.command_end, event.type, event.type_version, event.payload, event.sealed, event.metadata, event.recorded_at,
    event.batch, event.hash
    FROM event LEFT JOIN stream ON stream.merchant = event.merchant AND stream.stream = event.stream";

/// The columns that [`outcome`] reads.
pub(super) const OUTCOME: &str =
    "sender, key, fingerprint, kind, first_position, last_position, answer, batch, ordinal, at";

/// The columns that [`batch`] reads.
pub(super) const BATCH: &str = "batch, id, epoch, first_position, last_position, outcomes, at, hash";

/// Converts a number to SQLite's integer type. A larger number becomes `i64::MAX`; no stored number is that large.
pub(super) fn bounded(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn hash(row: &Row<'_>, index: usize) -> Result<Hash> {
    row.get(index).map(Hash)
}

pub(super) fn head(row: &Row<'_>) -> Result<Head> {
    Ok(Head {
        position: row.get(0)?,
        event_hash: hash(row, 1)?,
        batch: row.get(2)?,
        hash: hash(row, 3)?,
        epoch: row.get(4)?,
        time: row.get(5)?,
        format: row.get(6)?,
    })
}

pub(super) fn event(row: &Row<'_>) -> Result<Event> {
    Ok(Event {
        position: row.get(0)?,
        event_id: row.get(1)?,
        stream: row.get(2)?,
        stream_name: row.get(3)?,
        version: row.get(4)?,
        command_end: row.get(5)?,
        kind: row.get(6)?,
        type_version: row.get(7)?,
        payload: row.get(8)?,
        sealed: row.get(9)?,
        metadata: row.get::<_, Vec<u8>>(10)?.into(),
        recorded_at: row.get(11)?,
        batch: row.get(12)?,
        hash: hash(row, 13)?,
    })
}

pub(super) fn outcome(row: &Row<'_>) -> Result<Outcome> {
    let kind = OutcomeKind::of(row.get(3)?).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(3, Type::Integer, "unknown kind of outcome".into())
    })?;
    Ok(Outcome {
        key: OutcomeKey { sender: row.get(0)?, key: row.get(1)? },
        fingerprint: row.get(2)?,
        kind,
        first_position: row.get(4)?,
        last_position: row.get(5)?,
        answer: row.get(6)?,
        batch: row.get(7)?,
        ordinal: row.get(8)?,
        at: row.get(9)?,
    })
}

pub(super) fn batch(row: &Row<'_>) -> Result<BatchSummary> {
    Ok(BatchSummary {
        number: row.get(0)?,
        id: row.get(1)?,
        epoch: row.get(2)?,
        first_position: row.get(3)?,
        last_position: row.get(4)?,
        outcomes: row.get(5)?,
        at: row.get(6)?,
        hash: hash(row, 7)?,
    })
}
