//! Why an import fails, and why a row is rejected.

use std::io;
use std::path::PathBuf;

use holdfast_domain::values::TextError;

/// Why files cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file cannot be read to its end. Nothing was written.
    #[error("cannot read {file}: {source}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A file lacks a required column. Nothing was written.
    #[error("{file} has no column {column}")]
    MissingColumn {
        /// The file.
        file: PathBuf,
        /// The column.
        column: &'static str,
    },
    /// The rejects file cannot be written.
    #[error("cannot write the rejects file {file}: {source}")]
    Rejects {
        /// The file.
        file: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Rows were lost or counted twice: a defect.
    #[error("internal error: row counts do not add up, please report this: {0}")]
    WrongCounts(String),
    /// The importer generated an invalid name: a defect.
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
