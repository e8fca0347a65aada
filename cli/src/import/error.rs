//! Why an import fails, and why a row is rejected.

use std::io;
use std::path::PathBuf;

use holdfast_domain::values::TextError;

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("cannot read {file}: {source}")]
    Unreadable { file: PathBuf, source: io::Error },
    #[error("{file} has no column {column}")]
    MissingColumn { file: PathBuf, column: &'static str },
    #[error("cannot write the rejects file {file}: {source}")]
    Rejects { file: PathBuf, source: io::Error },
    #[error("internal error: row counts do not add up, please report this: {0}")]
    WrongCounts(String),
    #[error("internal error: invalid generated name: {0}")]
    Name(#[from] TextError),
}

/// Why a row is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// A code for programs, such as `unknown_sku`.
    pub code: String,
    /// A sentence for people.
    pub reason: String,
}

impl RowError {
    /// An error with a code and a reason.
    pub fn new(code: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { code: code.into(), reason: reason.into() }
    }
}
