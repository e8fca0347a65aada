//! Everything that reads.
//!
//! Always from the server that is written to: what a standby has may be old. Statements of one read may see different
//! moments, later ones more: an append proves that nothing was written since the head that was decided on, and
//! forgets what was read of any later moment.
//!
//! What is wanted by many keys at once is looked up key by key: `LATERAL` or a subquery says so, and `OFFSET 0` keeps
//! the server from turning it around. What it knows of a table that has just begun to grow is that reading all of it
//! costs nothing.

use std::collections::HashMap;
use std::sync::Arc;

use futures::TryStreamExt;
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{PgConnection, Row};

use super::columns::bounded;
use super::rows;
use crate::batch::BatchSummary;
use crate::record::{
    ClaimKey, Event, Head, LoadRequest, Loaded, LoadedStream, Outcome, OutcomeKey, Snapshot,
};
use crate::verify::Finding;

/// A page ends at about so many bytes, so that large payloads do not fill the memory.
const PAGE_BYTES: usize = 32 << 20;

macro_rules! event_where {
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

macro_rules! outcome_columns {
    () => {
        "o.sender, o.key, o.fingerprint, o.kind, o.first_position, o.last_position, o.answer, o.batch,
         o.ordinal, o.at"
    };
}

pub(super) async fn head(pool: &PgPool, merchant: &str) -> Result<Head, sqlx::Error> {
    let row = sqlx::query(
        "SELECT position, event_hash, batch, hash, epoch, time, format FROM journal_head WHERE merchant = $1",
    )
    .bind(merchant)
    .fetch_optional(pool)
    .await?;
    row.map_or_else(|| Ok(Head::default()), |row| rows::head(&row))
}

pub(super) async fn heads(pool: &PgPool) -> Result<Vec<(String, Head)>, sqlx::Error> {
    let found = sqlx::query(
        "SELECT position, event_hash, batch, hash, epoch, time, format, merchant FROM journal_head
         ORDER BY merchant",
    )
    .fetch_all(pool)
    .await?;
    found.iter().map(|row| Ok((row.try_get(7)?, rows::head(row)?))).collect()
}

/// Every merchant that has left anything, whether or not its head is still there: the least name of any table, and
/// from each the next.
pub(super) async fn merchants(pool: &PgPool) -> Result<Vec<String>, sqlx::Error> {
    let found = sqlx::query(
        "WITH RECURSIVE found(merchant) AS (
             SELECT least((SELECT min(merchant) FROM journal_head), (SELECT min(merchant) FROM batch),
                          (SELECT min(merchant) FROM event), (SELECT min(merchant) FROM outcome))
             UNION ALL
             SELECT least((SELECT min(t.merchant) FROM journal_head AS t WHERE t.merchant > found.merchant),
                          (SELECT min(t.merchant) FROM batch AS t WHERE t.merchant > found.merchant),
                          (SELECT min(t.merchant) FROM event AS t WHERE t.merchant > found.merchant),
                          (SELECT min(t.merchant) FROM outcome AS t WHERE t.merchant > found.merchant))
             FROM found WHERE found.merchant IS NOT NULL)
         SELECT merchant FROM found WHERE merchant IS NOT NULL",
    )
    .fetch_all(pool)
    .await?;
    found.iter().map(|row| row.try_get(0)).collect()
}

pub(super) async fn read(
    pool: &PgPool,
    merchant: &str,
    after: u64,
    limit: usize,
) -> Result<Vec<Event>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let (mut events, mut bytes) = (Vec::new(), 0);
    {
        let query = sqlx::query(event_where!("event.position > $2 ORDER BY event.position LIMIT $3"));
        let query = query.bind(merchant).bind(bounded(after)).bind(bounded(limit as u64));
        let mut found = query.fetch(&mut *connection);
        while let Some(row) = found.try_next().await? {
            let event = rows::event(&row)?;
            bytes += event.bytes();
            events.push(event);
            if bytes >= PAGE_BYTES {
                break;
            }
        }
    }
    // The last command may reach beyond the page: its rest belongs to it.
    if let Some(last) = events.last().filter(|last| last.command_end > last.position) {
        let (position, end) = (last.position, last.command_end);
        events.extend(rest_of_command(&mut connection, merchant, position, end).await?);
    }
    Ok(events)
}

