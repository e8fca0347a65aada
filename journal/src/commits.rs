//! Telling those who wait for new events that there may be some.

use tokio::sync::watch;

/// Counts appends, of whichever merchant.
#[derive(Debug)]
pub(crate) struct Commits(watch::Sender<u64>);

impl Default for Commits {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Commits {
    /// Something may have been appended.
    pub(crate) fn note(&self) {
        self.0.send_modify(|count| *count += 1);
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}
