//! Reading the keys to personal data.

use async_trait::async_trait;

use super::PostgresJournal;
use crate::error::JournalError;
use crate::traits::SubjectKeys;

#[async_trait]
impl SubjectKeys for PostgresJournal {
    async fn subject_key(&self, merchant: &str, subject: &str) -> Result<Option<Vec<u8>>, JournalError> {
        let select = "SELECT key FROM subject_key WHERE merchant = $1 AND subject = $2";
        let query = sqlx::query_scalar(select).bind(merchant).bind(subject);
        self.run(query.fetch_optional(self.pool())).await
    }

    async fn master_key_check(&self) -> Result<Option<Vec<u8>>, JournalError> {
        let query = sqlx::query_scalar("SELECT digest FROM master_key_check");
        self.run(query.fetch_optional(self.pool())).await
    }

    async fn save_master_key_check(&self, digest: Vec<u8>) -> Result<(), JournalError> {
        let insert = "INSERT INTO master_key_check (id, digest) VALUES (1, $1) ON CONFLICT DO NOTHING";
        self.run(sqlx::query(insert).bind(digest).execute(self.pool())).await.map(drop)
    }
}
