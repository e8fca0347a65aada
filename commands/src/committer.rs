//! Commits batches of all merchants: whatever waits goes into one transaction.

use std::sync::Arc;

use holdfast_journal::{AppendError, Batch, Journal};
use tokio::sync::{Mutex, mpsc, oneshot};

/// Batches in one transaction at most.
const MOST_BATCHES: usize = 64;

/// Bytes in one transaction, about, at most: no more is added once it has as many.
const MOST_BYTES: usize = 32 << 20;

type Waiting = (Batch, oneshot::Sender<Result<(), AppendError>>);

/// The way to the tasks that commit.
#[derive(Debug, Clone)]
pub(crate) struct Committer {
    queue: mpsc::Sender<Waiting>,
}

impl Committer {
    /// Starts as many tasks as the journal takes appends at once. They end when the last handle is dropped.
    pub(crate) fn start(journal: &Arc<dyn Journal>) -> Self {
        let (queue, waiting) = mpsc::channel(MOST_BATCHES);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..journal.concurrent_appends().max(1) {
            tokio::spawn(commit_all(Arc::clone(journal), Arc::clone(&waiting)));
        }
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

async fn commit_all(journal: Arc<dyn Journal>, waiting: Arc<Mutex<mpsc::Receiver<Waiting>>>) {
    loop {
        let taken = take_all(&mut *waiting.lock().await).await;
        if taken.is_empty() {
            return;
        }
        let (batches, replies): (Vec<Batch>, Vec<_>) = taken.into_iter().unzip();
        let batches = batches.into();
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

/// All that waits, up to the limits; nothing once nobody can add anything.
async fn take_all(waiting: &mut mpsc::Receiver<Waiting>) -> Vec<Waiting> {
    let mut taken: Vec<Waiting> = waiting.recv().await.into_iter().collect();
    let mut bytes = taken.first().map_or(0, |(batch, _)| batch.bytes());
    while taken.len() < MOST_BATCHES && bytes < MOST_BYTES {
        let Ok(next) = waiting.try_recv() else { break };
        bytes += next.0.bytes();
        taken.push(next);
    }
    taken
}
