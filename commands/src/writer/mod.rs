//! A merchant's writer: the one place where its commands are decided.
//!
//! It takes all that waits, decides it in order on top of what is known, and hands the events, outcomes and claims
//! to the committer as one batch. While that commits the next batch is collected and decided on top of it. No
//! answer leaves before its own batch is durable; when a commit fails, everything decided on top of it is thrown
//! away and decided again.

mod deciding;
mod priority_queue;
mod recovering;
mod settling;
mod snapshots;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, OnceLock};

use holdfast_domain::values::MerchantId;
use holdfast_journal::{AppendError, Batch, CommandRecord, Head, Journal, OutcomeKey};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::answer::{Answer, CommandState, NotExecuted, Reply};
use crate::budget::Budget;
use crate::clock::Clock;
use crate::committer::Committer;
use crate::execution::change_set::{ChangeSet, StateLayers};
use crate::holders::Holders;
use crate::privacy::Vault;
use crate::request::Request;
use crate::settings::Settings;
use priority_queue::PriorityQueue;
use snapshots::Snapshots;

/// A request on its way, with the place that its reply goes to.
#[derive(Debug)]
pub(crate) struct Submission {
    pub(crate) request: Request,
    pub(crate) reply: oneshot::Sender<Reply>,
    /// Its share of the bytes that may be under way; given back with the reply.
    pub(crate) _share: Option<OwnedSemaphorePermit>,
    /// How urgent it is.
    pub(crate) urgency: crate::command::Urgency,
    /// The request that it came with, where others came with it.
    pub(crate) group: Option<u64>,
    /// Whether another node has handed it on.
    pub(crate) forwarded: bool,
    /// Whether it may have been carried out already, so that nobody can say that it was not.
    pub(crate) doubtful: bool,
}

impl Submission {
    pub(crate) fn answer(self, reply: Reply) {
        let reply = match reply {
            Reply::NotExecuted(_) | Reply::Failed if self.doubtful => Reply::OutcomeUnknown,
            reply => reply,
        };
        // A caller that went away needs no reply; its key still gives it.
        let _ = self.reply.send(reply);
    }
}

/// What a writer is asked.
#[derive(Debug)]
pub(crate) enum Message {
    /// Carry out a command.
    Command(Box<Submission>),
    /// Tell what became of a key.
    Lookup(OutcomeKey, oneshot::Sender<Result<CommandState, NotExecuted>>),
}

/// What all writers of a node share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) committer: Committer,
    pub(crate) vault: Vault,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Arc<Settings>,
    /// Who tells who holds units, once somebody does.
    pub(crate) holders: Arc<OnceLock<Arc<dyn Holders>>>,
    /// For what all of them keep in memory.
    pub(crate) budget: Arc<Budget>,
}

/// A command that was decided and is not durable yet.
#[derive(Debug)]
struct Decided {
    submission: Submission,
    answer: Answer,
    record: CommandRecord,
    /// The same key sent again meanwhile.
    attached: Vec<Submission>,
}

/// A batch that is being collected.
#[derive(Debug, Default)]
struct OpenBatch {
    decided: Vec<Decided>,
    /// Which of them have a key.
    keys: HashMap<OutcomeKey, usize>,
    bytes: usize,
    /// Events so far.
    events: u64,
}

/// A batch that is being committed.
#[derive(Debug)]
struct InFlight {
    decided: Vec<Decided>,
    keys: HashMap<OutcomeKey, usize>,
    next: Head,
    identity: Option<(u64, [u8; 16])>,
    result: oneshot::Receiver<Result<(), AppendError>>,
}

/// One merchant's writer.
pub(crate) struct Writer {
    merchant: MerchantId,
    shared: Shared,
    /// Where the journal ends, as far as this writer knows: all answers are decided on this or on top of it.
    head: Head,
    layers: StateLayers,
    open: OpenBatch,
    in_flight: Option<InFlight>,
    /// Submissions to be decided before anything new: those whose batch failed.
    backlog: VecDeque<Submission>,
    /// What has come and did not fit into a batch yet.
    lanes: PriorityQueue,
    /// Commands in a batch at most; lowered to find the one that the store refuses.
    batch_limit: usize,
    /// History is not the one that was decided on: nothing is decided any more.
    forked: bool,
    /// Whether the journal's format was looked up for what is being decided.
    format_is_fresh: bool,
    /// How often in a row somebody else wrote first.
    moved: u32,
    /// The latest decision's time, in microseconds since 1970. Never runs backwards.
    time: i64,
    snapshots: Snapshots,
}

