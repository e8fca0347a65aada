//! Leases, judged by the database's clock alone.

use std::sync::Arc;
use std::time::Duration;

use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};

use crate::lease::{Node, Tenure};

/// Takes leases that are free, renews those of the node, and tells of the others who has them. A lease that changes
/// hands raises the epoch: whatever the node before it has under way is fenced. Rows are locked in order.
const CLAIM: &str = "
WITH wanted AS (
    SELECT merchant FROM unnest($1::text[]) AS w(merchant) ORDER BY merchant
), taken AS (
    INSERT INTO writer_lease AS l (merchant, node, address, since, until)
    SELECT merchant, $2, $3, now(), now() + $4 * interval '1 millisecond' FROM wanted
    ON CONFLICT (merchant) DO UPDATE SET node = excluded.node, address = excluded.address,
        since = CASE WHEN l.node = excluded.node THEN l.since ELSE excluded.since END, until = excluded.until
    WHERE l.node = excluded.node OR l.address = excluded.address OR l.until < now()
    RETURNING merchant, since = now() AS fresh
), fenced AS (
    UPDATE journal_head AS h SET epoch = h.epoch + 1 FROM taken AS t WHERE t.fresh AND h.merchant = t.merchant
)
SELECT w.merchant, t.merchant IS NOT NULL, l.address,
       greatest(0, extract(epoch FROM l.until - now()) * 1000)::bigint
FROM wanted AS w LEFT JOIN taken AS t USING (merchant) LEFT JOIN writer_lease AS l USING (merchant)";

/// The tenure of each merchant that was asked for. Where somebody else has taken a lease this very moment, it is told
/// as nobody's that is about to end.
pub(super) async fn claim(
    pool: &PgPool,
    node: &Node,
    merchants: &[String],
    term: Duration,
) -> Result<Vec<Tenure>, sqlx::Error> {
    let rows = sqlx::query(CLAIM)
        .bind(merchants)
        .bind(&*node.id)
        .bind(&*node.address)
        .bind(i64::try_from(term.as_millis()).unwrap_or(i64::MAX))
        .fetch_all(pool)
        .await?;
    let tenure = |merchant: &String| {
        let row = rows.iter().find(|row| row.try_get::<&str, _>(0).is_ok_and(|found| found == merchant));
        row.map_or_else(|| Err(sqlx::Error::RowNotFound), tenure)
    };
    merchants.iter().map(tenure).collect()
}

fn tenure(row: &PgRow) -> Result<Tenure, sqlx::Error> {
    if row.try_get(1)? {
        return Ok(Tenure::Mine);
    }
    let address: Option<&str> = row.try_get(2)?;
    let left: Option<i64> = row.try_get(3)?;
    Ok(Tenure::Theirs {
        address: Arc::from(address.unwrap_or_default()),
        left: Duration::from_millis(left.unwrap_or_default().unsigned_abs()),
    })
}

/// Ends the node's leases now, so that others need not wait for it.
pub(super) async fn release(pool: &PgPool, node: &Node, merchants: &[String]) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM writer_lease WHERE node = $1 AND merchant = ANY($2)")
        .bind(&*node.id)
        .bind(merchants)
        .execute(pool)
        .await
        .map(drop)
}

/// The database's time, in microseconds since 1970.
pub(super) async fn time(pool: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
        .fetch_one(pool)
        .await?
        .try_get(0)
}
