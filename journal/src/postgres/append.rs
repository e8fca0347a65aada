//! Everything that writes.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgPool, Postgres};
use sqlx::{Connection, Row, pool::PoolConnection};

use super::columns::{Columns, bounded};
use super::connect::Connections;
use super::failure::{appended, may_be_of_one, unavailable};
use super::{query, rows};
use crate::batch::{Batch, KeyChange};
use crate::error::AppendError;
use crate::record::{Head, Snapshot};

/// How long an append may take by this node's clock, above what the server allows itself for a statement. After that
/// nobody knows, and the connection is cut.
const PATIENCE: Duration = Duration::from_secs(15);

/// Outcomes forgotten by one statement, so that none takes long.
const PRUNED_AT_ONCE: i64 = 10_000;

/// Moves heads that are still the expected ones, and inserts what belongs to those that moved.
///
/// Heads are locked in the order of their merchants, so that two nodes never wait for each other.
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
           n.answer, m.batch, n.place, n.at
    FROM unnest($32::bigint[], $33::text[], $34::text[], $35::bytea[], $36::smallint[], $37::bigint[],
                $38::bigint[], $39::bytea[], $40::bigint[], $41::bigint[])
        AS n(ordinal, sender, key, fingerprint, kind, first_position, last_position, answer, place, at)
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

/// Appends batches, as many as can be by one statement.
pub(super) async fn append(connections: &Connections, batches: &[Batch]) -> Vec<Result<(), AppendError>> {
    let merchants: HashSet<&str> = batches.iter().map(Batch::merchant).collect();
    if merchants.len() == batches.len() && !batches.iter().any(Batch::erases) {
        return append_together(connections, batches).await;
    }
    append_each(connections, batches).await
}

async fn append_each(connections: &Connections, batches: &[Batch]) -> Vec<Result<(), AppendError>> {
    let mut results = Vec::with_capacity(batches.len());
    for batch in batches {
        if batch.erases() {
            results.push(append_erasing(connections, batch).await);
        } else {
            results.extend(append_together(connections, std::slice::from_ref(batch)).await);
        }
    }
    results
}

/// Appends batches of different merchants by one statement. What one of them carries, or one head that somebody keeps
/// locked, may make the server refuse all: then each is on its own.
async fn append_together(connections: &Connections, batches: &[Batch]) -> Vec<Result<(), AppendError>> {
    let mut places: Vec<usize> = (0..batches.len()).filter(|place| writable(&batches[*place])).collect();
    places.sort_by_key(|place| batches[*place].merchant());
    let writing: Vec<&Batch> = places.iter().map(|place| &batches[*place]).collect();
    let moved = match with_patience(connections, &writing, false).await {
        Ok(ordinals) => ordinals.into_iter().filter_map(|ordinal| places.get(ordinal).copied()).collect(),
        Err(error) if writing.len() > 1 && may_be_of_one(&error) => {
            return Box::pin(append_each(connections, batches)).await;
        }
        Err(error) => {
            let failed = |place| if places.contains(&place) { Err(error.clone()) } else { Ok(()) };
            return all_looked_at(connections, batches, (0..batches.len()).map(failed).collect()).await;
        }
    };
    let moved: BTreeSet<usize> = moved;
    let unless_moved = |place| if moved.contains(&place) { None } else { Some(place) };
    let mut results = vec![Ok(()); batches.len()];
    for place in (0..batches.len()).filter_map(unless_moved) {
        results[place] = look(connections, &batches[place]).await;
    }
    results
}

/// Those that write nothing, or cannot be written, are answered by the head as it is.
async fn all_looked_at(
    connections: &Connections,
    batches: &[Batch],
    mut results: Vec<Result<(), AppendError>>,
) -> Vec<Result<(), AppendError>> {
    for (batch, result) in batches.iter().zip(&mut results) {
        if result.is_ok() {
            *result = look(connections, batch).await;
        }
    }
    results
}

/// Whether a batch is for the statement: it writes something, and all of it can be what was meant.
fn writable(batch: &Batch) -> bool {
    batch.summary.is_some() && batch.misnumbered().is_none()
}

