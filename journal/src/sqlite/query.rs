//! Queries that several capabilities share.

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::rows::{self, BATCH, EVENT, HEAD, bounded};
use crate::hash::Hash;
use crate::record::{BatchSummary, Event, Head};

pub(super) fn head(connection: &Connection, merchant: &str) -> Result<Head> {
    connection
        .prepare_cached(&format!("SELECT {HEAD} FROM journal_head WHERE merchant = ?1"))?
        .query_row(params![merchant], rows::head)
        .optional()
        .map(Option::unwrap_or_default)
}

pub(super) fn batches(
    connection: &Connection,
    merchant: &str,
    after: u64,
    limit: usize,
) -> Result<Vec<BatchSummary>> {
    connection
        .prepare_cached(&format!(
            "SELECT {BATCH} FROM batch WHERE merchant = ?1 AND batch > ?2 ORDER BY batch LIMIT ?3"
        ))?
        .query_map(params![merchant, bounded(after), bounded(limit as u64)], rows::batch)?
        .collect()
}

/// The hash of the batch with this number; `None` if there is no such batch.
pub(super) fn batch_hash(connection: &Connection, merchant: &str, number: u64) -> Result<Option<Hash>> {
    if number == 0 {
        return Ok(Some(Hash::default()));
    }
    connection
        .prepare_cached("SELECT hash FROM batch WHERE merchant = ?1 AND batch = ?2")?
        .query_row(params![merchant, bounded(number)], |row| row.get(0).map(Hash))
        .optional()
}

pub(super) fn stream_number(connection: &Connection, merchant: &str, name: &str) -> Result<Option<u64>> {
    connection
        .prepare_cached("SELECT stream FROM stream WHERE merchant = ?1 AND name = ?2")?
        .query_row(params![merchant, name], |row| row.get(0))
        .optional()
}

pub(super) fn stream_events(
    connection: &Connection,
    merchant: &str,
    stream: u64,
    after_version: u64,
    up_to: u64,
) -> Result<Vec<Event>> {
    connection
        .prepare_cached(&format!(
            "SELECT {EVENT} WHERE event.merchant = ?1 AND event.stream = ?2 AND event.version > ?3
             AND event.command_end <= ?4 AND event.position > 0 ORDER BY event.version"
        ))?
        .query_map(params![merchant, stream, bounded(after_version), bounded(up_to)], rows::event)?
        .collect()
}
