//! Appending batches: all of an append by one statement, if possible.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use sqlx::Connection;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool, Postgres};

use super::columns::Columns;
use super::connection::Pools;
use super::errors::{append_error, may_concern_one_batch, unavailable};
use super::{query, rows};
use crate::batch::{Batch, KeyChange};
use crate::error::AppendError;
use crate::record::FORMAT;

/// The maximum duration of an append by this node's clock: more than the server allows a statement. After that the
/// outcome is unknown, and the connection is closed.
const APPEND_TIMEOUT: Duration = Duration::from_secs(15);

/// Moves the heads that are still the expected ones, and inserts the records of the batches whose heads moved.
///
/// Heads are locked in the order of their merchants, so that two nodes cannot deadlock.
const APPEND: &str = "
WITH expected AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::bigint[], $5::boolean[], $6::bigint[],
                         $7::bytea[], $8::bigint[], $9::bytea[], $10::bigint[], $11::bytea[], $12::bigint[],
                         $13::bytea[], $14::bigint[])
        WITH ORDINALITY AS b(merchant, expected_position, expected_hash, epoch, first, position,
                             event_hash, batch, hash, time, id, first_position,
                             outcomes, at, ordinal)
), locked AS MATERIALIZED (
    SELECT merchant FROM journal_head WHERE merchant = ANY($1) ORDER BY merchant FOR UPDATE
), changed AS (
    UPDATE journal_head AS h
    SET position = b.position, event_hash = b.event_hash, batch = b.batch, hash = b.hash, time = b.time
    FROM expected AS b JOIN locked USING (merchant)
    WHERE h.merchant = b.merchant AND h.position = b.expected_position AND h.hash = b.expected_hash
        AND h.epoch = b.epoch AND h.format <= $15
    RETURNING h.merchant
), created AS (
    INSERT INTO journal_head (merchant, position, event_hash, batch, hash, epoch, time, format)
    SELECT merchant, position, event_hash, batch, hash, epoch, time, $15 FROM expected WHERE first
    ON CONFLICT DO NOTHING RETURNING merchant
), moved AS MATERIALIZED (
    SELECT * FROM expected
    WHERE merchant IN (SELECT merchant FROM changed UNION ALL SELECT merchant FROM created)
), new_batch AS (
    INSERT INTO batch (merchant, batch, id, epoch, first_position, last_position, outcomes, at, hash)
    SELECT merchant, batch, id, epoch, first_position, position, outcomes, at, hash FROM moved
), new_stream AS (
    INSERT INTO stream (merchant, stream, name)
    SELECT m.merchant, n.stream, n.name
    FROM unnest($16::bigint[], $17::bigint[], $18::text[]) AS n(ordinal, stream, name)
    JOIN moved AS m USING (ordinal)
), new_event AS (
    INSERT INTO event (merchant, position, event_id, stream, version, command_end, type, type_version,
                       payload, sealed, metadata, recorded_at, batch, hash)
    SELECT m.merchant, n.position, n.event_id, n.stream, n.version, n.command_end, n.type, n.type_version,
           n.payload, n.sealed, n.metadata, n.recorded_at, m.batch, n.hash
    FROM unnest($19::bigint[], $20::bigint[], $21::bytea[], $22::bigint[], $23::bigint[], $24::bigint[],
                $25::text[], $26::int[], $27::bytea[], $28::bytea[], $29::bytea[], $30::bigint[], $31::bytea[])
        AS n(ordinal, position, event_id, stream, version, command_end,
             type, type_version, payload, sealed, metadata, recorded_at, hash)
    JOIN moved AS m USING (ordinal)
), new_outcome AS (
    INSERT INTO outcome (merchant, sender, key, fingerprint, kind, first_position, last_position,
                         answer, batch, ordinal, at)
    SELECT m.merchant, n.sender, n.key, n.fingerprint, n.kind, n.first_position, n.last_position,
           n.answer, m.batch, n.outcome_ordinal, n.at
    FROM unnest($32::bigint[], $33::text[], $34::text[], $35::bytea[], $36::smallint[], $37::bigint[],
                $38::bigint[], $39::bytea[], $40::bigint[], $41::bigint[])
        AS n(ordinal, sender, key, fingerprint, kind, first_position, last_position, answer,
             outcome_ordinal, at)
    JOIN moved AS m USING (ordinal)
), new_claim AS (
    INSERT INTO claim (merchant, kind, value, stream)
    SELECT m.merchant, n.kind, n.value, n.stream
    FROM unnest($42::bigint[], $43::text[], $44::text[], $45::bigint[]) AS n(ordinal, kind, value, stream)
    JOIN moved AS m USING (ordinal)
), new_key AS (
    INSERT INTO subject_key (merchant, subject, key)
    SELECT m.merchant, n.subject, n.key
    FROM unnest($46::bigint[], $47::text[], $48::bytea[]) AS n(ordinal, subject, key)
    JOIN moved AS m USING (ordinal)
)
SELECT ordinal FROM moved";