/// Appends a batch that destroys keys: those changes depend on their order, so they are made one by one.
async fn append_erasing(connections: &Connections, batch: &Batch) -> Result<(), AppendError> {
    let moved = if writable(batch) { with_patience(connections, &[batch], true).await? } else { Vec::new() };
    if moved.is_empty() { look(connections, batch).await } else { Ok(()) }
}

/// Runs an append on a connection of its own and gives the places of the batches whose heads moved. A connection that
/// says nothing for too long is cut: whatever it still does is fenced by the next epoch.
async fn with_patience(
    connections: &Connections,
    batches: &[&Batch],
    erasing: bool,
) -> Result<Vec<usize>, AppendError> {
    if batches.is_empty() {
        return Ok(Vec::new());
    }
    let acquired = connections.writers.acquire().await;
    let mut connection = acquired.map_err(|e| AppendError::Unavailable(unavailable(&e).to_string()))?;
    let work = async {
        if erasing { erase(&mut connection, batches).await } else { execute(&mut connection, batches).await }
    };
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(Ok(moved)) => Ok(moved),
        Ok(Err(error)) => {
            let said = appended(&error);
            if matches!(said, AppendError::Unknown(_)) {
                cut(connection);
            }
            Err(said)
        }
        Err(_) => {
            cut(connection);
            Err(AppendError::Unknown("the database does not answer".to_owned()))
        }
    }
}

/// Closes the socket without another word: nothing that arrives on it later is of use.
fn cut(connection: PoolConnection<Postgres>) {
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
    let query = query.bind(rows::format(crate::FORMAT));
    let query = query.bind(streams.ordinal).bind(streams.stream).bind(streams.name);
    let query = query.bind(events.ordinal).bind(events.position).bind(events.event_id).bind(events.stream);
    let query = query.bind(events.version).bind(events.command_end).bind(events.kind);
    let query = query.bind(events.type_version).bind(events.payload).bind(events.sealed);
    let query = query.bind(events.metadata).bind(events.recorded_at).bind(events.hash);
    let query = query.bind(outcomes.ordinal).bind(outcomes.sender).bind(outcomes.key);
    let query = query.bind(outcomes.fingerprint).bind(outcomes.kind).bind(outcomes.first_position);
    let query = query.bind(outcomes.last_position).bind(outcomes.answer).bind(outcomes.place);
    let query = query.bind(outcomes.at);
    let query = query.bind(claims.ordinal).bind(claims.kind).bind(claims.value).bind(claims.stream);
    let query = query.bind(keys.ordinal).bind(keys.subject).bind(keys.key);
    let moved = query.fetch_all(connection).await?;
    moved.iter().map(|row| Ok(rows::number(row, 0)? as usize - 1)).collect()
}

