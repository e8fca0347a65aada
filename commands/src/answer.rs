//! What a sender gets back.

use holdfast_domain::{Class, Refusal};
use holdfast_journal::OutcomeKind;
use serde::{Deserialize, Serialize};

/// A refusal as it is stored and answered: the same however late it is asked for.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// The stable code.
    pub code: String,
    /// What kind of refusal it is.
    pub class: Class,
    /// The text for people.
    pub message: String,
    /// The field that it is about, as a JSON pointer into the command.
    pub pointer: Option<String>,
    /// More for machines, by name.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub details: serde_json::Map<String, serde_json::Value>,
}

impl Refused {
    /// A refusal that no aggregate makes.
    pub fn new(code: &str, class: Class, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            class,
            message: message.into(),
            pointer: None,
            details: serde_json::Map::new(),
        }
    }

    /// The same, about a field.
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

/// A grant or a refusal: final, durable, and replayed for ever to the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Which of the two, and whether something new exists.
    pub kind: OutcomeKind,
    /// The journal's position that the answer includes.
    pub position: u64,
    /// JSON: the changed resource, or a [`Refused`].
    pub body: Vec<u8>,
}

/// Why a command was certainly not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum NotExecuted {
    /// Too much waits already.
    #[error("too much waits already")]
    Overloaded,
    /// The program is ending.
    #[error("the service is ending")]
    ShuttingDown,
    /// The store cannot be reached.
    #[error("the store cannot be reached")]
    StoreUnavailable,
    /// Others wrote for the merchant each time it was decided.
    #[error("others wrote at the same time, again and again")]
    Contended,
    /// The store's history is not the one this node knows.
    #[error("the store's history is not the one this node knows: an operator has to look")]
    HistoryForked,
    /// This machine's clock is too far from the store's.
    #[error("this machine's clock is too far from the store's")]
    ClockSkewed,
    /// It would write what the journal may not hold yet: the format has not been raised.
    #[error(
        "the journal's format does not allow it: nodes of an older version may be running; see holdfast upgrade"
    )]
    FormatTooOld,
    /// Said between nodes only: another one writes for the merchant.
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

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It was decided.
    Answered {
        /// How.
        answer: Answer,
        /// Whether it was decided when the same key was first sent.
        replayed: bool,
    },
    /// The key was used for something else.
    KeyReused,
    /// It was certainly not carried out; sending it again is safe.
    NotExecuted(NotExecuted),
    /// Whether it was carried out is not known; ask by its key.
    OutcomeUnknown,
    /// It cannot be carried out by this program: a defect. Nothing was changed.
    Failed,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandState {
    /// Nothing.
    NotFound,
    /// It waits or is being carried out.
    InFlight,
    /// It was decided.
    Answered(Answer),
}
