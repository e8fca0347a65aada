//! Maintenance.

use async_trait::async_trait;
use rusqlite::params;

use super::SqliteJournal;
use crate::error::JournalError;
use crate::traits::JournalAdmin;

#[async_trait]
impl JournalAdmin for SqliteJournal {
    async fn raise_format(&self, merchant: &str, format: u32) -> Result<(), JournalError> {
        let merchant = merchant.to_owned();
        self.write(move |connection| {
            let raise = "UPDATE journal_head SET format = ?2 WHERE merchant = ?1 AND format < ?2";
            connection.execute(raise, params![merchant, format]).map(drop)
        })
        .await
    }

    async fn prune_refusals(&self, before: i64) -> Result<u64, JournalError> {
        self.write(move |connection| {
            let prune = "DELETE FROM outcome WHERE kind = 3 AND at < ?1
                AND (SELECT batch.at FROM batch
                     WHERE batch.merchant = outcome.merchant AND batch.batch = outcome.batch) < ?1";
            connection.execute(prune, params![before]).map(|count| count as u64)
        })
        .await
    }
}
