//! Refusals are kept for a time, grants for ever.

use std::sync::Arc;
use std::time::Duration;

use holdfast_journal::Journal;

use crate::clock::Clock;

/// How often to look.
const PAUSE: Duration = Duration::from_secs(3_600);

/// The moment before which refusals may be forgotten, in microseconds since 1970.
pub fn refusals_kept_since(clock: &dyn Clock, kept: Duration) -> i64 {
    let kept = i64::try_from(kept.as_micros()).unwrap_or(i64::MAX);
    clock.now().microseconds().saturating_sub(kept)
}

/// Prunes refusals now and then, until the task is ended.
pub(crate) async fn prune_refusals(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>, kept: Duration) {
    loop {
        match journal.prune_refusals(refusals_kept_since(&*clock, kept)).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "refusals were forgotten"),
            // Nothing depends on it: there is a next time.
            Err(error) => tracing::warn!(%error, "refusals could not be forgotten"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}
