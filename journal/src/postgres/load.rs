//! Loading the state for a decision: three lookups of many keys each.

use std::collections::HashMap;
use std::sync::Arc;

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool, PgRow};

use super::columns::bounded;
use super::rows::{self, outcome_columns};
use crate::record::{ClaimKey, Event, LoadRequest, Loaded, LoadedStream, Outcome, OutcomeKey, Snapshot};

pub(super) async fn load(
    pool: &PgPool,
    merchant: &str,
    request: &LoadRequest,
) -> Result<Loaded, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    Ok(Loaded {
        streams: streams(&mut connection, merchant, &request.streams).await?,
        claims: claims(&mut connection, merchant, &request.claims).await?,
        outcomes: outcomes(&mut connection, merchant, &request.outcomes).await?,
    })
}

/// Arranges rows in the order of the request. The last column of a row is the number of its key there, from 1.
fn in_requested_order<T>(
    count: usize,
    found: &[PgRow],
    convert: impl Fn(&PgRow) -> Result<T, sqlx::Error>,
) -> Result<Vec<Option<T>>, sqlx::Error> {
    let mut results: Vec<Option<T>> = (0..count).map(|_| None).collect();
    for row in found {
        let number = rows::number(row, row.len() - 1)?;
        if let Some(result) = results.get_mut(number as usize - 1) {
            *result = Some(convert(row)?);
        }
    }
    Ok(results)
}

async fn streams(
    connection: &mut PgConnection,
    merchant: &str,
    names: &[Arc<str>],
) -> Result<Vec<Option<LoadedStream>>, sqlx::Error> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let found = sqlx::query(
        "SELECT s.stream, n.type_version, n.version, n.state, requested.number
         FROM unnest($2::text[]) WITH ORDINALITY AS requested(name, number)
         CROSS JOIN LATERAL (
             SELECT stream FROM stream WHERE merchant = $1 AND name = requested.name OFFSET 0) AS s
         LEFT JOIN LATERAL (
             SELECT type_version, version, state FROM snapshot
             WHERE merchant = $1 AND stream = s.stream OFFSET 0) AS n ON true",
    )
    .bind(merchant)
    .bind(names.iter().map(|name| &**name).collect::<Vec<&str>>())
    .fetch_all(&mut *connection)
    .await?;
    let mut streams = in_requested_order(names.len(), &found, |row| {
        let stream = rows::number(row, 0)?;
        let snapshot = match row.try_get::<Option<i32>, _>(1)? {
            Some(type_version) => Some(Snapshot {
                stream,
                // A version that this program does not know is ignored by the caller.
                type_version: type_version.cast_unsigned(),
                version: rows::number(row, 2)?,
                state: row.try_get(3)?,
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
         FROM unnest($2::bigint[], $3::bigint[]) AS requested(stream, after)
         CROSS JOIN LATERAL (
             SELECT name FROM stream WHERE merchant = $1 AND stream = requested.stream OFFSET 0) AS s
         CROSS JOIN LATERAL (
             SELECT * FROM event
             WHERE merchant = $1 AND stream = requested.stream AND version > requested.after OFFSET 0) AS e
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

async fn claims(
    connection: &mut PgConnection,
    merchant: &str,
    claims: &[ClaimKey],
) -> Result<Vec<Option<Arc<str>>>, sqlx::Error> {
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    let found = sqlx::query(
        "SELECT s.name, requested.number
         FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS requested(kind, value, number)
         CROSS JOIN LATERAL (
             SELECT stream FROM claim
             WHERE merchant = $1 AND kind = requested.kind AND value = requested.value OFFSET 0) AS c
         CROSS JOIN LATERAL (
             SELECT name FROM stream WHERE merchant = $1 AND stream = c.stream OFFSET 0) AS s",
    )
    .bind(merchant)
    .bind(claims.iter().map(|claim| claim.kind).collect::<Vec<&str>>())
    .bind(claims.iter().map(|claim| &*claim.value).collect::<Vec<&str>>())
    .fetch_all(connection)
    .await?;
    in_requested_order(claims.len(), &found, |row| Ok(row.try_get::<&str, _>(0)?.into()))
}

async fn outcomes(
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
        ", requested.number
         FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS requested(sender, key, number)
         CROSS JOIN LATERAL (
             SELECT * FROM outcome
             WHERE merchant = $1 AND sender = requested.sender AND key = requested.key OFFSET 0) AS o"
    ))
    .bind(merchant)
    .bind(keys.iter().map(|key| &*key.sender).collect::<Vec<&str>>())
    .bind(keys.iter().map(|key| &*key.key).collect::<Vec<&str>>())
    .fetch_all(connection)
    .await?;
    in_requested_order(keys.len(), &found, rows::outcome)
}