async fn erase(connection: &mut PgConnection, batches: &[&Batch]) -> Result<Vec<usize>, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let moved = execute(&mut transaction, batches).await?;
    for batch in moved.iter().filter_map(|place| batches.get(*place)) {
        for change in &batch.key_changes {
            let query = match change {
                KeyChange::Keep(key) => {
                    sqlx::query("INSERT INTO subject_key (merchant, subject, key) VALUES ($1, $2, $3)")
                        .bind(&*batch.merchant)
                        .bind(&*key.subject)
                        .bind(&key.key)
                }
                KeyChange::Erase(subject) => {
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

/// What is to be said of a batch whose head was not moved: of one that writes nothing, whether it was decided on what
/// is there.
async fn look(connections: &Connections, batch: &Batch) -> Result<(), AppendError> {
    let found = why_not(connections, batch).await;
    let found = found.map_err(|e| AppendError::Unavailable(unavailable(&e).to_string()))?;
    match (found, batch.summary.as_ref().and_then(|_| batch.misnumbered())) {
        (Some(error), _) => Err(error),
        (None, Some(reason)) => Err(AppendError::Refused(reason)),
        (None, None) if batch.summary.is_none() => Ok(()),
        // It did not move the head, which is the expected one now: somebody raised the epoch and was not seen, or a
        // restored database has come back to where it was. Deciding again is right in any case.
        (None, None) => Err(AppendError::HeadMoved(Box::new(batch.expected))),
    }
}

/// Why a batch's head is not the journal's; nothing where it is.
async fn why_not(connections: &Connections, batch: &Batch) -> Result<Option<AppendError>, sqlx::Error> {
    let expected = &batch.expected;
    let head = query::head(&connections.others, &batch.merchant).await?;
    if head.format > crate::FORMAT {
        let newer = format!("the journal's format {} is newer", head.format);
        return Ok(Some(AppendError::Unavailable(newer)));
    }
    if (head.position, head.hash, head.epoch) == (expected.position, expected.hash, expected.epoch) {
        return Ok(None);
    }
    let known = match expected.batch.checked_sub(1) {
        None => expected.hash == crate::Hash::default(),
        Some(before) => query::batches(&connections.others, &batch.merchant, before, 1)
            .await?
            .first()
            .is_some_and(|found| found.number == expected.batch && found.hash == expected.hash),
    };
    Ok(Some(if known { AppendError::HeadMoved(Box::new(head)) } else { AppendError::Forked }))
}

pub(super) async fn raise_format(pool: &PgPool, merchant: &str, to: u32) -> Result<(), sqlx::Error> {
    let raise = "UPDATE journal_head SET format = $2 WHERE merchant = $1 AND format < $2";
    sqlx::query(raise).bind(merchant).bind(rows::format(to)).execute(pool).await.map(drop)
}

/// Raises the epoch. Waits for whoever is changing the head; gives up when that takes too long.
pub(super) async fn raise_epoch(pool: &PgPool, merchant: &str) -> Result<Head, sqlx::Error> {
    let head = Head::default();
    let row = sqlx::query(
        "INSERT INTO journal_head AS h (merchant, position, event_hash, batch, hash, epoch, time, format)
         VALUES ($1, 0, $2, 0, $2, 1, 0, $3) ON CONFLICT (merchant) DO UPDATE SET epoch = h.epoch + 1
         RETURNING position, event_hash, batch, hash, epoch, time, format",
    )
    .bind(merchant)
    .bind(&head.hash.0[..])
    .bind(rows::format(head.format))
    .fetch_one(pool)
    .await?;
    rows::head(&row)
}

pub(super) async fn has_batch(
    pool: &PgPool,
    merchant: &str,
    number: u64,
    id: [u8; 16],
) -> Result<bool, sqlx::Error> {
    sqlx::query("SELECT EXISTS (SELECT 1 FROM batch WHERE merchant = $1 AND batch = $2 AND id = $3)")
        .bind(merchant)
        .bind(bounded(number))
        .bind(&id[..])
        .fetch_one(pool)
        .await?
        .try_get(0)
}

pub(super) async fn keep_master_key_check(pool: &PgPool, digest: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO master_key_check (id, digest) VALUES (1, $1) ON CONFLICT DO NOTHING")
        .bind(digest)
        .execute(pool)
        .await
        .map(drop)
}

pub(super) async fn save_snapshots(
    pool: &PgPool,
    merchant: &str,
    snapshots: &[Snapshot],
) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    for snapshot in snapshots {
        sqlx::query(
            "INSERT INTO snapshot AS s (merchant, stream, type_version, version, state)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (merchant, stream) DO UPDATE SET type_version = excluded.type_version,
                 version = excluded.version, state = excluded.state
             WHERE excluded.version > s.version OR excluded.type_version <> s.type_version",
        )
        .bind(merchant)
        .bind(bounded(snapshot.stream))
        .bind(rows::format(snapshot.type_version))
        .bind(bounded(snapshot.version))
        .bind(&snapshot.state)
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await
}

pub(super) async fn prune_refusals(pool: &PgPool, before: i64) -> Result<u64, sqlx::Error> {
    let mut pruned = 0;
    loop {
        let now = sqlx::query(
            "DELETE FROM outcome WHERE (merchant, batch, ordinal) IN (
                 SELECT o.merchant, o.batch, o.ordinal FROM outcome AS o
                 JOIN batch AS b ON b.merchant = o.merchant AND b.batch = o.batch
                 WHERE o.kind = 3 AND o.at < $1 AND b.at < $1 LIMIT $2)",
        )
        .bind(before)
        .bind(PRUNED_AT_ONCE)
        .execute(pool)
        .await?
        .rows_affected();
        pruned += now;
        if now == 0 {
            return Ok(pruned);
        }
    }
}
