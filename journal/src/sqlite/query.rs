//! Everything that reads.

use std::sync::Arc;

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::schema::unavailable;
use crate::batch::BatchSummary;
use crate::chain::Hash;
use crate::error::JournalError;
use crate::record::{
    ClaimKey, Event, Head, LoadRequest, Loaded, LoadedStream, Outcome, OutcomeKey, OutcomeKind, Snapshot,
};
use crate::verify::Finding;

const HEAD: &str = "position, event_hash, batch, hash, epoch, time, format";

const EVENT: &str = "event.position, event.event_id, event.stream, stream.name, event.version, event.command_end,
    event.type, event.type_version, event.payload, event.sealed, event.metadata, event.recorded_at, event.batch,
    event.hash FROM event LEFT JOIN stream ON stream.merchant = event.merchant AND stream.stream = event.stream";

/// A page ends at about so many bytes, so that large payloads do not fill the memory.
const PAGE_BYTES: usize = 32 << 20;

const OUTCOME: &str =
    "sender, key, fingerprint, kind, first_position, last_position, answer, batch, ordinal, at";

/// Runs all of a read on one snapshot, and lets go of it.
pub(super) fn consistent<T>(
    connection: &mut Connection,
    read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> Result<T, JournalError> {
    let within = |transaction: Transaction<'_>| {
        let found = read(&transaction)?;
        transaction.finish()?;
        Ok(found)
    };
    connection.transaction_with_behavior(TransactionBehavior::Deferred).and_then(within).map_err(unavailable)
}

/// A number as SQLite's integers can hold it. Nothing is stored beyond them.
pub(super) fn bounded(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn hash(row: &Row<'_>, index: usize) -> rusqlite::Result<Hash> {
    row.get(index).map(Hash)
}

fn head_of(row: &Row<'_>) -> rusqlite::Result<Head> {
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

pub(super) fn head(connection: &Connection, merchant: &str) -> rusqlite::Result<Head> {
    connection
        .prepare_cached(&format!("SELECT {HEAD} FROM journal_head WHERE merchant = ?1"))?
        .query_row(params![merchant], head_of)
        .optional()
        .map(Option::unwrap_or_default)
}

pub(super) fn heads(connection: &Connection) -> rusqlite::Result<Vec<(String, Head)>> {
    connection
        .prepare_cached(&format!("SELECT {HEAD}, merchant FROM journal_head ORDER BY merchant"))?
        .query_map([], |row| Ok((row.get(7)?, head_of(row)?)))?
        .collect()
}

/// Every merchant that has left anything, whether or not its head is still there.
pub(super) fn merchants(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let next = |found: &str| {
        let least = ["journal_head", "batch", "event", "outcome"]
            .map(|table| format!("SELECT min(merchant) AS merchant FROM {table} WHERE merchant {found}"))
            .join(" UNION ALL ");
        connection.prepare_cached(&format!("SELECT min(merchant) FROM ({least})"))
    };
    let mut merchants: Vec<String> = Vec::new();
    let mut found: Option<String> = next(">= ''")?.query_row([], |row| row.get(0))?;
    let mut next = next("> ?1")?;
    while let Some(merchant) = found {
        found = next.query_row(params![merchant], |row| row.get(0))?;
        merchants.push(merchant);
    }
    Ok(merchants)
}

fn event_of(row: &Row<'_>) -> rusqlite::Result<Event> {
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

pub(super) fn read(
    connection: &Connection,
    merchant: &str,
    after: u64,
    limit: usize,
) -> rusqlite::Result<Vec<Event>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {EVENT} WHERE event.merchant = ?1 AND event.position > ?2 ORDER BY event.position LIMIT ?3"
    ))?;
    let mut rows = statement.query(params![merchant, bounded(after), bounded(limit as u64)])?;
    let (mut events, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let event = event_of(row)?;
        bytes += event.bytes();
        events.push(event);
        if bytes >= PAGE_BYTES {
            break;
        }
    }
    // The last command may reach beyond the page: its rest belongs to it.
    if let Some(last) = events.last().filter(|last| last.command_end > last.position) {
        let (position, end) = (last.position, last.command_end);
        events.extend(rest_of_command(connection, merchant, position, end)?);
    }
    Ok(events)
}

fn rest_of_command(
    connection: &Connection,
    merchant: &str,
    after: u64,
    end: u64,
) -> rusqlite::Result<Vec<Event>> {
    connection
        .prepare_cached(&format!(
            "SELECT {EVENT} WHERE event.merchant = ?1 AND event.position > ?2 AND event.position <= ?3
             AND event.command_end = ?3 ORDER BY event.position"
        ))?
        .query_map(params![merchant, after, end], event_of)?
        .collect()
}

