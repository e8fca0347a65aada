//! Everything that writes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params};

use super::query;
use super::schema::{BUSY_TIMEOUT, unavailable};
use crate::batch::{Batch, BatchSummary, KeyChange};
use crate::chain::Hash;
use crate::error::{AppendError, JournalError};
use crate::record::{Claim, Event, Head, Outcome, Snapshot};

/// Appends batches in one transaction, each within a savepoint of its own where there are several.
///
/// `lingering` says whether the log may hold a key that was destroyed.
pub(super) fn append(
    connection: &mut Connection,
    batches: &[Batch],
    lingering: &AtomicBool,
) -> Vec<Result<(), AppendError>> {
    let results = append_all(connection, batches)
        .unwrap_or_else(|error| batches.iter().map(|_| Err(error.clone())).collect());
    let may_be_there = |result: &Result<_, _>| matches!(result, Ok(()) | Err(AppendError::Unknown(_)));
    if batches.iter().zip(&results).any(|(batch, result)| batch.erases() && may_be_there(result)) {
        let emptied = empty_the_log(connection, BUSY_TIMEOUT);
        if let Err(error) = &emptied {
            tracing::warn!(%error, "a destroyed key stays in the write-ahead log for now");
        }
        lingering.store(emptied.is_err(), Ordering::Relaxed);
    } else if lingering.load(Ordering::Relaxed) && empty_the_log(connection, Duration::ZERO).is_ok() {
        lingering.store(false, Ordering::Relaxed);
    }
    results
}

/// Moves everything from the write-ahead log to the database file, so that a destroyed key does not linger there.
/// A reader that holds an old state for longer than `patience` prevents it.
pub(super) fn empty_the_log(connection: &Connection, patience: Duration) -> Result<(), JournalError> {
    connection.busy_timeout(patience).map_err(unavailable)?;
    // Being prevented is not an error to SQLite: it is said in the first column.
    let prevented = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
    connection.busy_timeout(BUSY_TIMEOUT).map_err(unavailable)?;
    if prevented.map_err(unavailable)? {
        return Err(JournalError::Unavailable("a reader is in the way".to_owned()));
    }
    Ok(())
}

pub(super) fn append_all(
    connection: &mut Connection,
    batches: &[Batch],
) -> Result<Vec<Result<(), AppendError>>, AppendError> {
    let mut transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(not_executed)?;
    let results = match batches {
        // Nothing to take back but the whole: without a savepoint no page is copied before it is changed.
        [batch] => vec![Ok(append_one(&transaction, batch)?)],
        several => append_several(&mut transaction, several)?,
    };
    transaction.commit().map_err(|error| match error.sqlite_error_code() {
        // SQLite has rolled back, or dropping the transaction has: nothing was written.
        Some(ErrorCode::DatabaseBusy | ErrorCode::DiskFull | ErrorCode::DatabaseLocked) => {
            not_executed(error)
        }
        _ => AppendError::Unknown(error.to_string()),
    })?;
    Ok(results)
}

fn append_several(
    transaction: &mut Transaction<'_>,
    batches: &[Batch],
) -> Result<Vec<Result<(), AppendError>>, AppendError> {
    let mut results = Vec::with_capacity(batches.len());
    for batch in batches {
        let savepoint = transaction.savepoint().map_err(not_executed)?;
        let result = append_one(&savepoint, batch);
        match result {
            Ok(()) => savepoint.commit().map_err(not_executed)?,
            // Dropping a savepoint takes back what was done since.
            Err(_) => drop(savepoint),
        }
        // A full disk or a failed write takes back the whole transaction, also what was appended before.
        if let (Err(error), true) = (&result, transaction.is_autocommit()) {
            return Err(AppendError::Unavailable(error.to_string()));
        }
        results.push(result);
    }
    Ok(results)
}

#[allow(clippy::needless_pass_by_value, reason = "an error handler")]
fn not_executed(error: rusqlite::Error) -> AppendError {
    AppendError::Unavailable(error.to_string())
}

/// A failed write: for what the batch carries, or because the store cannot write at all.
#[allow(clippy::needless_pass_by_value, reason = "an error handler")]
fn refused_or_unavailable(error: rusqlite::Error) -> AppendError {
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch) => {
            AppendError::Refused(error.to_string())
        }
        // A number that SQLite's integers cannot hold.
        None if matches!(error, rusqlite::Error::ToSqlConversionFailure(_)) => {
            AppendError::Refused(error.to_string())
        }
        _ => AppendError::Unavailable(error.to_string()),
    }
}

