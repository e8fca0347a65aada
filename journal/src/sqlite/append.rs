//! Appending batches, each as one part of a transaction.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior, params};

use super::query;
use super::schema::{BUSY_TIMEOUT, unavailable};
use crate::batch::{Batch, KeyChange};
use crate::error::{AppendError, JournalError};
use crate::hash::Hash;
use crate::record::{BatchSummary, Claim, Event, FORMAT, Outcome};

/// Appends batches in one transaction. If there are several, each has its own savepoint.
///
/// `destroyed_key_in_log` tells whether the write-ahead log may contain a destroyed key.
pub(super) fn append(
    connection: &mut Connection,
    batches: &[Batch],
    destroyed_key_in_log: &AtomicBool,
) -> Vec<Result<(), AppendError>> {
    let results = append_all(connection, batches)
        .unwrap_or_else(|error| batches.iter().map(|_| Err(error.clone())).collect());
    let may_be_appended = |result: &Result<_, _>| matches!(result, Ok(()) | Err(AppendError::Unknown(_)));
    if batches.iter().zip(&results).any(|(batch, result)| batch.erases() && may_be_appended(result)) {
        let truncated = truncate_log(connection, BUSY_TIMEOUT);
        if let Err(error) = &truncated {
            tracing::warn!(
                %error,
                "a destroyed key to personal data is still in the write-ahead log; the next append retries"
            );
        }
        destroyed_key_in_log.store(truncated.is_err(), Ordering::Relaxed);
    } else if destroyed_key_in_log.load(Ordering::Relaxed) && truncate_log(connection, Duration::ZERO).is_ok()
    {
        destroyed_key_in_log.store(false, Ordering::Relaxed);
    }
    results
}

/// Moves everything from the write-ahead log to the database file and truncates the log, so that it contains no destroyed
/// key. Fails if a reader uses an old state for longer than `timeout`.
pub(super) fn truncate_log(connection: &Connection, timeout: Duration) -> Result<(), JournalError> {
    connection.busy_timeout(timeout).map_err(unavailable)?;
    // SQLite reports a blocking reader in the first column, not as an error.
    let blocked = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
    connection.busy_timeout(BUSY_TIMEOUT).map_err(unavailable)?;
    if blocked.map_err(unavailable)? {
        return Err(JournalError::Unavailable(
            "a reader blocks the truncation of the write-ahead log".to_owned(),
        ));
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
        // A failure rolls back the transaction. Without a savepoint, SQLite need not copy pages before changing them.
        [batch] => vec![Ok(append_one(&transaction, batch)?)],
        several => append_several(&mut transaction, several)?,
    };
    transaction.commit().map_err(|error| match error.sqlite_error_code() {
        // SQLite rolls back, or dropping the transaction does: nothing was written.
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
            // Dropping a savepoint rolls it back.
            Err(_) => drop(savepoint),
        }
        // A full disk or a failed write rolls back the whole transaction, including the batches before.
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

/// A failed write, caused by the content of the batch or by the store.
#[allow(clippy::needless_pass_by_value, reason = "an error handler")]
fn refused_or_unavailable(error: rusqlite::Error) -> AppendError {
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch) => {
            AppendError::Refused(error.to_string())
        }
        // A number beyond the range of SQLite's integers.
        None if matches!(error, rusqlite::Error::ToSqlConversionFailure(_)) => {
            AppendError::Refused(error.to_string())
        }
        _ => AppendError::Unavailable(error.to_string()),
    }
}

pub(super) fn append_one(connection: &Connection, batch: &Batch) -> Result<(), AppendError> {
    if !move_head(connection, batch).map_err(refused_or_unavailable)? {
        return Err(rejection(connection, batch).unwrap_or_else(not_executed));
    }
    let Some(summary) = &batch.summary else {
        return Ok(());
    };
    if let Some(reason) = batch.numbering_error() {
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

/// Moves the head if it is still the expected one. An empty batch only checks the head.
fn move_head(connection: &Connection, batch: &Batch) -> rusqlite::Result<bool> {
    let (expected, next) = (&batch.expected, &batch.next);
    if batch.summary.is_none() {
        return Ok(query::head(connection, &batch.merchant)?.accepts(expected));
    }
    if expected.batch == 0 && expected.epoch == 0 {
        connection
            .prepare_cached(
                "INSERT INTO journal_head (merchant, position, event_hash, batch, hash, epoch, time, format)
                 VALUES (?1, 0, ?2, 0, ?2, 0, 0, ?3) ON CONFLICT DO NOTHING",
            )?
            .execute(params![&*batch.merchant, Hash::default().0, FORMAT])?;
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
            FORMAT,
        ])?;
    Ok(moved == 1)
}

/// Why the head was not moved.
fn rejection(connection: &Connection, batch: &Batch) -> rusqlite::Result<AppendError> {
    let head = query::head(connection, &batch.merchant)?;
    if head.format > FORMAT {
        return Ok(AppendError::newer_format(head.format));
    }
    let expected = query::batch_hash(connection, &batch.merchant, batch.expected.batch)?;
    Ok(batch.conflict(head, expected))
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
    let mut create =
        connection.prepare_cached("INSERT INTO subject_key (merchant, subject, key) VALUES (?1, ?2, ?3)")?;
    let mut destroy =
        connection.prepare_cached("DELETE FROM subject_key WHERE merchant = ?1 AND subject = ?2")?;
    for change in &batch.key_changes {
        match change {
            KeyChange::Create(key) => create.execute(params![&*batch.merchant, &*key.subject, key.key])?,
            KeyChange::Destroy(subject) => destroy.execute(params![&*batch.merchant, &**subject])?,
        };
    }
    Ok(())
}
