//! Conversion of rows to records. A value that this program cannot have written is a decoding error.

use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::hash::Hash;
use crate::record::{BatchSummary, Event, Head, Outcome, OutcomeKey, OutcomeKind};

fn invalid(index: usize, reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: index.to_string(), source: reason.into() }
}

/// Reads a number that is never negative.
pub(super) fn number(row: &PgRow, index: usize) -> Result<u64, sqlx::Error> {
    row.try_get::<i64, _>(index)?.try_into().map_err(|e| invalid(index, e))
}

fn small_number(row: &PgRow, index: usize) -> Result<u32, sqlx::Error> {
    row.try_get::<i32, _>(index)?.try_into().map_err(|e| invalid(index, e))
}

/// Converts a format or a type's version to the database's integer type.
pub(super) fn small(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn bytes<const N: usize>(row: &PgRow, index: usize) -> Result<[u8; N], sqlx::Error> {
    row.try_get::<&[u8], _>(index)?.try_into().map_err(|e| invalid(index, e))
}

pub(super) fn hash(row: &PgRow, index: usize) -> Result<Hash, sqlx::Error> {
    bytes(row, index).map(Hash)
}

/// The columns that [`head`] reads.
macro_rules! head_columns {
    () => {
        "position, event_hash, batch, hash, epoch, time, format"
    };
}
pub(super) use head_columns;

pub(super) fn head(row: &PgRow) -> Result<Head, sqlx::Error> {
    Ok(Head {
        position: number(row, 0)?,
        event_hash: hash(row, 1)?,
        batch: number(row, 2)?,
        hash: hash(row, 3)?,
        epoch: number(row, 4)?,
        time: row.try_get(5)?,
        format: small_number(row, 6)?,
    })
}

/// The columns that [`event`] reads, of the events that meet a condition.
macro_rules! select_events {
    ($($condition:literal),*) => {
        concat!(
            "SELECT position, event_id, event.stream,
                    (SELECT name FROM stream AS s WHERE s.merchant = event.merchant AND s.stream = event.stream),
                    version, command_end, type, type_version, payload, sealed, metadata, recorded_at, batch, hash
             FROM event WHERE event.merchant = $1 AND ",
            $($condition),*
        )
    };
}
pub(super) use select_events;

pub(super) fn event(row: &PgRow) -> Result<Event, sqlx::Error> {
    Ok(Event {
        position: number(row, 0)?,
        event_id: bytes(row, 1)?,
        stream: number(row, 2)?,
        stream_name: row.try_get::<&str, _>(3)?.into(),
        version: number(row, 4)?,
        command_end: number(row, 5)?,
        kind: row.try_get::<&str, _>(6)?.into(),
        type_version: small_number(row, 7)?,
        payload: row.try_get(8)?,
        sealed: row.try_get(9)?,
        metadata: row.try_get::<&[u8], _>(10)?.into(),
        recorded_at: row.try_get(11)?,
        batch: number(row, 12)?,
        hash: hash(row, 13)?,
    })
}

/// The columns that [`outcome`] reads, of a table named `o`.
macro_rules! outcome_columns {
    () => {
        "o.sender, o.key, o.fingerprint, o.kind, o.first_position, o.last_position, o.answer, o.batch,
         o.ordinal, o.at"
    };
}
pub(super) use outcome_columns;

pub(super) fn outcome(row: &PgRow) -> Result<Outcome, sqlx::Error> {
    let kind = u8::try_from(row.try_get::<i16, _>(3)?).ok().and_then(OutcomeKind::of);
    Ok(Outcome {
        key: OutcomeKey { sender: row.try_get::<&str, _>(0)?.into(), key: row.try_get::<&str, _>(1)?.into() },
        fingerprint: bytes(row, 2)?,
        kind: kind.ok_or_else(|| invalid(3, "unknown kind of outcome"))?,
        first_position: number(row, 4)?,
        last_position: number(row, 5)?,
        answer: row.try_get(6)?,
        batch: number(row, 7)?,
        ordinal: number(row, 8)?.try_into().map_err(|e| invalid(8, e))?,
        at: row.try_get(9)?,
    })
}

/// Reads the columns `batch, id, epoch, first_position, last_position, outcomes, at, hash`.
pub(super) fn batch(row: &PgRow) -> Result<BatchSummary, sqlx::Error> {
    Ok(BatchSummary {
        number: number(row, 0)?,
        id: bytes(row, 1)?,
        epoch: number(row, 2)?,
        first_position: number(row, 3)?,
        last_position: number(row, 4)?,
        outcomes: row.try_get(5)?,
        at: row.try_get(6)?,
        hash: hash(row, 7)?,
    })
}
