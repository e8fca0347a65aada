//! Replies to commands.

use holdfast_domain::{Class, Refusal};
use holdfast_journal::OutcomeKind;
use serde::{Deserialize, Serialize};

use crate::raw_json;

/// A refusal, as it is stored and answered.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// The stable code.
    pub code: String,
    /// The class, which determines the HTTP status.
    pub class: Class,
    /// A description for people.
    pub message: String,
    /// The field at fault, as a JSON pointer into the command.
    pub pointer: Option<String>,
    /// Further values for programs, by name.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub details: serde_json::Map<String, serde_json::Value>,
}

impl Refused {
    /// A refusal by the write side itself.
    pub fn new(code: &str, class: Class, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            class,
            message: message.into(),
            pointer: None,
            details: serde_json::Map::new(),
        }
    }

    /// Sets the field at fault.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }
}

impl<R: Refusal> From<R> for Refused {
    fn from(refusal: R) -> Self {
        let details = refusal.details().map(|(name, value)| (name.to_owned(), value));
        Self {
            code: refusal.code().to_owned(),
            class: refusal.class(),
            message: refusal.to_string(),
            pointer: refusal.pointer(),
            details: details.into_iter().collect(),
        }
    }
}

/// The final answer to a command: accepted or refused, and durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether it was accepted, and whether it created a resource.
    #[serde(with = "SerializedKind")]
    pub kind: OutcomeKind,
    /// The journal position that the answer includes.
    pub position: u64,
    /// JSON: the changed resource, or a [`Refused`].
    #[serde(with = "raw_json")]
    pub body: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "OutcomeKind")]
enum SerializedKind {
    Created,
    Done,
    Refused,
}

/// Why a command was certainly not executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum NotExecuted {
    /// A queue is full.
    #[error("the queue is full")]
    Overloaded,
    /// The service is shutting down.
    #[error("the service is shutting down")]
    ShuttingDown,
    /// The store is unavailable.
    #[error("the store is unavailable")]
    StoreUnavailable,
    /// Other nodes wrote for the merchant in every attempt.
    #[error("other nodes wrote for the merchant in every attempt")]
    Contended,
    /// The store's history is not the one that this node knows.
    #[error("the store's history has forked; an operator must repair it")]
    HistoryForked,
    /// The clocks of this machine and the store differ too much.
    #[error("the clocks of this machine and the store differ by more than the limit")]
    ClockSkewed,
    /// The journal's format does not allow the command's events.
    #[error(
        "the journal's format does not allow the command's events; upgrade all nodes, then run holdfast upgrade"
    )]
    FormatTooOld,
    /// Another node writes for the merchant. Only other nodes get this reply.
    #[error("another node writes for the merchant")]
    NotTheWriter,
}

impl NotExecuted {
    /// The stable name of the reason.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Overloaded => "overloaded",
            Self::ShuttingDown => "shutting_down",
            Self::StoreUnavailable => "store_unavailable",
            Self::Contended => "contended",
            Self::HistoryForked => "history_forked",
            Self::ClockSkewed => "clock_skewed",
            Self::FormatTooOld => "format_too_old",
            Self::NotTheWriter => "not_the_writer",
        }
    }
}

/// The reply to a submitted command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// The command was decided.
    Answered {
        /// The answer.
        answer: Answer,
        /// Whether the answer is that of an earlier submission with the same key.
        replayed: bool,
    },
    /// The key was used for a different command.
    KeyReused,
    /// The command was certainly not executed; a retry is safe.
    NotExecuted(NotExecuted),
    /// It is unknown whether the command was executed. A retry with the same key returns the outcome.
    OutcomeUnknown,
    /// The command failed because of a defect, and nothing was changed.
    Failed,
}

/// The state of the command with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CommandState {
    /// No command with the key is known.
    NotFound,
    /// The command is queued or being executed.
    InFlight,
    /// The command was decided.
    Answered(Answer),
}
