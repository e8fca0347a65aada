//! Why an export fails.

use std::io;
use std::path::{Path, PathBuf};

use holdfast_domain::values::MerchantId;
use holdfast_journal::JournalError;
use holdfast_projections::ViewError;
use parquet::errors::ParquetError;

use super::Format;

/// Why an export fails. The files of earlier exports stay unchanged.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages describe the cases and their fields")]
pub enum ExportError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Views(#[from] ViewError),
    #[error("merchant {0} does not exist in this store")]
    UnknownMerchant(MerchantId),
    #[error("{0} is not empty and contains no export: specify a new directory or that of an earlier export")]
    NotAnExport(PathBuf),
    #[error("another process exports to {0}")]
    InUse(PathBuf),
    #[error("{file} has version {found}; this program supports version {supported}")]
    ManifestVersion { file: PathBuf, found: u32, supported: u32 },
    #[error("{file} is not a manifest of an export: {reason}")]
    Manifest { file: PathBuf, reason: serde_json::Error },
    #[error("{directory} contains {found} files, but --format is {requested}: specify another directory")]
    OtherFormat { directory: PathBuf, found: Format, requested: Format },
    /// Two merchants share a directory, in a file system that ignores case.
    #[error("{file} belongs to merchant {found}, not to {requested}")]
    OtherMerchant { file: PathBuf, found: String, requested: String },
    #[error(
        "{directory} contains events from position {found} on, but --from is {requested}: specify another directory"
    )]
    OtherRange { directory: PathBuf, found: u64, requested: u64 },
    #[error(
        "{directory} contains events up to position {found}, but --until is {requested}: specify another directory"
    )]
    AlreadyBeyond { directory: PathBuf, found: u64, requested: u64 },
    #[error(
        "merchant {merchant}: the journal ends at position {head}, before the requested position {requested}"
    )]
    Beyond { merchant: String, head: u64, requested: u64 },
    #[error("--until {until} is before --from {from}")]
    EmptyRange { from: u64, until: u64 },
    #[error("--from and --until are positions in the journal of one merchant: specify --merchant")]
    RangeWithoutMerchant,
    #[error(
        "{directory}: the exported events up to position {position} differ from this journal: find out which journal is \
         the right one, and specify another directory"
    )]
    OtherJournal { directory: PathBuf, position: u64 },
    #[error(
        "merchant {merchant}, position {position}: the event is missing or was changed: run holdfast verify"
    )]
    EventChanged { merchant: String, position: u64 },
    #[error(
        "the read models of merchant {merchant} belong to another journal: run holdfast projections list"
    )]
    ForeignReadModels { merchant: String },
    #[error(
        "the read models of merchant {merchant} are at position {reached}, those in {directory} at {exported}: wait until \
         they are up to date"
    )]
    ReadModelsBehind { merchant: String, directory: PathBuf, reached: u64, exported: u64 },
    #[error(
        "merchant {merchant}: the order created at position {position} has an earlier date than the one before it"
    )]
    UnsortedDates { merchant: String, position: u64 },
    #[error("{0} microseconds since 1970 is not a valid time")]
    InvalidTime(i64),
    #[error("{0} was changed or removed after the export: export again to another directory")]
    Changed(PathBuf),
    #[error("invalid merchant name in store: {0:?}")]
    InvalidMerchant(String),
    #[error("cannot encode a value of column {column} as JSON: {reason}")]
    Json { column: &'static str, reason: serde_json::Error },
    #[error("{file}: {source}")]
    File { file: PathBuf, source: io::Error },
    #[error("{file}: {source}")]
    Parquet { file: PathBuf, source: ParquetError },
}

impl ExportError {
    /// Adds the path to an error of the operating system.
    pub fn file(file: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { file: file.to_owned(), source }
    }

    /// True if the arguments of the command are wrong.
    pub fn is_about_arguments(&self) -> bool {
        matches!(self, Self::RangeWithoutMerchant | Self::EmptyRange { .. })
    }
}
