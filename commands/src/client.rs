//! Giving commands to the write side from within the program, and what its replies mean here.

use std::sync::Arc;

use crate::{Answer, AnyCommand, Caller, Commands, Metadata, NotExecuted, Refused, Reply, Request, Sender};
use holdfast_domain::values::{IdempotencyKey, MerchantId, TextError, Timestamp};
use holdfast_journal::OutcomeKind;
use tokio::sync::oneshot;

/// Why it is not known, or known but no grant or refusal, what became of a command.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Nothing was written.
    #[error("{key} was not carried out ({why}); it is safe to run this again")]
    NotExecuted {
        /// The command's key.
        key: String,
        /// Why.
        why: NotExecuted,
    },
    /// It may have been written.
    #[error("whether {0} was carried out is not known; it is safe to run this again")]
    Unknown(String),
    /// A defect.
    #[error("{0} could not be carried out by this program: a defect, please report it")]
    Failed(String),
    /// A key that a sender could not use.
    #[error("{key} is no idempotency key: it {reason}")]
    Key {
        /// The key.
        key: String,
        /// Why.
        reason: TextError,
    },
    /// The command or its answer is no JSON.
    #[error("a command or its answer cannot be written or read as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl SendError {
    /// A command that was certainly not carried out.
    pub fn not_executed(key: &str, why: NotExecuted) -> Self {
        Self::NotExecuted { key: key.to_owned(), why }
    }
}

/// What a command led to.
#[derive(Debug)]
pub enum Outcome {
    /// It was granted.
    Granted {
        /// The answer.
        answer: Answer,
        /// Whether that was so already.
        before: bool,
    },
    /// It was refused, now or before.
    Refused(Refused),
    /// Its key was used for something else.
    KeyReused,
}

/// Sends commands of one merchant in one sender's name.
#[derive(Clone)]
pub struct Desk {
    commands: Commands,
    merchant: MerchantId,
    sender: Sender,
}

impl Desk {
    /// A sender of a merchant.
    pub fn new(commands: &Commands, merchant: &MerchantId, sender: &str) -> Self {
        Self { commands: commands.clone(), merchant: merchant.clone(), sender: Sender(Arc::from(sender)) }
    }

    /// The time that decisions are made by.
    pub fn now(&self) -> Timestamp {
        self.commands.clock().now()
    }

    /// A command under a key.
    pub fn request(&self, key: &str, command: impl Into<AnyCommand>) -> Result<Request, SendError> {
        let refused = |reason| SendError::Key { key: key.to_owned(), reason };
        let key = IdempotencyKey::new(key).map_err(refused)?;
        let caller = Caller { merchant: &self.merchant, sender: &self.sender, key: Some(&key) };
        Ok(self.commands.request(caller, command.into(), Metadata::default())?)
    }

    /// Puts commands on the queue, all or none. Nothing comes back for a full queue.
    pub fn try_submit(
        &self,
        requests: Vec<Request>,
    ) -> Result<Option<Vec<oneshot::Receiver<Reply>>>, SendError> {
        match self.commands.submit(&self.merchant, requests) {
            Ok(replies) => Ok(Some(replies)),
            Err(NotExecuted::Overloaded) => Ok(None),
            Err(why) => Err(SendError::not_executed("the next command", why)),
        }
    }

    /// Sends one command and waits for its outcome.
    pub async fn send(&self, key: &str, command: impl Into<AnyCommand>) -> Result<Outcome, SendError> {
        let overloaded = || SendError::not_executed(key, NotExecuted::Overloaded);
        let replies = self.try_submit(vec![self.request(key, command)?])?.ok_or_else(overloaded)?;
        let reply = replies.into_iter().next().ok_or_else(overloaded)?;
        outcome(key, reply.await)
    }
}

/// What a reply means; a reply that never comes means that the outcome is not known.
pub fn outcome(key: &str, reply: Result<Reply, oneshot::error::RecvError>) -> Result<Outcome, SendError> {
    match reply {
        Ok(Reply::Answered { answer, .. }) if answer.kind == OutcomeKind::Refused => {
            Ok(Outcome::Refused(serde_json::from_slice(&answer.body)?))
        }
        Ok(Reply::Answered { answer, replayed }) => Ok(Outcome::Granted { answer, before: replayed }),
        Ok(Reply::KeyReused) => Ok(Outcome::KeyReused),
        Ok(Reply::NotExecuted(why)) => Err(SendError::not_executed(key, why)),
        Ok(Reply::OutcomeUnknown) | Err(_) => Err(SendError::Unknown(key.to_owned())),
        Ok(Reply::Failed) => Err(SendError::Failed(key.to_owned())),
    }
}
