//! Loading the state for decisions, and appending the decisions.

use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::rows::{self, OUTCOME, bounded};
use super::{SqliteJournal, append, query};
use crate::batch::Batch;
use crate::error::{AppendError, JournalError};
use crate::record::{ClaimKey, Head, LoadRequest, Loaded, LoadedStream, Outcome, OutcomeKey, Snapshot};
use crate::traits::BatchStore;

#[async_trait]
impl BatchStore for SqliteJournal {
    async fn append(&self, batches: &Arc<[Batch]>) -> Vec<Result<(), AppendError>> {
        let (appending, key_in_log) = (Arc::clone(batches), Arc::clone(&self.destroyed_key_in_log));
        let unknown = |error: JournalError| vec![Err(AppendError::Unknown(error.to_string())); batches.len()];
        let results = self
            .writer
            .run(move |connection| append::append(connection, &appending, &key_in_log))
            .await
            .unwrap_or_else(unknown);
        self.recent_events.record(batches, &results);
        self.commit_signal.notify();
        results
    }

    async fn load(&self, merchant: &str, request: &LoadRequest) -> Result<Loaded, JournalError> {
        let (merchant, request) = (merchant.to_owned(), request.clone());
        self.query(move |connection| {
            let streams = request.streams.iter().map(|name| stream(connection, &merchant, name));
            let claims = request.claims.iter().map(|key| claim(connection, &merchant, key));
            let outcomes = request.outcomes.iter().map(|key| outcome(connection, &merchant, key));
            Ok(Loaded {
                streams: streams.collect::<Result<_, _>>()?,
                claims: claims.collect::<Result<_, _>>()?,
                outcomes: outcomes.collect::<Result<_, _>>()?,
            })
        })
        .await
    }

    async fn has_batch(&self, merchant: &str, number: u64, id: [u8; 16]) -> Result<bool, JournalError> {
        let merchant = merchant.to_owned();
        // On the writing connection, after the append whose outcome is unknown.
        self.write(move |connection| {
            let found = connection
                .prepare_cached("SELECT id FROM batch WHERE merchant = ?1 AND batch = ?2")?
                .query_row(params![merchant, bounded(number)], |row| row.get::<_, [u8; 16]>(0))
                .optional()?;
            Ok(found == Some(id))
        })
        .await
    }

    async fn raise_epoch(&self, merchant: &str) -> Result<Head, JournalError> {
        let merchant = merchant.to_owned();
        self.write(move |connection| {
            let head = Head::default();
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute(
                "INSERT INTO journal_head (merchant, position, event_hash, batch, hash, epoch, time, format)
                 VALUES (?1, 0, ?2, 0, ?2, 1, 0, ?3) ON CONFLICT DO UPDATE SET epoch = epoch + 1",
                params![merchant, head.hash.0, head.format],
            )?;
            let head = query::head(&transaction, &merchant)?;
            transaction.commit()?;
            Ok(head)
        })
        .await
    }

    async fn save_snapshots(&self, merchant: &str, snapshots: Vec<Snapshot>) -> Result<(), JournalError> {
        let merchant = merchant.to_owned();
        self.write(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for Snapshot { stream, type_version, version, state } in &snapshots {
                transaction
                    .prepare_cached(
                        "INSERT INTO snapshot (merchant, stream, type_version, version, state)
                         VALUES (?1, ?2, ?3, ?4, ?5)
                         ON CONFLICT DO UPDATE SET type_version = excluded.type_version,
                             version = excluded.version, state = excluded.state
                         WHERE excluded.version > version OR excluded.type_version <> type_version",
                    )?
                    .execute(params![merchant, stream, type_version, version, state])?;
            }
            transaction.commit()
        })
        .await
    }
}

fn stream(connection: &Connection, merchant: &str, name: &str) -> rusqlite::Result<Option<LoadedStream>> {
    let Some(stream) = query::stream_number(connection, merchant, name)? else {
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
    let events = query::stream_events(connection, merchant, stream, after, u64::MAX)?;
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

fn outcome(connection: &Connection, merchant: &str, key: &OutcomeKey) -> rusqlite::Result<Option<Outcome>> {
    connection
        .prepare_cached(&format!(
            "SELECT {OUTCOME} FROM outcome WHERE merchant = ?1 AND sender = ?2 AND key = ?3"
        ))?
        .query_row(params![merchant, &*key.sender, &*key.key], rows::outcome)
        .optional()
}
