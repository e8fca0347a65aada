//! The forwarder: replaces a merchant's writer on a node without the lease. It sends commands to the lease holder in order.

use std::sync::Arc;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use holdfast_domain::values::MerchantId;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::connection::{Connection, PEER_TIMEOUT};
use crate::answer::{NotExecuted, Reply};
use crate::settings::Settings;
use crate::writer::{Message, Submission};

/// Approximately the most bytes of commands in one message.
const MAX_MESSAGE_BYTES: usize = 4 << 20;

/// Why a forwarder ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ForwardOutcome {
    /// The queue is closed.
    Closed,
    /// No command arrived for the idle time.
    Idle,
    /// The other node is gone, or does not write for the merchant.
    Gone,
    /// The other node did not answer within the timeout.
    TimedOut,
}

/// A forwarded command with its number; without a reply if the link broke.
type Forwarded = (u64, Submission, Option<Reply>);

pub(crate) struct Forwarder<'a> {
    merchant: &'a MerchantId,
    settings: &'a Settings,
    connection: Arc<Connection>,
    pending: FuturesUnordered<BoxFuture<'static, Forwarded>>,
    /// The number of commands forwarded so far.
    count: u64,
    last_reply: Instant,
    /// Commands that the other node did not decide, with their numbers.
    undecided: Vec<(u64, Submission)>,
}

impl<'a> Forwarder<'a> {
    pub(crate) fn new(merchant: &'a MerchantId, settings: &'a Settings, connection: Arc<Connection>) -> Self {
        let (pending, undecided) = (FuturesUnordered::new(), Vec::new());
        Self { merchant, settings, connection, pending, count: 0, last_reply: Instant::now(), undecided }
    }

    /// Forwards until the queue is closed and empty, stays empty for the idle time, or the other node fails. Commands without
    /// a decision are in `backlog` afterwards, in order.
    pub(crate) async fn run(
        &mut self,
        queue: &mut mpsc::Receiver<Message>,
        backlog: &mut Vec<Submission>,
    ) -> ForwardOutcome {
        if !backlog.is_empty() {
            let messages = backlog.drain(..).map(|submission| Message::Command(Box::new(submission)));
            self.forward(messages.collect()).await;
        }
        let outcome = self.forward_queue(queue).await;
        self.finish().await;
        self.undecided.sort_by_key(|(number, _)| *number);
        backlog.extend(self.undecided.drain(..).map(|(_, submission)| submission));
        outcome
    }

    async fn forward_queue(&mut self, queue: &mut mpsc::Receiver<Message>) -> ForwardOutcome {
        let limit = self.settings.batch * 4;
        let mut messages = Vec::new();
        loop {
            if !self.undecided.is_empty() || self.connection.is_broken() {
                return ForwardOutcome::Gone;
            }
            let room = limit.saturating_sub(self.pending.len()).min(self.settings.batch);
            let is_waiting = !self.pending.is_empty();
            tokio::select! {
                biased;
                Some(forwarded) = self.pending.next(), if is_waiting => self.settle(forwarded),
                count = queue.recv_many(&mut messages, room), if room > 0 => match count {
                    0 if !is_waiting => return ForwardOutcome::Closed,
                    0 => self.finish().await,
                    _ => self.forward(std::mem::take(&mut messages)).await,
                },
                () = tokio::time::sleep_until(self.last_reply + PEER_TIMEOUT), if is_waiting => {
                    return ForwardOutcome::TimedOut;
                }
                () = tokio::time::sleep(self.settings.idle), if !is_waiting => return ForwardOutcome::Idle,
            }
        }
    }

    /// Waits for the replies that are due, as long as the other node sends any.
    async fn finish(&mut self) {
        while !self.pending.is_empty() {
            match tokio::time::timeout_at(self.last_reply + PEER_TIMEOUT, self.pending.next()).await {
                Ok(Some(forwarded)) => self.settle(forwarded),
                // Closing the connection returns all pending commands without a reply.
                _ => self.connection.close(),
            }
        }
    }

    async fn forward(&mut self, messages: Vec<Message>) {
        let mut submissions = Vec::with_capacity(messages.len());
        let mut lookups = Vec::new();
        for message in messages {
            match message {
                // A forwarded command is never forwarded again: its first node looks up the current writer.
                Message::Command(submission) if submission.forwarded => {
                    submission.answer(Reply::NotExecuted(NotExecuted::NotTheWriter));
                }
                Message::Command(submission) => submissions.push(*submission),
                Message::Lookup(key, reply) => lookups.push((key, reply)),
            }
        }
        if self.pending.is_empty() {
            self.last_reply = Instant::now();
        }
        let mut receivers = Vec::with_capacity(submissions.len());
        for chunk in chunks(&submissions) {
            let requests = chunk.iter().map(|submission| &submission.request);
            let lookups = std::mem::take(&mut lookups);
            receivers.extend(self.connection.send(self.merchant, requests, lookups).await);
        }
        if !lookups.is_empty() {
            self.connection.send(self.merchant, std::iter::empty(), lookups).await;
        }
        for (submission, receiver) in submissions.into_iter().zip(receivers) {
            self.count += 1;
            self.pending.push(Box::pin(with_reply(self.count, submission, receiver)));
        }
    }

    fn settle(&mut self, (number, submission, reply): Forwarded) {
        self.last_reply = Instant::now();
        match reply {
            Some(Reply::NotExecuted(
                NotExecuted::NotTheWriter | NotExecuted::ShuttingDown | NotExecuted::ClockSkewed,
            )) => {
                self.undecided.push((number, submission));
            }
            Some(reply) => submission.answer(reply),
            // The other node may have executed it: only a command with a key can be decided again.
            None if submission.request.identity.is_some() => {
                self.undecided.push((number, Submission { doubtful: true, ..submission }));
            }
            None => submission.answer(Reply::OutcomeUnknown),
        }
    }
}

/// Divides submissions into chunks that fit one message each.
fn chunks(submissions: &[Submission]) -> Vec<&[Submission]> {
    let mut chunks = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, submission) in submissions.iter().enumerate() {
        if bytes > 0 && bytes + submission.request.bytes > MAX_MESSAGE_BYTES {
            chunks.push(&submissions[start..index]);
            (start, bytes) = (index, 0);
        }
        bytes += submission.request.bytes;
    }
    if start < submissions.len() {
        chunks.push(&submissions[start..]);
    }
    chunks
}

async fn with_reply(number: u64, submission: Submission, receiver: oneshot::Receiver<Reply>) -> Forwarded {
    (number, submission, receiver.await.ok())
}