async fn rest_of_command(
    connection: &mut PgConnection,
    merchant: &str,
    after: u64,
    end: u64,
) -> Result<Vec<Event>, sqlx::Error> {
    let found = sqlx::query(event_where!(
        "event.position > $2 AND event.position <= $3 AND event.command_end = $3 ORDER BY event.position"
    ))
    .bind(merchant)
    .bind(bounded(after))
    .bind(bounded(end))
    .fetch_all(connection)
    .await?;
    found.iter().map(rows::event).collect()
}

/// Events one by one, each as far as it can be read.
pub(super) async fn examine(
    pool: &PgPool,
    merchant: &str,
    after: u64,
    limit: usize,
) -> Result<Vec<Result<Event, Finding>>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let mut found = Vec::new();
    if after == 0 {
        let forged = sqlx::query("SELECT EXISTS (SELECT 1 FROM event WHERE merchant = $1 AND position < 1)");
        if forged.bind(merchant).fetch_one(&mut *connection).await?.try_get(0)? {
            let what = "an event stands before the first position".to_owned();
            found.push(Err(Finding { position: 0, what }));
        }
    }
    let query = sqlx::query(event_where!("event.position > $2 ORDER BY event.position LIMIT $3"));
    let query = query.bind(merchant).bind(bounded(after)).bind(bounded(limit as u64));
    let (mut events, mut bytes) = (query.fetch(&mut *connection), 0);
    while let Some(row) = events.try_next().await? {
        let position = row.try_get::<i64, _>(0)?.cast_unsigned();
        let event = rows::event(&row);
        bytes += event.as_ref().map_or(0, Event::bytes);
        found.push(event.map_err(|error| Finding::unreadable(position, "the event", &error)));
        if bytes >= PAGE_BYTES {
            break;
        }
    }
    drop(events);
    Ok(found)
}

pub(super) async fn read_stream(
    pool: &PgPool,
    merchant: &str,
    name: &str,
    up_to: u64,
) -> Result<Vec<Event>, sqlx::Error> {
    let found = sqlx::query(event_where!(
        "event.stream = (SELECT s.stream FROM stream AS s WHERE s.merchant = $1 AND s.name = $2)
         AND event.command_end <= $3 AND event.position > 0 ORDER BY event.version"
    ))
    .bind(merchant)
    .bind(name)
    .bind(bounded(up_to))
    .fetch_all(pool)
    .await?;
    found.iter().map(rows::event).collect()
}

pub(super) async fn read_stream_page(
    pool: &PgPool,
    merchant: &str,
    name: &str,
    (after_version, most): (u64, usize),
    up_to: u64,
) -> Result<Vec<Event>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let query = sqlx::query(event_where!(
        "event.stream = (SELECT s.stream FROM stream AS s WHERE s.merchant = $1 AND s.name = $2)
         AND event.version > $3 AND event.position > 0 ORDER BY event.version LIMIT $4"
    ));
    let query = query.bind(merchant).bind(name).bind(bounded(after_version)).bind(bounded(most as u64));
    let (mut found, mut events, mut bytes) = (query.fetch(&mut *connection), Vec::new(), 0);
    while bytes < PAGE_BYTES
        && let Some(row) = found.try_next().await?
    {
        let event = rows::event(&row)?;
        // Looked at here and not asked for: what lies behind the end may be as long as what lies before it.
        if event.command_end > up_to {
            break;
        }
        bytes += event.bytes();
        events.push(event);
    }
    drop(found);
    Ok(events)
}

pub(super) async fn load(
    pool: &PgPool,
    merchant: &str,
    request: &LoadRequest,
) -> Result<Loaded, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    Ok(Loaded {
        streams: load_streams(&mut connection, merchant, &request.streams).await?,
        claims: load_claims(&mut connection, merchant, &request.claims).await?,
        outcomes: load_outcomes(&mut connection, merchant, &request.outcomes).await?,
    })
}

/// What was found for each of `count` places that were asked for.
fn at_places<T>(
    count: usize,
    found: &[PgRow],
    read: impl Fn(&PgRow) -> Result<T, sqlx::Error>,
) -> Result<Vec<Option<T>>, sqlx::Error> {
    let mut places: Vec<Option<T>> = (0..count).map(|_| None).collect();
    for row in found {
        if let Some(place) = places.get_mut(rows::number(row, 0)? as usize - 1) {
            *place = Some(read(row)?);
        }
    }
    Ok(places)
}

