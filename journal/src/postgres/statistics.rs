//! Telling the server early how much is in its tables.
//!
//! It looks by itself about once a minute. Until then it plans for tables that are nearly empty, where any index of a
//! merchant is as good as any other and all of them lead through everything the merchant has.

use std::sync::Arc;

use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Row};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::batch::Batch;
use crate::error::AppendError;

/// Tables that have grown fourfold since the server looked.
const GROWN: &str = "
SELECT quote_ident(relname) FROM unnest($1::text[]) AS wanted (name) JOIN pg_class ON oid = to_regclass(name)
WHERE pg_relation_size(oid) > 4 * current_setting('block_size')::bigint * greatest(relpages, 8)";

/// What has a row for every event, order or command.
const TABLES: [&str; 5] = ["event", "stream", "outcome", "claim", "subject_key"];

/// The task that does it. It ends when this is dropped.
#[derive(Debug, Default)]
pub(super) struct Statistics {
    grown: Arc<Notify>,
    tasks: JoinSet<()>,
}

impl Statistics {
    pub(super) fn start(pool: &PgPool) -> Self {
        let mut statistics = Self::default();
        statistics.tasks.spawn(keep(pool.clone(), Arc::clone(&statistics.grown)));
        statistics
    }

    /// Notes what was appended.
    pub(super) fn note(&self, batches: &[Batch], results: &[Result<(), AppendError>]) {
        let grown = |(batch, result): (&Batch, &Result<(), AppendError>)| {
            result.is_ok() && has_grown(batch.expected.position, batch.next.position)
        };
        if batches.iter().zip(results).any(grown) {
            self.grown.notify_one();
        }
    }
}

/// Whether a power of four, of a few hundred or more, lies between two positions: whatever has rows for what was
/// appended between them may have grown enough for [`analyze_grown`].
pub fn has_grown(from: u64, to: u64) -> bool {
    let power = |position: u64| position.checked_ilog(4).unwrap_or(0).max(4);
    power(from) < power(to)
}

async fn keep(pool: PgPool, grown: Arc<Notify>) {
    loop {
        grown.notified().await;
        let looked = async { analyze_grown(&mut *pool.acquire().await?, &TABLES).await };
        if let Err(error) = looked.await {
            tracing::debug!(%error, "the server will look at its tables by itself");
        }
    }
}

/// Has the server look at those of some tables that have grown fourfold since it did so.
pub async fn analyze_grown(connection: &mut PgConnection, tables: &[&str]) -> Result<(), sqlx::Error> {
    for row in sqlx::query(GROWN).bind(tables).fetch_all(&mut *connection).await? {
        let table: String = row.try_get(0)?;
        sqlx::query(AssertSqlSafe(format!("ANALYZE {table}"))).execute(&mut *connection).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::has_grown;

    #[test]
    fn a_journal_has_grown_when_it_has_passed_a_power_of_four() {
        assert!(has_grown(1_000, 1_024));
        assert!(has_grown(1_023, 5_000));
        assert!(!has_grown(0, 100), "too little to be worth a look");
        assert!(!has_grown(1_024, 4_095));
        assert!(!has_grown(7, 7));
    }
}
