//! The writer's side: loading the state for decisions, and appending the decisions.

use std::sync::Arc;

use async_trait::async_trait;

use super::columns::bounded;
use super::connection::APPEND_CONNECTIONS;
use super::rows::{self, head_columns};
use super::{PostgresJournal, append, load};
use crate::batch::Batch;
use crate::error::{AppendError, JournalError};
use crate::record::{Head, LoadRequest, Loaded, Snapshot};
use crate::traits::BatchStore;

#[async_trait]
impl BatchStore for PostgresJournal {
    fn concurrent_appends(&self) -> usize {
        APPEND_CONNECTIONS as usize
    }

    async fn append(&self, batches: &Arc<[Batch]>) -> Vec<Result<(), AppendError>> {
        if let Some(reason) = self.circuit_breaker.rejection() {
            return vec![Err(AppendError::Unavailable(reason)); batches.len()];
        }
        let results = append::append(&self.pools, batches).await;
        self.circuit_breaker.record_append(&results);
        self.recent_events.record(batches, &results);
        self.statistics.record(batches, &results);
        self.notifications.notify();
        results
    }

    async fn load(&self, merchant: &str, request: &LoadRequest) -> Result<Loaded, JournalError> {
        self.run(load::load(self.pool(), merchant, request)).await
    }

    async fn has_batch(&self, merchant: &str, number: u64, id: [u8; 16]) -> Result<bool, JournalError> {
        let select = "SELECT EXISTS (SELECT 1 FROM batch WHERE merchant = $1 AND batch = $2 AND id = $3)";
        let query = sqlx::query_scalar(select).bind(merchant).bind(bounded(number)).bind(id);
        self.run_always(query.fetch_one(self.pool())).await
    }

    /// Waits for an append that is changing the head, up to the lock timeout.
    async fn raise_epoch(&self, merchant: &str) -> Result<Head, JournalError> {
        let beginning = Head::default();
        let raise = concat!(
            "INSERT INTO journal_head AS h (merchant, position, event_hash, batch, hash, epoch, time, format)
             VALUES ($1, 0, $2, 0, $2, 1, 0, $3) ON CONFLICT (merchant) DO UPDATE SET epoch = h.epoch + 1
             RETURNING ",
            head_columns!()
        );
        let query =
            sqlx::query(raise).bind(merchant).bind(beginning.hash.0).bind(rows::small(beginning.format));
        self.run_always(async { rows::head(&query.fetch_one(self.pool()).await?) }).await
    }

    async fn save_snapshots(&self, merchant: &str, snapshots: Vec<Snapshot>) -> Result<(), JournalError> {
        let save = "INSERT INTO snapshot AS s (merchant, stream, type_version, version, state)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (merchant, stream) DO UPDATE SET type_version = excluded.type_version,
                version = excluded.version, state = excluded.state
            WHERE excluded.version > s.version OR excluded.type_version <> s.type_version";
        self.run(async {
            let mut transaction = self.pool().begin().await?;
            for Snapshot { stream, type_version, version, state } in snapshots {
                sqlx::query(save)
                    .bind(merchant)
                    .bind(bounded(stream))
                    .bind(rows::small(type_version))
                    .bind(bounded(version))
                    .bind(state)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await
        })
        .await
    }
}
