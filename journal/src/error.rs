//! Errors, one case for each conclusion that a caller may draw.

use crate::record::Head;

/// Why a batch was not appended, or may not have been appended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Not appended: another writer has appended first. Contains the current head.
    #[error("not appended: another writer has moved the head to position {}", .0.position)]
    HeadMoved(Box<Head>),
    /// Not appended: the journal does not contain the batch that this one follows.
    #[error("not appended: history has forked, the journal does not contain the batch that this one follows")]
    Forked,
    /// Not appended: the store does not accept the content of the batch.
    #[error("not appended: the store rejected the batch: {0}")]
    Refused(String),
    /// Not appended: the store could not be reached or could not write.
    #[error("not appended: the store is unavailable: {0}")]
    Unavailable(String),
    /// The batch may have been appended, or may still be appended later.
    #[error("the outcome of the append is unknown: {0}")]
    Unknown(String),
}

impl AppendError {
    /// Not appended: the journal has a newer format than this program writes.
    pub(crate) fn newer_format(format: u32) -> Self {
        let known = crate::record::FORMAT;
        Self::Unavailable(format!(
            "the journal has format {format}, this program writes format {known}: upgrade the program"
        ))
    }
}

/// Why the store could not be read, or could not write anything other than a batch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The store could not be reached, or could not do what was requested.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// A stored record differs from every record that this program can have written.
    #[error("journal corrupted: {0}")]
    Corrupt(String),
    /// The store was written by a newer program.
    #[error(
        "the store has schema version {found}, this program supports versions up to {known}: upgrade the program"
    )]
    SchemaTooNew {
        /// The schema version of the store.
        found: u32,
        /// The newest schema version that this program supports.
        known: u32,
    },
    /// The URL, the server or its settings do not meet the requirements of a journal.
    #[error("the database cannot hold a journal: {0}")]
    Unsuitable(String),
    /// Another process has the store open for writing.
    #[error("the store in {0} is open for writing in another process: stop that process first")]
    InUse(String),
    /// There is no store in this place.
    #[error("no store found in {0}")]
    Missing(String),
}

impl JournalError {
    /// The record at a position is corrupt.
    pub fn corrupt_at(position: u64, problem: impl std::fmt::Display) -> Self {
        Self::Corrupt(format!("position {position}: {problem}"))
    }
}
