//! The writer of a merchant: the only place where this node decides the merchant's commands.
//!
//! The writer takes the queued commands, decides them in order on the state in memory, and passes events, outcomes and
//! claims to the committer as one batch. While a batch commits, the writer decides the next batch on top of it. A reply
//! leaves only after its batch is durable. If a commit fails, the writer discards everything that was decided on top of it
//! and decides it again.

mod batch;
mod commit_result;
mod decide;
mod idempotency_key;
mod load;
mod past_on_hand;
mod priority_queue;
mod recovery;
mod snapshots;
mod submission;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use holdfast_domain::values::MerchantId;
use holdfast_journal::{Batch, Head, Journal};
use tokio::sync::mpsc;

use crate::budget::Budget;
use crate::clock::Clock;
use crate::committer::Committer;
use crate::execution::change_set::{ChangeSet, StateLayers};
use crate::privacy::Vault;
use crate::reservation_index::ReservationIndex;
use crate::settings::Settings;
use batch::{Decided, InFlight, OpenBatch, commit_result};
use priority_queue::PriorityQueue;
use snapshots::Snapshots;

pub(crate) use submission::{Message, Submission};

/// The parts that all writers of a node share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) committer: Committer,
    pub(crate) vault: Vault,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Arc<Settings>,
    /// Empty until the read side has started.
    pub(crate) reservation_index: Arc<OnceLock<Arc<dyn ReservationIndex>>>,
    /// The memory limit of all writers together.
    pub(crate) budget: Arc<Budget>,
}

/// The writer of one merchant.
pub(crate) struct Writer {
    merchant: MerchantId,
    shared: Shared,
    /// The last known end of the journal.
    head: Head,
    layers: StateLayers,
    open: OpenBatch,
    in_flight: Option<InFlight>,
    /// Submissions of failed batches, which are decided before new ones.
    backlog: VecDeque<Submission>,
    queue: PriorityQueue,
    /// The most commands in a batch; lowered to find a command that the store rejects.
    batch_limit: usize,
    /// Whether the journal's history is not the one that this writer knows. It then decides nothing any more.
    forked: bool,
    /// Whether the journal's format was read for the commands that are being decided.
    format_is_fresh: bool,
    /// How often in a row another node has written first.
    conflicts: u32,
    /// The time of the latest decision, in microseconds since 1970. It never decreases.
    time: i64,
    snapshots: Snapshots,
}

impl Writer {
    /// A writer that continues from a head and decides a backlog first.
    pub(crate) fn new(merchant: MerchantId, shared: Shared, head: Head, backlog: Vec<Submission>) -> Self {
        Self {
            layers: StateLayers::new(&shared.budget),
            batch_limit: shared.settings.batch,
            merchant,
            shared,
            head,
            open: OpenBatch::default(),
            in_flight: None,
            backlog: backlog.into(),
            queue: PriorityQueue::default(),
            forked: false,
            format_is_fresh: false,
            conflicts: 0,
            time: head.time,
            snapshots: Snapshots::default(),
        }
    }

    /// The last known end of the journal.
    pub(crate) fn head(&self) -> Head {
        self.head
    }

    /// Writes until the queue is closed and empty, stays empty for the idle time, or `stop` completes and the accepted
    /// commands are committed.
    pub(crate) async fn run(
        &mut self,
        messages: &mut mpsc::Receiver<Message>,
        stop: impl Future<Output = ()>,
    ) -> Ended {
        let mut stop = std::pin::pin!(stop);
        let mut is_stopping = false;
        let mut received = Vec::new();
        loop {
            self.start_commit().await;
            if (!self.backlog.is_empty() || self.queue.len() > 0) && self.room() > 0 {
                if !is_stopping {
                    self.receive_waiting(messages, &mut received).await;
                }
                self.decide_backlog().await;
                continue;
            }
            let room = self.room();
            let idle = self.in_flight.is_none() && self.open.decided.is_empty();
            if is_stopping && idle {
                return Ended::Stopped;
            }
            tokio::select! {
                biased;
                result = commit_result(&mut self.in_flight), if self.in_flight.is_some() => {
                    self.handle_commit_result(result).await;
                }
                // After a fork the writer stays: a new one would not know that history has forked.
                () = &mut stop, if !is_stopping && !self.forked => is_stopping = true,
                count = messages.recv_many(&mut received, self.shared.settings.queue), if room > 0 && !is_stopping => {
                    match count {
                        0 if idle => {
                            self.save_snapshots().await;
                            return Ended::Closed;
                        }
                        0 => self.finish_commit().await,
                        _ => {
                            self.receive(&mut received).await;
                            self.decide_backlog().await;
                        }
                    }
                }
                () = tokio::time::sleep(self.shared.settings.idle), if idle && !self.forked => return Ended::Idle,
            }
        }
    }

