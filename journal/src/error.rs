//! What can go wrong, by what the caller may conclude from it.

use crate::record::Head;

/// Why a batch was not appended, or may not have been.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Not executed: somebody else has written; this is the head now.
    #[error("the head has moved to position {}", .0.position)]
    HeadMoved(Box<Head>),
    /// Not executed: at the position that the batch was decided on, history is another one.
    #[error("history has forked: the journal is not the one that was decided on")]
    Forked,
    /// Not executed: the store does not take what the batch carries.
    #[error("the store refused the batch: {0}")]
    Refused(String),
    /// Not executed: the store could not be reached or could not write.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// It may have been executed and may still be.
    #[error("the outcome of the append is not known: {0}")]
    Unknown(String),
}

/// Why something could not be read, or a side record not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The store could not be reached.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// What is stored cannot be what was written.
    #[error("the store holds something that was not written so: {0}")]
    Corrupt(String),
    /// The store was written by a newer program.
    #[error("the store has schema version {found}; this program knows {known} at most")]
    SchemaTooNew {
        /// The version found.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// The database cannot hold a journal.
    #[error("the database cannot be used: {0}")]
    Unsuitable(String),
    /// Another process has the store open for writing.
    #[error("the store in {0} is in use by another process")]
    InUse(String),
    /// There is no store where one was expected.
    #[error("there is no store in {0}")]
    Missing(String),
}

impl JournalError {
    /// What is stored at a position cannot be what was written.
    pub fn corrupt_at(position: u64, what: impl std::fmt::Display) -> Self {
        Self::Corrupt(format!("position {position}: {what}"))
    }
}
