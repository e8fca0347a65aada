//! The retention of refusals. Outcomes of accepted commands are kept permanently.

use std::sync::Arc;
use std::time::Duration;

use holdfast_journal::Journal;

use crate::clock::Clock;

const PRUNE_INTERVAL: Duration = Duration::from_secs(3_600);

/// The time before which refusals may be deleted, in microseconds since 1970.
pub fn refusals_kept_since(clock: &dyn Clock, kept: Duration) -> i64 {
    let kept = i64::try_from(kept.as_micros()).unwrap_or(i64::MAX);
    clock.now().microseconds().saturating_sub(kept)
}

/// Deletes old refusals periodically, until the task is aborted.
pub(crate) async fn prune_refusals(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>, kept: Duration) {
    loop {
        match journal.prune_refusals(refusals_kept_since(&*clock, kept)).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "deleted old refusals"),
            Err(error) => tracing::warn!(%error, "failed to delete old refusals"),
        }
        tokio::time::sleep(PRUNE_INTERVAL).await;
    }
}
