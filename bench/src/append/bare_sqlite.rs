//! The bare loop on SQLite: the necessary statements of an append, on the journal's tables.

use std::path::Path;

use holdfast_journal::{Hash, OutcomeKind, SqliteJournal};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::orders::Rows;
use crate::error::BenchError;

/// A connection with the journal's settings.
pub struct BareSqlite {
    connection: Connection,
}

impl BareSqlite {
    /// Creates the journal's tables in a directory and opens them.
    pub fn open(directory: &Path) -> Result<Self, BenchError> {
        drop(SqliteJournal::open(directory)?);
        let connection = Connection::open(directory.join("journal.db"))?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "secure_delete", true)?;
        connection.pragma_update(None, "cache_size", -64_000)?;
        connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self { connection })
    }

    /// Writes the rows of a batch in one transaction.
    pub fn append(&mut self, rows: &Rows) -> Result<(), BenchError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        write_batch(&transaction, rows)?;
        write_events(&transaction, rows)?;
        write_outcomes(&transaction, rows)?;
        Ok(transaction.commit()?)
    }

    /// The result of a query for one number.
    #[cfg(test)]
    pub fn count(&self, sql: &str) -> u64 {
        self.connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

fn write_batch(transaction: &Transaction<'_>, rows: &Rows) -> rusqlite::Result<()> {
    let (expected, next) = (&rows.expected, &rows.next);
    if expected.batch == 0 {
        transaction
            .prepare_cached(
                "INSERT INTO journal_head (merchant, position, event_hash, batch, hash, epoch, time, format)
                 VALUES (?1, 0, ?2, 0, ?2, 0, 0, 1)",
            )?
            .execute(params![&*rows.merchant, Hash::default().0])?;
    }
    transaction
        .prepare_cached(
            "UPDATE journal_head SET position = ?5, event_hash = ?6, batch = ?7, hash = ?8, time = ?9
             WHERE merchant = ?1 AND position = ?2 AND hash = ?3 AND epoch = ?4",
        )?
        .execute(params![
            &*rows.merchant,
            expected.position,
            expected.hash.0,
            expected.epoch,
            next.position,
            next.event_hash.0,
            next.batch,
            next.hash.0,
            next.time,
        ])?;
    transaction
        .prepare_cached(
            "INSERT INTO batch (merchant, batch, id, epoch, first_position, last_position, outcomes, at, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            &*rows.merchant,
            next.batch,
            rows.id,
            next.epoch,
            expected.position + 1,
            next.position,
            rows.digests(),
            next.time,
            next.hash.0,
        ])?;
    Ok(())
}

fn write_events(transaction: &Transaction<'_>, rows: &Rows) -> rusqlite::Result<()> {
    let mut stream =
        transaction.prepare_cached("INSERT INTO stream (merchant, stream, name) VALUES (?1, ?2, ?3)")?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO event (merchant, position, event_id, stream, version, command_end, type, type_version,
                            payload, sealed, metadata, recorded_at, batch, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?;
    for event in &rows.events {
        if event.version == 1 {
            stream.execute(params![&*rows.merchant, event.stream, &*event.stream_name])?;
        }
        insert.execute(params![
            &*rows.merchant,
            event.position,
            event.event_id,
            event.stream,
            event.version,
            event.command_end,
            &*event.kind,
            event.type_version,
            event.payload,
            event.sealed,
            &*event.metadata,
            event.recorded_at,
            event.batch,
            event.hash.0,
        ])?;
    }
    Ok(())
}

fn write_outcomes(transaction: &Transaction<'_>, rows: &Rows) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO outcome (merchant, sender, key, fingerprint, kind, first_position, last_position,
                              answer, batch, ordinal, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    for (ordinal, outcome) in (0_u32..).zip(&rows.outcomes) {
        insert.execute(params![
            &*rows.merchant,
            &*outcome.key.sender,
            &*outcome.key.key,
            outcome.fingerprint,
            OutcomeKind::Created as u8,
            outcome.first_position,
            outcome.last_position,
            outcome.answer,
            rows.next.batch,
            ordinal,
            rows.next.time,
        ])?;
    }
    Ok(())
}
