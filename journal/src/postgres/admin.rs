//! Maintenance.

use async_trait::async_trait;

use super::{PostgresJournal, rows};
use crate::error::JournalError;
use crate::traits::JournalAdmin;

/// The maximum number of outcomes that one statement deletes, so that it stays short.
const PRUNE_BATCH_SIZE: i64 = 10_000;

#[async_trait]
impl JournalAdmin for PostgresJournal {
    async fn raise_format(&self, merchant: &str, format: u32) -> Result<(), JournalError> {
        let raise = "UPDATE journal_head SET format = $2 WHERE merchant = $1 AND format < $2";
        let query = sqlx::query(raise).bind(merchant).bind(rows::small(format));
        self.run(query.execute(self.pool())).await.map(drop)
    }

    async fn prune_refusals(&self, before: i64) -> Result<u64, JournalError> {
        let prune = "DELETE FROM outcome WHERE (merchant, batch, ordinal) IN (
            SELECT o.merchant, o.batch, o.ordinal FROM outcome AS o
            JOIN batch AS b ON b.merchant = o.merchant AND b.batch = o.batch
            WHERE o.kind = 3 AND o.at < $1 AND b.at < $1 LIMIT $2)";
        let mut pruned = 0;
        loop {
            let query = sqlx::query(prune).bind(before).bind(PRUNE_BATCH_SIZE);
            let deleted = self.run(query.execute(self.pool())).await?.rows_affected();
            pruned += deleted;
            if deleted == 0 {
                return Ok(pruned);
            }
        }
    }

    async fn close(&self) {
        self.pools.close().await;
    }
}
