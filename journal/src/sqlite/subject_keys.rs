//! Reading the keys to personal data.

use async_trait::async_trait;
use rusqlite::{OptionalExtension, params};

use super::SqliteJournal;
use crate::error::JournalError;
use crate::traits::SubjectKeys;

#[async_trait]
impl SubjectKeys for SqliteJournal {
    async fn subject_key(&self, merchant: &str, subject: &str) -> Result<Option<Vec<u8>>, JournalError> {
        let (merchant, subject) = (merchant.to_owned(), subject.to_owned());
        self.query(move |connection| {
            connection
                .prepare_cached("SELECT key FROM subject_key WHERE merchant = ?1 AND subject = ?2")?
                .query_row(params![merchant, subject], |row| row.get(0))
                .optional()
        })
        .await
    }

    async fn master_key_check(&self) -> Result<Option<Vec<u8>>, JournalError> {
        self.query(|connection| {
            connection.query_row("SELECT digest FROM master_key_check", [], |row| row.get(0)).optional()
        })
        .await
    }

    async fn save_master_key_check(&self, digest: Vec<u8>) -> Result<(), JournalError> {
        self.write(move |connection| {
            let insert = "INSERT INTO master_key_check (id, digest) VALUES (1, ?1) ON CONFLICT DO NOTHING";
            connection.execute(insert, params![digest]).map(drop)
        })
        .await
    }
}