/// Appends batches, by one statement if possible.
pub(super) async fn append(pools: &Pools, batches: &[Batch]) -> Vec<Result<(), AppendError>> {
    let merchants: HashSet<&str> = batches.iter().map(Batch::merchant).collect();
    if merchants.len() == batches.len() && !batches.iter().any(Batch::erases) {
        return append_together(pools, batches).await;
    }
    append_each(pools, batches).await
}

async fn append_each(pools: &Pools, batches: &[Batch]) -> Vec<Result<(), AppendError>> {
    let mut results = Vec::with_capacity(batches.len());
    for batch in batches {
        if batch.erases() {
            results.push(append_erasing(pools, batch).await);
        } else {
            results.extend(append_together(pools, std::slice::from_ref(batch)).await);
        }
    }
    results
}

/// Appends batches of different merchants by one statement. If the server rejects it because of the content of one batch,
/// or because one head is locked, each batch is appended on its own.
async fn append_together(pools: &Pools, batches: &[Batch]) -> Vec<Result<(), AppendError>> {
    let mut writing: Vec<usize> = (0..batches.len()).filter(|index| is_writable(&batches[*index])).collect();
    writing.sort_by_key(|index| batches[*index].merchant());
    let batches_to_write: Vec<&Batch> = writing.iter().map(|index| &batches[*index]).collect();
    let moved = match with_timeout(pools, &batches_to_write, false).await {
        Err(error) if writing.len() > 1 && may_concern_one_batch(&error) => {
            return Box::pin(append_each(pools, batches)).await;
        }
        result => result.map(|moved| moved.iter().map(|number| writing[*number]).collect::<BTreeSet<_>>()),
    };
    let mut results = Vec::with_capacity(batches.len());
    for (index, batch) in batches.iter().enumerate() {
        results.push(match &moved {
            Ok(moved) if moved.contains(&index) => Ok(()),
            Err(error) if writing.contains(&index) => Err(error.clone()),
            _ => check_head(pools, batch).await,
        });
    }
    results
}

/// True if the batch can be part of the statement: it is not empty, and its events are numbered correctly.
fn is_writable(batch: &Batch) -> bool {
    batch.summary.is_some() && batch.numbering_error().is_none()
}

/// Appends a batch that destroys keys. Its key changes depend on their order, so each has a statement.
async fn append_erasing(pools: &Pools, batch: &Batch) -> Result<(), AppendError> {
    let moved = if is_writable(batch) { with_timeout(pools, &[batch], true).await? } else { Vec::new() };
    if moved.is_empty() { check_head(pools, batch).await } else { Ok(()) }
}

/// Runs an append and returns the indexes of the batches whose heads moved. After a timeout the connection is closed;
/// if the statement still commits later, the next epoch fences it.
async fn with_timeout(pools: &Pools, batches: &[&Batch], erasing: bool) -> Result<Vec<usize>, AppendError> {
    if batches.is_empty() {
        return Ok(Vec::new());
    }
    let acquired = pools.append.acquire().await;
    let mut connection = acquired.map_err(|e| AppendError::Unavailable(unavailable(&e).to_string()))?;
    let work = async {
        if erasing { erase(&mut connection, batches).await } else { execute(&mut connection, batches).await }
    };
    match tokio::time::timeout(APPEND_TIMEOUT, work).await {
        Ok(Ok(moved)) => Ok(moved),
        Ok(Err(error)) => {
            let error = append_error(&error);
            if matches!(error, AppendError::Unknown(_)) {
                close(connection);
            }
            Err(error)
        }
        Err(_) => {
            close(connection);
            Err(AppendError::Unknown("the database does not respond".to_owned()))
        }
    }
}

/// Closes the socket at once, without waiting for the server.
fn close(connection: PoolConnection<Postgres>) {
    drop(connection.detach());
}

