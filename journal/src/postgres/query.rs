//! Queries that several capabilities share.
//!
//! Every query reads from the primary: a standby may be behind. The statements of one read may see different states, later
//! statements newer ones. The append of a decision is conditional on the head, so it fails if anything was written since.
//!
//! Many keys are looked up one by one: `LATERAL` or a subquery requests it, and `OFFSET 0` keeps the server from another
//! plan, such as reading a growing table that its statistics still describe as empty.

use sqlx::postgres::PgPool;

use super::columns::bounded;
use super::rows::{self, head_columns};
use crate::hash::Hash;
use crate::record::{BatchSummary, Head};

pub(super) async fn head(pool: &PgPool, merchant: &str) -> Result<Head, sqlx::Error> {
    let select = concat!("SELECT ", head_columns!(), " FROM journal_head WHERE merchant = $1");
    let row = sqlx::query(select).bind(merchant).fetch_optional(pool).await?;
    row.map_or_else(|| Ok(Head::default()), |row| rows::head(&row))
}

/// The hash of the batch with this number; `None` if there is no such batch.
pub(super) async fn batch_hash(
    pool: &PgPool,
    merchant: &str,
    number: u64,
) -> Result<Option<Hash>, sqlx::Error> {
    if number == 0 {
        return Ok(Some(Hash::default()));
    }
    let select = "SELECT hash FROM batch WHERE merchant = $1 AND batch = $2";
    let row = sqlx::query(select).bind(merchant).bind(bounded(number)).fetch_optional(pool).await?;
    row.map(|row| rows::hash(&row, 0)).transpose()
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