    /// Receives the messages that have arrived in the meantime, so that urgent commands can overtake others.
    async fn receive_waiting(&mut self, messages: &mut mpsc::Receiver<Message>, received: &mut Vec<Message>) {
        while self.queue.len() + received.len() < self.shared.settings.queue
            && let Ok(message) = messages.try_recv()
        {
            received.push(message);
        }
        self.receive(received).await;
    }

    /// Queues commands and answers lookups.
    async fn receive(&mut self, messages: &mut Vec<Message>) {
        let mut lookups = Vec::new();
        for message in messages.drain(..) {
            match message {
                Message::Command(submission) => self.queue.push(*submission),
                Message::Lookup(key, reply) => lookups.push((key, reply)),
            }
        }
        for (key, reply) in lookups {
            // The caller may have stopped waiting.
            let _ = reply.send(self.state_of(key).await);
        }
    }

    /// How many more commands the open batch takes.
    fn room(&self) -> usize {
        if self.open.bytes >= self.shared.settings.batch_bytes {
            return 0;
        }
        self.batch_limit.saturating_sub(self.open.decided.len())
    }

    /// Commits the open batch, unless another batch is being committed.
    async fn start_commit(&mut self) {
        if self.in_flight.is_some() || self.open.decided.is_empty() {
            return;
        }
        let open = std::mem::take(&mut self.open);
        self.layers.in_flight = std::mem::take(&mut self.layers.open);
        let mut decided = open.decided;
        let records = decided.iter_mut().flat_map(|decided| std::mem::take(&mut decided.records)).collect();
        let id = uuid::Uuid::now_v7().into_bytes();
        let batch = Batch::seal(self.merchant.as_str().into(), id, self.head, records);
        let (next, identity) = (*batch.next(), batch.identity());
        let result = self.shared.committer.commit(batch).await;
        self.in_flight = Some(InFlight { decided, keys: open.keys, next, identity, result });
    }

    fn save_snapshots(&mut self) -> impl Future<Output = ()> + use<> {
        let snapshots = self.snapshots.take(&mut self.layers.committed, &self.shared.vault);
        snapshots::save(Arc::clone(&self.shared.journal), self.merchant.clone(), self.head, snapshots)
    }

    async fn finish_commit(&mut self) {
        if self.in_flight.is_some() {
            let result = commit_result(&mut self.in_flight).await;
            self.handle_commit_result(result).await;
        }
    }

    /// Discards everything that is not committed, and returns its submissions in order.
    fn withdraw(&mut self) -> VecDeque<Submission> {
        let in_flight = self.in_flight.take().map(|batch| batch.decided).unwrap_or_default();
        let open = std::mem::take(&mut self.open).decided;
        self.layers.in_flight = ChangeSet::default();
        self.layers.open = ChangeSet::default();
        let with_attached = |decided: Decided| std::iter::once(decided.submission).chain(decided.attached);
        let mut withdrawn: VecDeque<Submission> =
            in_flight.into_iter().chain(open).flat_map(with_attached).collect();
        withdrawn.append(&mut self.backlog);
        withdrawn
    }
}

/// Why a writer ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The queue is closed.
    Closed,
    /// No command arrived for the idle time.
    Idle,
    /// The caller stopped it.
    Stopped,
}