pub(super) fn append_one(connection: &Connection, batch: &Batch) -> Result<(), AppendError> {
    if !move_head(connection, batch).map_err(refused_or_unavailable)? {
        return Err(why_not(connection, batch).unwrap_or_else(not_executed));
    }
    let Some(summary) = &batch.summary else {
        return Ok(());
    };
    if let Some(reason) = batch.misnumbered() {
        return Err(AppendError::Refused(reason));
    }
    let write = || -> rusqlite::Result<()> {
        insert_batch(connection, &batch.merchant, summary)?;
        insert_events(connection, &batch.merchant, &batch.events)?;
        insert_outcomes(connection, &batch.merchant, &batch.outcomes)?;
        insert_claims_and_keys(connection, batch)
    };
    write().map_err(refused_or_unavailable)
}

/// Moves the head if it is still the expected one. A batch that writes nothing only looks.
fn move_head(connection: &Connection, batch: &Batch) -> rusqlite::Result<bool> {
    let (expected, next) = (&batch.expected, &batch.next);
    if batch.summary.is_none() {
        let head = query::head(connection, &batch.merchant)?;
        return Ok(
            (head.position, head.hash, head.epoch) == (expected.position, expected.hash, expected.epoch)
        );
    }
    if expected.batch == 0 && expected.epoch == 0 {
        connection
            .prepare_cached(
                "INSERT INTO journal_head (merchant, position, event_hash, batch, hash, epoch, time, format)
                 VALUES (?1, 0, ?2, 0, ?2, 0, 0, ?3) ON CONFLICT DO NOTHING",
            )?
            .execute(params![&*batch.merchant, Hash::default().0, crate::FORMAT])?;
    }
    let moved = connection
        .prepare_cached(
            "UPDATE journal_head SET position = ?5, event_hash = ?6, batch = ?7, hash = ?8, time = ?9
             WHERE merchant = ?1 AND position = ?2 AND hash = ?3 AND epoch = ?4 AND format <= ?10",
        )?
        .execute(params![
            &*batch.merchant,
            expected.position,
            expected.hash.0,
            expected.epoch,
            next.position,
            next.event_hash.0,
            next.batch,
            next.hash.0,
            next.time,
            crate::FORMAT,
        ])?;
    Ok(moved == 1)
}

fn why_not(connection: &Connection, batch: &Batch) -> rusqlite::Result<AppendError> {
    let expected = &batch.expected;
    let head = query::head(connection, &batch.merchant)?;
    if head.format > crate::FORMAT {
        return Ok(AppendError::Unavailable(format!("the journal's format {} is newer", head.format)));
    }
    let known = match expected.batch.checked_sub(1) {
        None => expected.hash == Hash::default(),
        Some(before) => query::batches(connection, &batch.merchant, before, 1)?
            .first()
            .is_some_and(|found| found.number == expected.batch && found.hash == expected.hash),
    };
    Ok(if known { AppendError::HeadMoved(Box::new(head)) } else { AppendError::Forked })
}

fn insert_batch(connection: &Connection, merchant: &str, batch: &BatchSummary) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO batch (merchant, batch, id, epoch, first_position, last_position, outcomes, at, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            merchant,
            batch.number,
            batch.id,
            batch.epoch,
            batch.first_position,
            batch.last_position,
            batch.outcomes,
            batch.at,
            batch.hash.0,
        ])?;
    Ok(())
}