async fn load_streams(
    connection: &mut PgConnection,
    merchant: &str,
    names: &[Arc<str>],
) -> Result<Vec<Option<LoadedStream>>, sqlx::Error> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let found = sqlx::query(
        "SELECT wanted.place, s.stream, n.type_version, n.version, n.state
         FROM unnest($2::text[]) WITH ORDINALITY AS wanted(name, place)
         CROSS JOIN LATERAL (
             SELECT stream FROM stream WHERE merchant = $1 AND name = wanted.name OFFSET 0) AS s
         LEFT JOIN LATERAL (
             SELECT type_version, version, state FROM snapshot
             WHERE merchant = $1 AND stream = s.stream OFFSET 0) AS n ON true",
    )
    .bind(merchant)
    .bind(names.iter().map(|name| &**name).collect::<Vec<&str>>())
    .fetch_all(&mut *connection)
    .await?;
    let mut streams = at_places(names.len(), &found, |row| {
        let stream = rows::number(row, 1)?;
        let snapshot = match row.try_get::<Option<i32>, _>(2)? {
            Some(type_version) => Some(Snapshot {
                stream,
                // One that is not a version of ours is not used.
                type_version: type_version.cast_unsigned(),
                version: rows::number(row, 3)?,
                state: row.try_get(4)?,
            }),
            None => None,
        };
        Ok(LoadedStream { stream, snapshot, events: Vec::new() })
    })?;
    let after = |stream: &LoadedStream| stream.snapshot.as_ref().map_or(0, |snapshot| snapshot.version);
    let known: Vec<(u64, u64)> =
        streams.iter().flatten().map(|stream| (stream.stream, after(stream))).collect();
    let mut later = events_after(connection, merchant, &known).await?;
    for stream in streams.iter_mut().flatten() {
        stream.events = later.remove(&stream.stream).unwrap_or_default();
    }
    Ok(streams)
}

/// The events of streams after a version of each, by stream.
async fn events_after(
    connection: &mut PgConnection,
    merchant: &str,
    streams: &[(u64, u64)],
) -> Result<HashMap<u64, Vec<Event>>, sqlx::Error> {
    let mut later: HashMap<u64, Vec<Event>> = HashMap::with_capacity(streams.len());
    if streams.is_empty() {
        return Ok(later);
    }
    let (numbers, versions): (Vec<i64>, Vec<i64>) =
        streams.iter().map(|(stream, version)| (bounded(*stream), bounded(*version))).unzip();
    let found = sqlx::query(
        "SELECT e.position, e.event_id, e.stream, s.name, e.version, e.command_end, e.type, e.type_version,
                e.payload, e.sealed, e.metadata, e.recorded_at, e.batch, e.hash
         FROM unnest($2::bigint[], $3::bigint[]) AS wanted(stream, after)
         CROSS JOIN LATERAL (
             SELECT name FROM stream WHERE merchant = $1 AND stream = wanted.stream OFFSET 0) AS s
         CROSS JOIN LATERAL (
             SELECT * FROM event WHERE merchant = $1 AND stream = wanted.stream AND version > wanted.after
             OFFSET 0) AS e
         WHERE e.position > 0 ORDER BY e.position",
    )
    .bind(merchant)
    .bind(numbers)
    .bind(versions)
    .fetch_all(connection)
    .await?;
    for row in &found {
        let event = rows::event(row)?;
        later.entry(event.stream).or_default().push(event);
    }
    Ok(later)
}

async fn load_claims(
    connection: &mut PgConnection,
    merchant: &str,
    claims: &[ClaimKey],
) -> Result<Vec<Option<Arc<str>>>, sqlx::Error> {
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    let found = sqlx::query(
        "SELECT wanted.place, s.name
         FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS wanted(kind, value, place)
         CROSS JOIN LATERAL (
             SELECT stream FROM claim
             WHERE merchant = $1 AND kind = wanted.kind AND value = wanted.value OFFSET 0) AS c
         CROSS JOIN LATERAL (
             SELECT name FROM stream WHERE merchant = $1 AND stream = c.stream OFFSET 0) AS s",
    )
    .bind(merchant)
    .bind(claims.iter().map(|claim| claim.kind).collect::<Vec<&str>>())
    .bind(claims.iter().map(|claim| &*claim.value).collect::<Vec<&str>>())
    .fetch_all(connection)
    .await?;
    at_places(claims.len(), &found, |row| Ok(row.try_get::<&str, _>(1)?.into()))
}

