//! The messages of a writer's queue: submitted commands and lookups of idempotency keys.

use holdfast_journal::OutcomeKey;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::answer::{CommandState, NotExecuted, Reply};
use crate::command::Urgency;
use crate::request::Request;

/// A submitted command that waits for its reply.
#[derive(Debug)]
pub(crate) struct Submission {
    pub(crate) request: Request,
    pub(crate) reply: oneshot::Sender<Reply>,
    /// Its share of the bytes that may be queued; released with the reply.
    pub(crate) _share: Option<OwnedSemaphorePermit>,
    pub(crate) urgency: Urgency,
    /// The number of the HTTP request, if that carried several commands.
    pub(crate) group: Option<u64>,
    /// Whether another node forwarded it.
    pub(crate) forwarded: bool,
    /// Whether an earlier attempt may have executed it, so that the reply cannot exclude that.
    pub(crate) doubtful: bool,
}

impl Submission {
    pub(crate) fn answer(self, reply: Reply) {
        let reply = match reply {
            Reply::NotExecuted(_) | Reply::Failed if self.doubtful => Reply::OutcomeUnknown,
            reply => reply,
        };
        // The caller may have stopped waiting.
        let _ = self.reply.send(reply);
    }
}

/// Sends the same reply to all.
pub(super) fn answer_all(submissions: impl IntoIterator<Item = Submission>, reply: &Reply) {
    for submission in submissions {
        submission.answer(reply.clone());
    }
}

/// A message to a writer or forwarder.
#[derive(Debug)]
pub(crate) enum Message {
    /// Execute a command.
    Command(Box<Submission>),
    /// Look up the state of an idempotency key.
    Lookup(OutcomeKey, oneshot::Sender<Result<CommandState, NotExecuted>>),
}
