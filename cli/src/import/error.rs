//! Why an import fails, and why a row is rejected.

use std::io;
use std::path::PathBuf;

use holdfast_domain::values::{TextError, Timestamp};

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("cannot read {file}: {source}")]
    Unreadable { file: PathBuf, source: io::Error },
    #[error(
        "{file} contains zero bytes: it is not UTF-8. If it is UTF-16, use --encoding utf-16le or utf-16be"
    )]
    ZeroBytes { file: PathBuf },
    #[error("{file} is not valid {encoding}; state its encoding with --encoding")]
    Encoding { file: PathBuf, encoding: &'static str },
    #[error("{file} has no column {column}; its first line must have the headings")]
    MissingColumn { file: String, column: &'static str },
    #[error("{file} has no column {column}; add it, or use --{column}")]
    MissingDefault { file: String, column: &'static str },
    #[error("{file} has several columns {heading}; remove all but one")]
    RepeatedColumn { file: String, heading: String },
    #[error(
        "{file} has numbers with a decimal point and with a decimal comma ({numbers}); use --decimal-separator"
    )]
    MixedNumbers { file: String, numbers: String },
    #[error(
        "{file}, line {line}: the separator in {text} may be decimal or of thousands; use --decimal-separator"
    )]
    AmbiguousNumber { file: String, line: u64, text: String },
    #[error(
        "the stock was counted at {counted_at}, which is in the future; correct the file's time or --counted-at"
    )]
    CountedInFuture { counted_at: Timestamp },
    #[error("the rejects file {0} would replace an input; use another --rejects")]
    RejectsReplaceInput(PathBuf),
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
