//! The committer: appends the batches of all merchants; batches that wait share a transaction.

use std::sync::Arc;

use holdfast_journal::{AppendError, Batch, Journal};
use tokio::sync::{Mutex, mpsc, oneshot};

/// The most batches in one transaction.
const MAX_BATCHES: usize = 64;

/// A transaction with this many bytes takes no further batch.
const MAX_BYTES: usize = 32 << 20;

type QueuedBatch = (Batch, oneshot::Sender<Result<(), AppendError>>);

/// A handle to the committing tasks.
#[derive(Debug, Clone)]
pub(crate) struct Committer {
    queue: mpsc::Sender<QueuedBatch>,
}

impl Committer {
    /// Starts one task per concurrent append of the journal. The tasks end when the last handle is dropped.
    pub(crate) fn start(journal: &Arc<dyn Journal>) -> Self {
        let (queue, waiting) = mpsc::channel(MAX_BATCHES);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..journal.concurrent_appends().max(1) {
            tokio::spawn(commit_all(Arc::clone(journal), Arc::clone(&waiting)));
        }
        Self { queue }
    }

    /// Queues a batch; the receiver gets the result. A merchant has at most one batch in the queue, so that all batches of a
    /// transaction belong to different merchants.
    pub(crate) async fn commit(&self, batch: Batch) -> oneshot::Receiver<Result<(), AppendError>> {
        let (reply, result) = oneshot::channel();
        if let Err(mpsc::error::SendError((_, reply))) = self.queue.send((batch, reply)).await {
            let gone = AppendError::Unavailable("the committer has stopped".to_owned());
            // The receiver is returned below, so sending cannot fail.
            let _ = reply.send(Err(gone));
        }
        result
    }
}

async fn commit_all(journal: Arc<dyn Journal>, waiting: Arc<Mutex<mpsc::Receiver<QueuedBatch>>>) {
    loop {
        let taken = take_all(&mut *waiting.lock().await).await;
        if taken.is_empty() {
            return;
        }
        let (batches, replies): (Vec<Batch>, Vec<_>) = taken.into_iter().unzip();
        let batches = batches.into();
        // A separate task, so that a panic in the journal fails only this append.
        let journal = Arc::clone(&journal);
        let append = tokio::spawn(async move { journal.append(&batches).await });
        let mut results = append.await.unwrap_or_default().into_iter();
        for reply in replies {
            let unknown = || Err(AppendError::Unknown("the journal returned no result".to_owned()));
            // The writer may have stopped.
            let _ = reply.send(results.next().unwrap_or_else(unknown));
        }
    }
}

/// Takes the waiting batches up to the limits; none if all handles are dropped.
async fn take_all(waiting: &mut mpsc::Receiver<QueuedBatch>) -> Vec<QueuedBatch> {
    let mut taken: Vec<QueuedBatch> = waiting.recv().await.into_iter().collect();
    let mut bytes = taken.first().map_or(0, |(batch, _)| batch.bytes());
    while taken.len() < MAX_BATCHES && bytes < MAX_BYTES {
        let Ok(next) = waiting.try_recv() else { break };
        bytes += next.0.bytes();
        taken.push(next);
    }
    taken
}