impl Writer {
    /// A writer that goes on from a head, and decides a backlog first.
    pub(crate) fn new(merchant: MerchantId, shared: Shared, head: Head, backlog: Vec<Submission>) -> Self {
        let layers = StateLayers::new(&shared.budget);
        let batch_limit = shared.settings.batch;
        Self {
            merchant,
            shared,
            head,
            layers,
            open: OpenBatch::default(),
            in_flight: None,
            backlog: backlog.into(),
            lanes: PriorityQueue::default(),
            batch_limit,
            forked: false,
            format_is_fresh: false,
            moved: 0,
            time: head.time,
            snapshots: Snapshots::default(),
        }
    }

    /// Where the journal ends, as far as this writer knows.
    pub(crate) fn head(&self) -> Head {
        self.head
    }

    /// Works until the queue is closed and empty, there was nothing to do for a while, or `over` is done and what was
    /// begun is brought to its end.
    pub(crate) async fn run(
        &mut self,
        queue: &mut mpsc::Receiver<Message>,
        over: impl Future<Output = ()>,
    ) -> Ended {
        let mut over = std::pin::pin!(over);
        let mut is_over = false;
        let mut messages = Vec::new();
        loop {
            self.start_commit().await;
            if (!self.backlog.is_empty() || self.lanes.len() > 0) && self.room() > 0 {
                self.look_ahead(queue, &mut messages, is_over).await;
                self.decide_backlog().await;
                continue;
            }
            let room = self.room();
            let idle = self.in_flight.is_none() && self.open.decided.is_empty();
            if is_over && idle {
                return Ended::Over;
            }
            tokio::select! {
                biased;
                result = committed(&mut self.in_flight), if self.in_flight.is_some() => self.settle(result).await,
                // A writer that has stopped stays: a new one would not know that history has forked.
                () = &mut over, if !is_over && !self.forked => is_over = true,
                count = queue.recv_many(&mut messages, self.shared.settings.queue), if room > 0 && !is_over => match count {
                    0 if idle => return self.end().await,
                    0 => self.finish().await,
                    _ => self.take(&mut messages).await,
                },
                () = tokio::time::sleep(self.shared.settings.idle), if idle && !self.forked => return Ended::Idle,
            }
        }
    }

    /// Lets in what has come meanwhile, so that what is urgent need not wait behind what is not.
    async fn look_ahead(
        &mut self,
        queue: &mut mpsc::Receiver<Message>,
        messages: &mut Vec<Message>,
        is_over: bool,
    ) {
        while !is_over && self.lanes.len() + messages.len() < self.shared.settings.queue {
            match queue.try_recv() {
                Ok(message) => messages.push(message),
                Err(_) => break,
            }
        }
        self.let_in(messages).await;
    }

    /// How many more commands the open batch takes.
    fn room(&self) -> usize {
        if self.open.bytes >= self.shared.settings.batch_bytes {
            return 0;
        }
        self.batch_limit.saturating_sub(self.open.decided.len())
    }

    /// Commits what was decided, once what it was decided on is durable.
    async fn start_commit(&mut self) {
        if self.in_flight.is_some() || self.open.decided.is_empty() {
            return;
        }
        let open = std::mem::take(&mut self.open);
        self.layers.in_flight = std::mem::take(&mut self.layers.open);
        let mut decided = open.decided;
        let records = decided.iter_mut().map(|decided| std::mem::take(&mut decided.record)).collect();
        let id = uuid::Uuid::now_v7().into_bytes();
        let batch = Batch::seal(self.merchant.as_str().into(), id, self.head, records);
        let (next, identity) = (*batch.next(), batch.identity());
        let result = self.shared.committer.commit(batch).await;
        self.in_flight = Some(InFlight { decided, keys: open.keys, next, identity, result });
    }

    /// Keeps what would be long to load when the program starts again.
    async fn end(&mut self) -> Ended {
        self.snapshots.keep(&self.shared, &self.merchant, &self.layers.committed, self.head).await;
        Ended::Closed
    }

    /// Brings what is under way to its end when nothing new can come.
    async fn finish(&mut self) {
        if self.in_flight.is_some() {
            let result = committed(&mut self.in_flight).await;
            self.settle(result).await;
        }
    }

    /// Drops everything that is not committed and gives back what it was decided for, in order.
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
    /// Nothing can come any more.
    Closed,
    /// Nothing came for a while.
    Idle,
    /// It is another's turn to write.
    Over,
}

/// The result of the batch under way. Never dropped half-way: the future of the append is the committer's.
async fn committed(in_flight: &mut Option<InFlight>) -> Result<(), AppendError> {
    match in_flight {
        Some(batch) => (&mut batch.result)
            .await
            .unwrap_or_else(|_| Err(AppendError::Unknown("the committer has ended".to_owned()))),
        None => Ok(()),
    }
}
