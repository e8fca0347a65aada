//! Commits batches of all merchants: whatever waits goes into one transaction.

use std::sync::Arc;

use holdfast_journal::{AppendError, Batch, Journal};
use tokio::sync::{mpsc, oneshot};

/// Batches in one transaction at most.
const MOST_BATCHES: usize = 64;

type Waiting = (Batch, oneshot::Sender<Result<(), AppendError>>);

/// The way to the task that commits.
#[derive(Debug, Clone)]
pub(crate) struct Committer {
    queue: mpsc::Sender<Waiting>,
}

impl Committer {
    /// Starts the task. It ends when the last handle is dropped.
    pub(crate) fn start(journal: Arc<dyn Journal>) -> Self {
        let (queue, waiting) = mpsc::channel(MOST_BATCHES);
        tokio::spawn(commit_all(journal, waiting));
        Self { queue }
    }

    /// Hands a batch over; the result comes by the receiver. Every merchant has one batch under way at most, so
    /// that batches in one transaction are always of different merchants.
    pub(crate) async fn commit(&self, batch: Batch) -> oneshot::Receiver<Result<(), AppendError>> {
        let (reply, result) = oneshot::channel();
        if let Err(mpsc::error::SendError((_, reply))) = self.queue.send((batch, reply)).await {
            let gone = AppendError::Unavailable("the committer has ended".to_owned());
            // The receiver is right here.
            let _ = reply.send(Err(gone));
        }
        result
    }
}

async fn commit_all(journal: Arc<dyn Journal>, mut waiting: mpsc::Receiver<Waiting>) {
    let mut taken = Vec::with_capacity(MOST_BATCHES);
    while waiting.recv_many(&mut taken, MOST_BATCHES).await > 0 {
        let (batches, replies): (Vec<Batch>, Vec<_>) = taken.drain(..).unzip();
        // On a task of its own, so that a journal that panics takes down this append and nothing else.
        let journal = Arc::clone(&journal);
        let append = tokio::spawn(async move { journal.append(&batches).await });
        let mut results = append.await.unwrap_or_default().into_iter();
        for reply in replies {
            let unknown = || Err(AppendError::Unknown("the journal gave no result".to_owned()));
            // A writer that has ended waits for nothing.
            let _ = reply.send(results.next().unwrap_or_else(unknown));
        }
    }
}
