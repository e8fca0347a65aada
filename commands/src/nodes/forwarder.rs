//! What stands in for a merchant's writer on a node that does not have its lease: it hands commands on to the node
//! that has, in order.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use holdfast_domain::values::MerchantId;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::connection::Connection;
use crate::answer::{NotExecuted, Reply};
use crate::settings::Settings;
use crate::writer::{Message, Submission};

/// How long the other node may say nothing while something is asked of it: longer than it leaves its own callers in
/// doubt.
pub(super) const SILENCE: Duration = Duration::from_secs(8);

/// Bytes of commands in one message, about, at most.
const MESSAGE_BYTES: usize = 4 << 20;

/// Why a forwarder ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Handed {
    /// Nothing can come any more.
    Closed,
    /// Nothing came for a while.
    Idle,
    /// The other node is not there, or does not write for the merchant.
    Gone,
    /// The other node says nothing.
    Silent,
}

/// A command that was handed on, its number among them, and what was said of it, if anything.
type Returned = (u64, Submission, Option<Reply>);

pub(crate) struct Forwarder<'a> {
    merchant: &'a MerchantId,
    settings: &'a Settings,
    connection: Arc<Connection>,
    pending: FuturesUnordered<BoxFuture<'static, Returned>>,
    /// Commands handed on so far.
    handed: u64,
    heard: Instant,
    /// Commands that are to be decided some other way.
    left: Vec<(u64, Submission)>,
}

impl<'a> Forwarder<'a> {
    pub(crate) fn new(merchant: &'a MerchantId, settings: &'a Settings, connection: Arc<Connection>) -> Self {
        let (pending, left) = (FuturesUnordered::new(), Vec::new());
        Self { merchant, settings, connection, pending, handed: 0, heard: Instant::now(), left }
    }

    /// Works until the queue is closed and empty, nothing comes for a while, or the other node is of no use any more.
    /// What was handed on and not answered is in `backlog` then, in order.
    pub(crate) async fn run(
        &mut self,
        queue: &mut mpsc::Receiver<Message>,
        backlog: &mut Vec<Submission>,
    ) -> Handed {
        if !backlog.is_empty() {
            let messages = backlog.drain(..).map(|submission| Message::Command(Box::new(submission)));
            self.hand_on(messages.collect()).await;
        }
        let ended = self.hand_on_all(queue).await;
        self.finish().await;
        self.left.sort_by_key(|(number, _)| *number);
        backlog.extend(self.left.drain(..).map(|(_, submission)| submission));
        ended
    }

    async fn hand_on_all(&mut self, queue: &mut mpsc::Receiver<Message>) -> Handed {
        let most = self.settings.batch * 4;
        let mut messages = Vec::new();
        loop {
            if !self.left.is_empty() || self.connection.is_broken() {
                return Handed::Gone;
            }
            let room = most.saturating_sub(self.pending.len()).min(self.settings.batch);
            let waits = !self.pending.is_empty();
            tokio::select! {
                biased;
                Some(returned) = self.pending.next(), if waits => self.take_back(returned),
                count = queue.recv_many(&mut messages, room), if room > 0 => match count {
                    0 if !waits => return Handed::Closed,
                    0 => self.finish().await,
                    _ => self.hand_on(std::mem::take(&mut messages)).await,
                },
                () = tokio::time::sleep_until(self.heard + SILENCE), if waits => return Handed::Silent,
                () = tokio::time::sleep(self.settings.idle), if !waits => return Handed::Idle,
            }
        }
    }

    /// Waits for what was handed on as long as the other node says anything.
    async fn finish(&mut self) {
        while !self.pending.is_empty() {
            match tokio::time::timeout_at(self.heard + SILENCE, self.pending.next()).await {
                Ok(Some(returned)) => self.take_back(returned),
                // Then everything is given back unanswered.
                _ => self.connection.cut(),
            }
        }
    }

    async fn hand_on(&mut self, messages: Vec<Message>) {
        let mut submissions = Vec::with_capacity(messages.len());
        let mut lookups = Vec::new();
        for message in messages {
            match message {
                // No command is handed on twice: the node that it came from finds out who writes now.
                Message::Command(submission) if submission.forwarded => {
                    submission.answer(Reply::NotExecuted(NotExecuted::NotTheWriter));
                }
                Message::Command(submission) => submissions.push(*submission),
                Message::Lookup(key, reply) => lookups.push((key, reply)),
            }
        }
        if self.pending.is_empty() {
            self.heard = Instant::now();
        }
        let mut receivers = Vec::with_capacity(submissions.len());
        for part in parts(&submissions) {
            let requests = part.iter().map(|submission| &submission.request);
            receivers
                .extend(self.connection.ask(self.merchant, requests, std::mem::take(&mut lookups)).await);
        }
        if !lookups.is_empty() {
            self.connection.ask(self.merchant, std::iter::empty(), lookups).await;
        }
        for (submission, receiver) in submissions.into_iter().zip(receivers) {
            self.handed += 1;
            self.pending.push(Box::pin(returned(self.handed, submission, receiver)));
        }
    }

    fn take_back(&mut self, (number, submission, reply): Returned) {
        self.heard = Instant::now();
        match reply {
            Some(Reply::NotExecuted(
                NotExecuted::NotTheWriter | NotExecuted::ShuttingDown | NotExecuted::ClockSkewed,
            )) => {
                self.left.push((number, submission));
            }
            Some(reply) => submission.answer(reply),
            // It may have been carried out: a key finds that out when it is decided again, nothing else does.
            None if submission.request.identity.is_some() => {
                self.left.push((number, Submission { doubtful: true, ..submission }));
            }
            None => submission.answer(Reply::OutcomeUnknown),
        }
    }
}

/// Submissions in parts that are each one message.
fn parts(submissions: &[Submission]) -> Vec<&[Submission]> {
    let mut parts = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, submission) in submissions.iter().enumerate() {
        if bytes > 0 && bytes + submission.request.bytes > MESSAGE_BYTES {
            parts.push(&submissions[start..index]);
            (start, bytes) = (index, 0);
        }
        bytes += submission.request.bytes;
    }
    if start < submissions.len() {
        parts.push(&submissions[start..]);
    }
    parts
}

async fn returned(number: u64, submission: Submission, receiver: oneshot::Receiver<Reply>) -> Returned {
    let reply = receiver.await.ok();
    (number, submission, reply)
}
