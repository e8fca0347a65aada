//! Keeping states to start from, so that long streams load quickly.
//!
//! Always of committed state, in the background, and seldom: a snapshot only saves time, and a busy stock item grows
//! by thousands of events a second.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::stream::StreamId;
use holdfast_domain::values::MerchantId;
use holdfast_journal::{Head, Journal, JournalError, Snapshot};
use tokio::time::Instant;

use super::Shared;
use crate::execution::change_set::{ChangeSet, Committed};
use crate::privacy::Vault;

/// The least time between two rounds.
const PAUSE: Duration = Duration::from_secs(5);

/// Streams that have grown since their last snapshot.
#[derive(Debug, Default)]
pub(super) struct Snapshots {
    due: HashSet<StreamId>,
    last: Option<Instant>,
}

impl Snapshots {
    /// Notes which streams have grown enough.
    pub(super) fn note(&mut self, committed: &ChangeSet, every: u64) {
        let grown = committed.streams.iter().filter(|(_, kept)| kept.version >= kept.snapshot + every);
        self.due.extend(grown.map(|(stream, _)| stream.clone()));
    }

    /// Keeps what is due in the background, if the last time was long enough ago.
    pub(super) fn keep_now_and_then(
        &mut self,
        shared: &Shared,
        merchant: &MerchantId,
        committed: &mut Committed,
        head: Head,
    ) {
        if self.due.is_empty() || self.last.is_some_and(|last| last.elapsed() < PAUSE) {
            return;
        }
        self.last = Some(Instant::now());
        let snapshots = self.take(committed, &shared.vault);
        for snapshot in &snapshots {
            committed.note_snapshot(&snapshot.0);
        }
        let snapshots = snapshots.into_iter().map(|(_, snapshot)| snapshot).collect();
        tokio::spawn(save(Arc::clone(&shared.journal), merchant.clone(), head, snapshots));
    }

    /// Keeps what is due, and waits for it.
    pub(super) async fn keep(
        &mut self,
        shared: &Shared,
        merchant: &MerchantId,
        committed: &Committed,
        head: Head,
    ) {
        let snapshots: Vec<Snapshot> =
            self.take(committed, &shared.vault).into_iter().map(|(_, snapshot)| snapshot).collect();
        if !snapshots.is_empty() {
            save(Arc::clone(&shared.journal), merchant.clone(), head, snapshots).await;
        }
    }

    fn take(&mut self, committed: &Committed, vault: &Vault) -> Vec<(StreamId, Snapshot)> {
        let kept = |stream: StreamId| {
            let snapshot = committed.peek(&stream)?.to_snapshot(&stream, vault)?;
            Some((stream, snapshot))
        };
        self.due.drain().filter_map(kept).collect()
    }
}

/// Saves states of a journal that has this head, or goes on from it: those of a history that was lost in a failover
/// must not be taken for states of the one that came instead.
async fn save(journal: Arc<dyn Journal>, merchant: MerchantId, head: Head, snapshots: Vec<Snapshot>) {
    let merchant = merchant.as_str();
    let saved = async {
        let there = journal.batches(merchant, head.batch.saturating_sub(1), 1).await?;
        if there.first().is_some_and(|batch| batch.number == head.batch && batch.hash == head.hash) {
            journal.save_snapshots(merchant, snapshots).await?;
        }
        Ok::<_, JournalError>(())
    };
    // What fails to be kept is kept after more events.
    if let Err(error) = saved.await {
        tracing::warn!(merchant, %error, "snapshots were not kept");
    }
}