fn insert_events(connection: &Connection, merchant: &str, events: &[Event]) -> rusqlite::Result<()> {
    let mut stream =
        connection.prepare_cached("INSERT INTO stream (merchant, stream, name) VALUES (?1, ?2, ?3)")?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO event (merchant, position, event_id, stream, version, command_end, type, type_version,
                            payload, sealed, metadata, recorded_at, batch, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?;
    for event in events {
        if event.version == 1 {
            stream.execute(params![merchant, event.stream, &*event.stream_name])?;
        }
        insert.execute(params![
            merchant,
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

fn insert_outcomes(connection: &Connection, merchant: &str, outcomes: &[Outcome]) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO outcome (merchant, sender, key, fingerprint, kind, first_position, last_position,
                              answer, batch, ordinal, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    for outcome in outcomes {
        insert.execute(params![
            merchant,
            &*outcome.key.sender,
            &*outcome.key.key,
            outcome.fingerprint,
            outcome.kind as u8,
            outcome.first_position,
            outcome.last_position,
            outcome.answer,
            outcome.batch,
            outcome.ordinal,
            outcome.at,
        ])?;
    }
    Ok(())
}

fn insert_claims_and_keys(connection: &Connection, batch: &Batch) -> rusqlite::Result<()> {
    let mut claim = connection
        .prepare_cached("INSERT INTO claim (merchant, kind, value, stream) VALUES (?1, ?2, ?3, ?4)")?;
    for Claim { key, stream } in &batch.claims {
        claim.execute(params![&*batch.merchant, key.kind, &*key.value, stream])?;
    }
    let mut keep =
        connection.prepare_cached("INSERT INTO subject_key (merchant, subject, key) VALUES (?1, ?2, ?3)")?;
    let mut erase =
        connection.prepare_cached("DELETE FROM subject_key WHERE merchant = ?1 AND subject = ?2")?;
    for change in &batch.key_changes {
        match change {
            KeyChange::Keep(key) => keep.execute(params![&*batch.merchant, &*key.subject, key.key])?,
            KeyChange::Erase(subject) => erase.execute(params![&*batch.merchant, &**subject])?,
        };
    }
    Ok(())
}

pub(super) fn raise_format(connection: &Connection, merchant: &str, to: u32) -> Result<(), JournalError> {
    let raise = "UPDATE journal_head SET format = ?2 WHERE merchant = ?1 AND format < ?2";
    connection.execute(raise, params![merchant, to]).map(drop).map_err(unavailable)
}

pub(super) fn raise_epoch(connection: &mut Connection, merchant: &str) -> Result<Head, JournalError> {
    let mut raise = || {
        let head = Head::default();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "INSERT INTO journal_head (merchant, position, event_hash, batch, hash, epoch, time, format)
             VALUES (?1, 0, ?2, 0, ?2, 1, 0, ?3) ON CONFLICT DO UPDATE SET epoch = epoch + 1",
            params![merchant, head.hash.0, head.format],
        )?;
        let head = query::head(&transaction, merchant)?;
        transaction.commit()?;
        Ok(head)
    };
    raise().map_err(unavailable)
}

pub(super) fn has_batch(
    connection: &Connection,
    merchant: &str,
    number: u64,
    id: [u8; 16],
) -> Result<bool, JournalError> {
    connection
        .query_row(
            "SELECT id FROM batch WHERE merchant = ?1 AND batch = ?2",
            params![merchant, query::bounded(number)],
            |row| row.get::<_, [u8; 16]>(0),
        )
        .optional()
        .map(|found| found == Some(id))
        .map_err(unavailable)
}

pub(super) fn keep_master_key_check(connection: &mut Connection, digest: &[u8]) -> Result<(), JournalError> {
    connection
        .execute(
            "INSERT INTO master_key_check (id, digest) VALUES (1, ?1) ON CONFLICT DO NOTHING",
            params![digest],
        )
        .map(drop)
        .map_err(unavailable)
}

pub(super) fn save_snapshots(
    connection: &mut Connection,
    merchant: &str,
    snapshots: &[Snapshot],
) -> Result<(), JournalError> {
    let mut save = || {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for snapshot in snapshots {
            transaction
                .prepare_cached(
                    "INSERT INTO snapshot (merchant, stream, type_version, version, state)
                     VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT DO UPDATE SET type_version = excluded.type_version,
                         version = excluded.version, state = excluded.state
                     WHERE excluded.version > version OR excluded.type_version <> type_version",
                )?
                .execute(params![
                    merchant,
                    snapshot.stream,
                    snapshot.type_version,
                    snapshot.version,
                    snapshot.state
                ])?;
        }
        transaction.commit()
    };
    save().map_err(unavailable)
}

pub(super) fn prune_refusals(connection: &Connection, before: i64) -> Result<u64, JournalError> {
    connection
        .execute(
            "DELETE FROM outcome WHERE kind = 3 AND at < ?1
                 AND (SELECT batch.at FROM batch
                      WHERE batch.merchant = outcome.merchant AND batch.batch = outcome.batch) < ?1",
            params![before],
        )
        .map(|count| count as u64)
        .map_err(unavailable)
}
