//! The bare loop on PostgreSQL: one statement writes the rows of an append to the journal's tables.

use holdfast_journal::{OutcomeKind, PostgresJournal};
use sqlx::{ConnectOptions as _, PgConnection};

use super::orders::Rows;
use crate::environment::Schema;
use crate::error::BenchError;

/// The head before the first batch.
const HEAD: &str = "
INSERT INTO journal_head (merchant, position, event_hash, batch, hash, epoch, time, format)
VALUES ('default', 0, '', 0, '', 0, 0, 1)";

/// Writes the rows only if the head has the expected position.
const APPEND: &str = "
WITH moved AS (
    UPDATE journal_head SET position = $3, event_hash = $4, batch = $5, hash = $6, time = $7
    WHERE merchant = $1 AND position = $2 RETURNING merchant, batch, epoch, time, hash
), new_batch AS (
    INSERT INTO batch (merchant, batch, id, epoch, first_position, last_position, outcomes, at, hash)
    SELECT merchant, batch, $8, epoch, $2 + 1, $3, $9, time, hash FROM moved
), new_streams AS (
    INSERT INTO stream (merchant, stream, name) SELECT moved.merchant, new.stream, new.name
    FROM moved, unnest($10::bigint[], $11::text[]) AS new (stream, name)
), new_events AS (
    INSERT INTO event (merchant, position, event_id, stream, version, command_end, type, type_version,
                       payload, sealed, metadata, recorded_at, batch, hash)
    SELECT moved.merchant, new.position, new.id, new.stream, new.version, new.command_end, new.type, 1,
           new.payload, NULL, new.metadata, new.recorded_at, moved.batch, new.hash
    FROM moved, unnest($12::bigint[], $13::bytea[], $14::bigint[], $15::bigint[], $16::bigint[], $17::text[],
                       $18::bytea[], $19::bytea[], $20::bigint[], $21::bytea[])
         AS new (position, id, stream, version, command_end, type, payload, metadata, recorded_at, hash)
), new_outcomes AS (
    INSERT INTO outcome (merchant, sender, key, fingerprint, kind, first_position, last_position,
                         answer, batch, ordinal, at)
    SELECT moved.merchant, new.sender, new.key, new.fingerprint, $28, new.first, new.last, new.answer,
           moved.batch, new.ordinal - 1, moved.time
    FROM moved, unnest($22::text[], $23::text[], $24::bytea[], $25::bigint[], $26::bigint[], $27::bytea[])
         WITH ORDINALITY AS new (sender, key, fingerprint, first, last, answer, ordinal)
)
SELECT count(*) FROM moved";

/// A connection with the journal's settings.
pub struct BarePostgres {
    connection: PgConnection,
}

impl BarePostgres {
    /// Creates the journal's tables in a schema and connects to it.
    pub async fn open(schema: &Schema) -> Result<Self, BenchError> {
        drop(PostgresJournal::connect(&schema.url).await?);
        let options =
            schema.options.clone().options([("jit", "off"), ("plan_cache_mode", "force_generic_plan")]);
        let mut connection = options.connect().await?;
        sqlx::raw_sql(HEAD).execute(&mut connection).await?;
        Ok(Self { connection })
    }

    /// Writes the rows of a batch in one statement, which is a transaction.
    pub async fn append(&mut self, rows: Rows) -> Result<(), BenchError> {
        let (expected, next, events) = (&rows.expected, &rows.next, &rows.events);
        let new_streams = || events.iter().filter(|event| event.version == 1);
        let outcomes = &rows.outcomes;
        let moved: i64 = sqlx::query_scalar(APPEND)
            .bind(&*rows.merchant)
            .bind(signed(expected.position))
            .bind(signed(next.position))
            .bind(next.event_hash.0)
            .bind(signed(next.batch))
            .bind(next.hash.0)
            .bind(next.time)
            .bind(rows.id)
            .bind(rows.digests())
            .bind(new_streams().map(|event| signed(event.stream)).collect::<Vec<_>>())
            .bind(new_streams().map(|event| &*event.stream_name).collect::<Vec<_>>())
            .bind(events.iter().map(|event| signed(event.position)).collect::<Vec<_>>())
            .bind(events.iter().map(|event| &event.event_id[..]).collect::<Vec<_>>())
            .bind(events.iter().map(|event| signed(event.stream)).collect::<Vec<_>>())
            .bind(events.iter().map(|event| signed(event.version)).collect::<Vec<_>>())
            .bind(events.iter().map(|event| signed(event.command_end)).collect::<Vec<_>>())
            .bind(events.iter().map(|event| &*event.kind).collect::<Vec<_>>())
            .bind(events.iter().map(|event| &event.payload[..]).collect::<Vec<_>>())
            .bind(events.iter().map(|event| &*event.metadata).collect::<Vec<_>>())
            .bind(events.iter().map(|event| event.recorded_at).collect::<Vec<_>>())
            .bind(events.iter().map(|event| &event.hash.0[..]).collect::<Vec<_>>())
            .bind(outcomes.iter().map(|outcome| &*outcome.key.sender).collect::<Vec<_>>())
            .bind(outcomes.iter().map(|outcome| &*outcome.key.key).collect::<Vec<_>>())
            .bind(outcomes.iter().map(|outcome| &outcome.fingerprint[..]).collect::<Vec<_>>())
            .bind(outcomes.iter().map(|outcome| signed(outcome.first_position)).collect::<Vec<_>>())
            .bind(outcomes.iter().map(|outcome| signed(outcome.last_position)).collect::<Vec<_>>())
            .bind(outcomes.iter().map(|outcome| &outcome.answer[..]).collect::<Vec<_>>())
            .bind(OutcomeKind::Created as i16)
            .fetch_one(&mut self.connection)
            .await?;
        if moved == 1 { Ok(()) } else { Err(BenchError::Sql(sqlx::Error::RowNotFound)) }
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
