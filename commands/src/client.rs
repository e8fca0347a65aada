//! An in-process client of the write side: sends commands and interprets their replies.

use std::sync::Arc;

use holdfast_domain::values::{IdempotencyKey, MerchantId, TextError, Timestamp};
use holdfast_journal::OutcomeKind;
use tokio::sync::oneshot;

use crate::{Answer, AnyCommand, Caller, Commands, Metadata, NotExecuted, Refused, Reply, Request, Sender};

/// A command was neither accepted nor rejected.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Nothing was written.
    #[error("command {key} was not executed ({reason}); it is safe to run this again")]
    NotExecuted {
        /// The command's idempotency key.
        key: String,
        /// Why the write side did not execute it.
        reason: NotExecuted,
    },
    /// The command may have been written.
    #[error("the outcome of command {0} is unknown; it is safe to run this again")]
    Unknown(String),
    /// The write side failed: a defect.
    #[error("internal error while executing command {0}; please report it")]
    Failed(String),
    /// The idempotency key is malformed.
    #[error("invalid idempotency key {key}: it {reason}")]
    Key {
        /// The key.
        key: String,
        /// Why it is malformed.
        reason: TextError,
    },
    /// A command cannot be encoded, or its answer cannot be decoded.
    #[error("cannot encode a command or decode its answer: {0}")]
    Json(#[from] serde_json::Error),
}

impl SendError {
    /// The error for a command that was certainly not executed.
    pub fn not_executed(key: &str, reason: NotExecuted) -> Self {
        Self::NotExecuted { key: key.to_owned(), reason }
    }
}

/// The final outcome of a command.
#[derive(Debug)]
pub enum Outcome {
    /// The command was accepted.
    Accepted {
        /// The answer.
        answer: Answer,
        /// True if an earlier request with the same key had already been accepted.
        replayed: bool,
    },
    /// The command was rejected, now or by an earlier request with the same key.
    Rejected(Refused),
    /// An earlier request used the same key for a different command.
    KeyReused,
}

/// Sends commands of one merchant in the name of one sender.
#[derive(Clone)]
pub struct CommandClient {
    commands: Commands,
    merchant: MerchantId,
    sender: Sender,
}

impl CommandClient {
    /// A client for a merchant. `sender` is the principal that the journal records.
    pub fn new(commands: &Commands, merchant: &MerchantId, sender: &str) -> Self {
        Self { commands: commands.clone(), merchant: merchant.clone(), sender: Sender(Arc::from(sender)) }
    }

    /// The current time of the write side's clock.
    pub fn now(&self) -> Timestamp {
        self.commands.clock().now()
    }

    /// A request with an idempotency key.
    pub fn request(&self, key: &str, command: impl Into<AnyCommand>) -> Result<Request, SendError> {
        let invalid = |reason| SendError::Key { key: key.to_owned(), reason };
        let key = IdempotencyKey::new(key).map_err(invalid)?;
        let caller = Caller { merchant: &self.merchant, sender: &self.sender, key: Some(&key) };
        Ok(self.commands.request(caller, command.into(), Metadata::default())?)
    }

    /// Puts requests on the merchant's queue, all or none. Returns `None` if the queue is full.
    pub fn try_submit(
        &self,
        requests: Vec<Request>,
    ) -> Result<Option<Vec<oneshot::Receiver<Reply>>>, SendError> {
        match self.commands.submit(&self.merchant, requests) {
            Ok(replies) => Ok(Some(replies)),
            Err(NotExecuted::Overloaded) => Ok(None),
            Err(reason) => Err(SendError::not_executed("(the next one)", reason)),
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

/// Converts the reply to a command into its outcome. If the reply channel closed, the outcome is unknown.
pub fn outcome(key: &str, reply: Result<Reply, oneshot::error::RecvError>) -> Result<Outcome, SendError> {
    match reply {
        Ok(Reply::Answered { answer, .. }) if answer.kind == OutcomeKind::Refused => {
            Ok(Outcome::Rejected(serde_json::from_slice(&answer.body)?))
        }
        Ok(Reply::Answered { answer, replayed }) => Ok(Outcome::Accepted { answer, replayed }),
        Ok(Reply::KeyReused) => Ok(Outcome::KeyReused),
        Ok(Reply::NotExecuted(reason)) => Err(SendError::not_executed(key, reason)),
        Ok(Reply::OutcomeUnknown) | Err(_) => Err(SendError::Unknown(key.to_owned())),
        Ok(Reply::Failed) => Err(SendError::Failed(key.to_owned())),
    }
}