fn position_of(found: &Result<Event, Finding>) -> u64 {
    found.as_ref().map_or_else(|finding| finding.position, |event| event.position)
}

/// Whether there is an event where no position is.
fn precedes_the_first(connection: &Connection, merchant: &str) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM event WHERE merchant = ?1 AND position < 1)")?
        .query_row(params![merchant], |row| row.get(0))
}

/// Events one by one, each as far as it can be read.
pub(super) fn examine(
    connection: &Connection,
    merchant: &str,
    after: u64,
    limit: usize,
) -> rusqlite::Result<Vec<Result<Event, Finding>>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {EVENT} WHERE event.merchant = ?1 AND event.position > ?2
         AND typeof(event.position) = 'integer' ORDER BY event.position LIMIT ?3"
    ))?;
    let mut rows = statement.query(params![merchant, bounded(after), bounded(limit as u64)])?;
    let (mut found, mut bytes) = (Vec::new(), 0);
    if after == 0 && precedes_the_first(connection, merchant)? {
        found
            .push(Err(Finding { position: 0, what: "an event stands before the first position".to_owned() }));
    }
    while bytes < PAGE_BYTES {
        let row = match (rows.next(), found.last()) {
            (Ok(Some(row)), _) => row,
            (Ok(None), _) => break,
            (Err(error), None) => return Err(error),
            // What was read before the damage is worth having.
            (Err(error), Some(last)) => {
                let next = position_of(last) + 1;
                found.push(Err(Finding::unreadable(next, "what begins here", &error)));
                break;
            }
        };
        let position = row.get(0)?;
        let event = event_of(row);
        bytes += event.as_ref().map_or(0, Event::bytes);
        found.push(event.map_err(|error| Finding::unreadable(position, "the event", &error)));
    }
    Ok(found)
}

fn stream_number(connection: &Connection, merchant: &str, name: &str) -> rusqlite::Result<Option<u64>> {
    connection
        .prepare_cached("SELECT stream FROM stream WHERE merchant = ?1 AND name = ?2")?
        .query_row(params![merchant, name], |row| row.get(0))
        .optional()
}

fn stream_events(
    connection: &Connection,
    merchant: &str,
    stream: u64,
    after_version: u64,
    up_to: u64,
) -> rusqlite::Result<Vec<Event>> {
    connection
        .prepare_cached(&format!(
            "SELECT {EVENT} WHERE event.merchant = ?1 AND event.stream = ?2 AND event.version > ?3
             AND event.command_end <= ?4 AND event.position > 0 ORDER BY event.version"
        ))?
        .query_map(params![merchant, stream, bounded(after_version), bounded(up_to)], event_of)?
        .collect()
}

pub(super) fn read_stream(
    connection: &Connection,
    merchant: &str,
    name: &str,
    up_to: u64,
) -> rusqlite::Result<Vec<Event>> {
    match stream_number(connection, merchant, name)? {
        Some(stream) => stream_events(connection, merchant, stream, 0, up_to),
        None => Ok(Vec::new()),
    }
}

/// Which part of a stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct StreamPage {
    /// Behind this version.
    pub(super) after_version: u64,
    /// Of whole commands up to this position.
    pub(super) up_to: u64,
    /// So many events at most.
    pub(super) most: usize,
}

pub(super) fn read_stream_page(
    connection: &Connection,
    merchant: &str,
    name: &str,
    StreamPage { after_version, up_to, most }: StreamPage,
) -> rusqlite::Result<Vec<Event>> {
    let Some(stream) = stream_number(connection, merchant, name)? else { return Ok(Vec::new()) };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {EVENT} WHERE event.merchant = ?1 AND event.stream = ?2 AND event.version > ?3
         AND event.position > 0 ORDER BY event.version LIMIT ?4"
    ))?;
    let mut rows =
        statement.query(params![merchant, stream, bounded(after_version), bounded(most as u64)])?;
    let (mut events, mut bytes) = (Vec::new(), 0);
    while bytes < PAGE_BYTES
        && let Some(row) = rows.next()?
    {
        let event = event_of(row)?;
        // Looked at here and not asked for: what lies behind the end may be as long as what lies before it.
        if event.command_end > up_to {
            break;
        }
        bytes += event.bytes();
        events.push(event);
    }
    Ok(events)
}

pub(super) fn load(
    connection: &Connection,
    merchant: &str,
    request: &LoadRequest,
) -> rusqlite::Result<Loaded> {
    let streams = request.streams.iter().map(|name| load_stream(connection, merchant, name));
    let claims = request.claims.iter().map(|key| claim(connection, merchant, key));
    let outcomes = request.outcomes.iter().map(|key| outcome(connection, merchant, key));
    Ok(Loaded {
        streams: streams.collect::<Result<_, _>>()?,
        claims: claims.collect::<Result<_, _>>()?,
        outcomes: outcomes.collect::<Result<_, _>>()?,
    })
}