async fn load_outcomes(
    connection: &mut PgConnection,
    merchant: &str,
    keys: &[OutcomeKey],
) -> Result<Vec<Option<Outcome>>, sqlx::Error> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let found = sqlx::query(concat!(
        "SELECT ",
        outcome_columns!(),
        ", wanted.place FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS wanted(sender, key, place)
         CROSS JOIN LATERAL (
             SELECT * FROM outcome
             WHERE merchant = $1 AND sender = wanted.sender AND key = wanted.key OFFSET 0) AS o"
    ))
    .bind(merchant)
    .bind(keys.iter().map(|key| &*key.sender).collect::<Vec<&str>>())
    .bind(keys.iter().map(|key| &*key.key).collect::<Vec<&str>>())
    .fetch_all(connection)
    .await?;
    let mut outcomes: Vec<Option<Outcome>> = vec![None; keys.len()];
    for row in &found {
        if let Some(place) = outcomes.get_mut(rows::number(row, 10)? as usize - 1) {
            *place = Some(rows::outcome(row)?);
        }
    }
    Ok(outcomes)
}

pub(super) async fn outcomes(
    pool: &PgPool,
    merchant: &str,
    from: u64,
    to: u64,
) -> Result<Vec<Outcome>, sqlx::Error> {
    let found = sqlx::query(concat!(
        "SELECT ",
        outcome_columns!(),
        " FROM outcome AS o WHERE o.merchant = $1 AND o.batch BETWEEN $2 AND $3 ORDER BY o.batch, o.ordinal"
    ))
    .bind(merchant)
    .bind(bounded(from))
    .bind(bounded(to))
    .fetch_all(pool)
    .await?;
    found.iter().map(rows::outcome).collect()
}

pub(super) async fn position_at(pool: &PgPool, merchant: &str, time: i64) -> Result<u64, sqlx::Error> {
    // Decision time never runs backwards along positions, so the boundary is found by halving.
    let (mut low, mut high, mut end) = (0, head(pool, merchant).await?.position, 0);
    let mut connection = pool.acquire().await?;
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        let row = sqlx::query(
            "SELECT command_end, recorded_at <= $3 FROM event WHERE merchant = $1 AND position = $2",
        )
        .bind(merchant)
        .bind(bounded(middle))
        .bind(time)
        .fetch_one(&mut *connection)
        .await?;
        if row.try_get(1)? {
            (low, end) = (middle, rows::number(&row, 0)?);
        } else {
            high = middle - 1;
        }
    }
    Ok(end)
}

pub(super) async fn subject_key(
    pool: &PgPool,
    merchant: &str,
    subject: &str,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query("SELECT key FROM subject_key WHERE merchant = $1 AND subject = $2")
        .bind(merchant)
        .bind(subject)
        .fetch_optional(pool)
        .await?
        .map(|row| row.try_get(0))
        .transpose()
}

pub(super) async fn batches(
    pool: &PgPool,
    merchant: &str,
    after: u64,
    limit: usize,
) -> Result<Vec<BatchSummary>, sqlx::Error> {
    let found = sqlx::query(
        "SELECT batch, id, epoch, first_position, last_position, outcomes, at, hash FROM batch
         WHERE merchant = $1 AND batch > $2 ORDER BY batch LIMIT $3",
    )
    .bind(merchant)
    .bind(bounded(after))
    .bind(bounded(limit as u64))
    .fetch_all(pool)
    .await?;
    found.iter().map(rows::batch).collect()
}

pub(super) async fn master_key_check(pool: &PgPool) -> Result<Option<Vec<u8>>, sqlx::Error> {
    let found = sqlx::query("SELECT digest FROM master_key_check").fetch_optional(pool).await?;
    found.map(|row| row.try_get(0)).transpose()
}
