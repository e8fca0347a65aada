//! Leases, by the database's clock.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::PostgresJournal;
use crate::error::JournalError;
use crate::lease::{LeaseStatus, Node};
use crate::traits::LeaseStore;

/// Takes the leases that are free or expired, renews the node's own, and selects the status of each. A node also takes
/// over a lease of its own address, which is its own from before a restart. When a lease moves to another node, the epoch
/// is raised: appends of the node before that arrive late are rejected. Rows are locked in order.
const CLAIM: &str = "
WITH requested AS (
    SELECT merchant FROM unnest($1::text[]) AS r(merchant) ORDER BY merchant
), taken AS (
    INSERT INTO writer_lease AS l (merchant, node, address, since, until)
    SELECT merchant, $2, $3, now(), now() + $4 * interval '1 millisecond' FROM requested
    ON CONFLICT (merchant) DO UPDATE SET node = excluded.node, address = excluded.address,
        since = CASE WHEN l.node = excluded.node THEN l.since ELSE excluded.since END, until = excluded.until
    WHERE l.node = excluded.node OR l.address = excluded.address OR l.until < now()
    RETURNING merchant, since = now() AS is_new
), fenced AS (
    UPDATE journal_head AS h SET epoch = h.epoch + 1 FROM taken AS t WHERE t.is_new AND h.merchant = t.merchant
)
SELECT r.merchant, t.merchant IS NOT NULL, l.address,
       greatest(0, extract(epoch FROM l.until - now()) * 1000)::bigint
FROM requested AS r LEFT JOIN taken AS t USING (merchant) LEFT JOIN writer_lease AS l USING (merchant)";

#[async_trait]
impl LeaseStore for PostgresJournal {
    /// A lease that another node claims at the same time is reported as held by an unknown address, about to end.
    async fn claim_leases(
        &self,
        node: &Node,
        merchants: &[String],
        duration: Duration,
    ) -> Result<Vec<LeaseStatus>, JournalError> {
        let query = sqlx::query(CLAIM)
            .bind(merchants)
            .bind(&*node.id)
            .bind(&*node.address)
            .bind(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX));
        self.run(async {
            let rows = query.fetch_all(self.pool()).await?;
            let status = |merchant: &String| {
                let is_of_merchant =
                    |row: &&PgRow| row.try_get::<&str, _>(0).is_ok_and(|found| found == merchant);
                lease_status(rows.iter().find(is_of_merchant).ok_or(sqlx::Error::RowNotFound)?)
            };
            merchants.iter().map(status).collect()
        })
        .await
    }

    async fn release_leases(&self, node: &Node, merchants: &[String]) -> Result<(), JournalError> {
        let delete = "DELETE FROM writer_lease WHERE node = $1 AND merchant = ANY($2)";
        let query = sqlx::query(delete).bind(&*node.id).bind(merchants);
        self.run(query.execute(self.pool())).await.map(drop)
    }

    async fn time(&self) -> Result<Option<i64>, JournalError> {
        let select = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
        self.run(sqlx::query_scalar(select).fetch_one(self.pool())).await.map(Some)
    }
}

fn lease_status(row: &PgRow) -> Result<LeaseStatus, sqlx::Error> {
    if row.try_get(1)? {
        return Ok(LeaseStatus::Own);
    }
    let address: Option<&str> = row.try_get(2)?;
    let remaining: Option<i64> = row.try_get(3)?;
    Ok(LeaseStatus::HeldBy {
        address: Arc::from(address.unwrap_or_default()),
        remaining: Duration::from_millis(remaining.unwrap_or_default().unsigned_abs()),
    })
}
