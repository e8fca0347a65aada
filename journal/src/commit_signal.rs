//! A signal that wakes readers when new events may have been appended.

use tokio::sync::watch;

/// A counter of appends, of any merchant. Readers wait for it to change.
#[derive(Debug)]
pub(crate) struct CommitSignal(watch::Sender<u64>);

impl Default for CommitSignal {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl CommitSignal {
    /// Wakes all readers.
    pub(crate) fn notify(&self) {
        self.0.send_modify(|count| *count += 1);
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}