fn load_stream(
    connection: &Connection,
    merchant: &str,
    name: &str,
) -> rusqlite::Result<Option<LoadedStream>> {
    let Some(stream) = stream_number(connection, merchant, name)? else {
        return Ok(None);
    };
    let snapshot = connection
        .prepare_cached(
            "SELECT type_version, version, state FROM snapshot WHERE merchant = ?1 AND stream = ?2",
        )?
        .query_row(params![merchant, stream], |row| {
            Ok(Snapshot { stream, type_version: row.get(0)?, version: row.get(1)?, state: row.get(2)? })
        })
        .optional()?;
    let after = snapshot.as_ref().map_or(0, |snapshot| snapshot.version);
    let events = stream_events(connection, merchant, stream, after, u64::MAX)?;
    Ok(Some(LoadedStream { stream, snapshot, events }))
}

fn claim(connection: &Connection, merchant: &str, key: &ClaimKey) -> rusqlite::Result<Option<Arc<str>>> {
    connection
        .prepare_cached(
            "SELECT stream.name FROM claim
             JOIN stream ON stream.merchant = claim.merchant AND stream.stream = claim.stream
             WHERE claim.merchant = ?1 AND claim.kind = ?2 AND claim.value = ?3",
        )?
        .query_row(params![merchant, key.kind, &*key.value], |row| row.get(0))
        .optional()
}

fn outcome_of(row: &Row<'_>) -> rusqlite::Result<Outcome> {
    let number: u8 = row.get(3)?;
    let kind = OutcomeKind::of(number).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(3, Type::Integer, "not a kind of outcome".into())
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

fn outcome(connection: &Connection, merchant: &str, key: &OutcomeKey) -> rusqlite::Result<Option<Outcome>> {
    connection
        .prepare_cached(&format!(
            "SELECT {OUTCOME} FROM outcome WHERE merchant = ?1 AND sender = ?2 AND key = ?3"
        ))?
        .query_row(params![merchant, &*key.sender, &*key.key], outcome_of)
        .optional()
}

pub(super) fn outcomes(
    connection: &Connection,
    merchant: &str,
    from: u64,
    to: u64,
) -> rusqlite::Result<Vec<Outcome>> {
    connection
        .prepare_cached(&format!(
            "SELECT {OUTCOME} FROM outcome WHERE merchant = ?1 AND batch BETWEEN ?2 AND ?3
             ORDER BY batch, ordinal"
        ))?
        .query_map(params![merchant, bounded(from), bounded(to)], outcome_of)?
        .collect()
}

pub(super) fn position_at(connection: &Connection, merchant: &str, time: i64) -> rusqlite::Result<u64> {
    // Decision time never runs backwards along positions, so the boundary is found by halving.
    let (mut low, mut high) = (0, head(connection, merchant)?.position);
    let mut recorded = connection
        .prepare_cached("SELECT recorded_at, command_end FROM event WHERE merchant = ?1 AND position = ?2")?;
    let mut end = 0;
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        let (recorded_at, command_end): (i64, u64) =
            recorded.query_row(params![merchant, middle], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if recorded_at <= time {
            (low, end) = (middle, command_end);
        } else {
            high = middle - 1;
        }
    }
    Ok(end)
}

pub(super) fn subject_key(
    connection: &Connection,
    merchant: &str,
    subject: &str,
) -> rusqlite::Result<Option<Vec<u8>>> {
    connection
        .prepare_cached("SELECT key FROM subject_key WHERE merchant = ?1 AND subject = ?2")?
        .query_row(params![merchant, subject], |row| row.get(0))
        .optional()
}

pub(super) fn batches(
    connection: &Connection,
    merchant: &str,
    after: u64,
    limit: usize,
) -> rusqlite::Result<Vec<BatchSummary>> {
    connection
        .prepare_cached(
            "SELECT batch, id, epoch, first_position, last_position, outcomes, at, hash FROM batch
             WHERE merchant = ?1 AND batch > ?2 ORDER BY batch LIMIT ?3",
        )?
        .query_map(params![merchant, bounded(after), bounded(limit as u64)], |row| {
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
        })?
        .collect()
}

pub(super) fn master_key_check(connection: &Connection) -> rusqlite::Result<Option<Vec<u8>>> {
    connection.query_row("SELECT digest FROM master_key_check", [], |row| row.get(0)).optional()
}
