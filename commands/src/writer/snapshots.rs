//! Saving snapshots of committed state, so that long streams load quickly.
//!
//! A snapshot only saves time, and a busy stock item grows by thousands of events per second. Snapshots are therefore saved in
//! the background and at most once per [`MIN_INTERVAL`].

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::stream::StreamId;
use holdfast_domain::values::MerchantId;
use holdfast_journal::{Head, Journal, JournalError, Snapshot};
use tokio::time::Instant;

use crate::execution::change_set::{ChangeSet, Committed};
use crate::privacy::Vault;

const MIN_INTERVAL: Duration = Duration::from_secs(5);

/// Streams that have grown since their last snapshot.
#[derive(Debug, Default)]
pub(super) struct Snapshots {
    due: HashSet<StreamId>,
    last: Option<Instant>,
}

impl Snapshots {
    /// Notes the streams that have grown by `every` events since their last snapshot.
    pub(super) fn note_changes(&mut self, changes: &ChangeSet, every: u64) {
        let grown = changes.streams.iter().filter(|(_, cached)| cached.version >= cached.snapshot + every);
        self.due.extend(grown.map(|(stream, _)| stream.clone()));
    }

    /// Whether snapshots are due and the last ones are old enough.
    pub(super) fn is_time(&self) -> bool {
        !self.due.is_empty() && self.last.is_none_or(|last| last.elapsed() >= MIN_INTERVAL)
    }

    /// Takes the snapshots that are due, which are saved next.
    pub(super) fn take(&mut self, committed: &mut Committed, vault: &Vault) -> Vec<Snapshot> {
        self.last = Some(Instant::now());
        let due = self.due.drain();
        due.filter_map(|stream| {
            let snapshot = committed.peek(&stream)?.to_snapshot(&stream, vault)?;
            committed.note_snapshot(&stream);
            Some(snapshot)
        })
        .collect()
    }
}

/// Saves snapshots if the journal still contains the batch of `head`. After a failover to another history, they must not be
/// taken for states of that history.
pub(super) async fn save(
    journal: Arc<dyn Journal>,
    merchant: MerchantId,
    head: Head,
    snapshots: Vec<Snapshot>,
) {
    if snapshots.is_empty() {
        return;
    }
    let merchant = merchant.as_str();
    let saved = async {
        let batches = journal.batches(merchant, head.batch.saturating_sub(1), 1).await?;
        if batches.first().is_some_and(|batch| batch.number == head.batch && batch.hash == head.hash) {
            journal.save_snapshots(merchant, snapshots).await?;
        }
        Ok::<_, JournalError>(())
    };
    // The streams become due again after more events.
    if let Err(error) = saved.await {
        tracing::warn!(merchant, %error, "failed to save snapshots");
    }
}