async fn execute(connection: &mut PgConnection, batches: &[&Batch]) -> Result<Vec<usize>, sqlx::Error> {
    let mut columns = Columns::default();
    for batch in batches {
        if let Some(summary) = &batch.summary {
            columns.push(batch, summary);
        }
    }
    let Columns { heads, streams, events, outcomes, claims, keys } = columns;
    let query = sqlx::query(APPEND).bind(heads.merchant).bind(heads.expected_position);
    let query = query.bind(heads.expected_hash).bind(heads.epoch).bind(heads.first).bind(heads.position);
    let query = query.bind(heads.event_hash).bind(heads.batch).bind(heads.hash).bind(heads.time);
    let query = query.bind(heads.id).bind(heads.first_position).bind(heads.outcomes).bind(heads.at);
    let query = query.bind(rows::small(FORMAT));
    let query = query.bind(streams.ordinal).bind(streams.stream).bind(streams.name);
    let query = query.bind(events.ordinal).bind(events.position).bind(events.event_id).bind(events.stream);
    let query = query.bind(events.version).bind(events.command_end).bind(events.kind);
    let query = query.bind(events.type_version).bind(events.payload).bind(events.sealed);
    let query = query.bind(events.metadata).bind(events.recorded_at).bind(events.hash);
    let query = query.bind(outcomes.ordinal).bind(outcomes.sender).bind(outcomes.key);
    let query = query.bind(outcomes.fingerprint).bind(outcomes.kind).bind(outcomes.first_position);
    let query = query.bind(outcomes.last_position).bind(outcomes.answer).bind(outcomes.outcome_ordinal);
    let query = query.bind(outcomes.at);
    let query = query.bind(claims.ordinal).bind(claims.kind).bind(claims.value).bind(claims.stream);
    let query = query.bind(keys.ordinal).bind(keys.subject).bind(keys.key);
    let moved = query.fetch_all(connection).await?;
    moved.iter().map(|row| Ok(rows::number(row, 0)? as usize - 1)).collect()
}

async fn erase(connection: &mut PgConnection, batches: &[&Batch]) -> Result<Vec<usize>, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let moved = execute(&mut transaction, batches).await?;
    for batch in moved.iter().filter_map(|index| batches.get(*index)) {
        for change in &batch.key_changes {
            let query = match change {
                KeyChange::Create(key) => {
                    sqlx::query("INSERT INTO subject_key (merchant, subject, key) VALUES ($1, $2, $3)")
                        .bind(&*batch.merchant)
                        .bind(&*key.subject)
                        .bind(&key.key)
                }
                KeyChange::Destroy(subject) => {
                    sqlx::query("DELETE FROM subject_key WHERE merchant = $1 AND subject = $2")
                        .bind(&*batch.merchant)
                        .bind(&**subject)
                }
            };
            query.execute(&mut *transaction).await?;
        }
    }
    transaction.commit().await?;
    Ok(moved)
}

/// The result of a batch whose head was not moved. For an empty batch, success if the head is the expected one.
async fn check_head(pools: &Pools, batch: &Batch) -> Result<(), AppendError> {
    let conflict = conflict(&pools.query, batch).await;
    let conflict = conflict.map_err(|e| AppendError::Unavailable(unavailable(&e).to_string()))?;
    match (conflict, batch.summary.as_ref().and_then(|_| batch.numbering_error())) {
        (Some(error), _) => Err(error),
        (None, Some(reason)) => Err(AppendError::Refused(reason)),
        (None, None) if batch.summary.is_none() => Ok(()),
        // The statement did not move the head, yet the head is the expected one now: another node has changed it twice,
        // or a restored database has returned to it. Deciding again is correct in any case.
        (None, None) => Err(AppendError::HeadMoved(Box::new(batch.expected))),
    }
}

/// Why the batch cannot be appended to the journal's head; `None` if the head is the expected one.
async fn conflict(pool: &PgPool, batch: &Batch) -> Result<Option<AppendError>, sqlx::Error> {
    let head = query::head(pool, &batch.merchant).await?;
    if head.format > FORMAT {
        return Ok(Some(AppendError::newer_format(head.format)));
    }
    if head.accepts(&batch.expected) {
        return Ok(None);
    }
    let expected = query::batch_hash(pool, &batch.merchant, batch.expected.batch).await?;
    Ok(Some(batch.conflict(head, expected)))
}
