//! Early analysis of the journal's tables.
//!
//! Before the server analyzes a growing table, it takes the table for nearly empty. Any index on the merchant then looks
//! as good as any other, and a wrong one leads through all rows of the merchant.

use std::sync::Arc;

use holdfast_postgres_support::{analyze_grown_tables, has_grown_fourfold};
use sqlx::postgres::PgPool;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::batch::Batch;
use crate::error::AppendError;

/// The tables that have a row for every event, order or command.
const TABLES: [&str; 5] = ["event", "stream", "outcome", "claim", "subject_key"];

/// The task that analyzes grown tables. It ends when this is dropped.
#[derive(Debug, Default)]
pub(super) struct Statistics {
    grown: Arc<Notify>,
    tasks: JoinSet<()>,
}

impl Statistics {
    pub(super) fn start(pool: &PgPool) -> Self {
        let mut statistics = Self::default();
        statistics.tasks.spawn(analyze(pool.clone(), Arc::clone(&statistics.grown)));
        statistics
    }

    /// Wakes the task if an append has made a journal large enough.
    pub(super) fn record(&self, batches: &[Batch], results: &[Result<(), AppendError>]) {
        let grown = |(batch, result): (&Batch, &Result<(), AppendError>)| {
            result.is_ok() && has_grown_fourfold(batch.expected.position, batch.next.position)
        };
        if batches.iter().zip(results).any(grown) {
            self.grown.notify_one();
        }
    }
}

async fn analyze(pool: PgPool, grown: Arc<Notify>) {
    loop {
        grown.notified().await;
        let analyzed = async { analyze_grown_tables(&mut *pool.acquire().await?, &TABLES).await };
        if let Err(error) = analyzed.await {
            tracing::debug!(%error, "cannot analyze tables that have grown; the server will do it later");
        }
    }
}
