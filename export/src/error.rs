//! Why something cannot be exported.

use std::io;
use std::path::{Path, PathBuf};

use holdfast_domain::values::MerchantId;
use holdfast_journal::JournalError;
use holdfast_projections::ViewError;
use parquet::errors::ParquetError;

use super::Format;

/// Why something cannot be exported. What was exported before is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The read models cannot be read.
    #[error(transparent)]
    Views(#[from] ViewError),
    /// The store does not contain the merchant.
    #[error("merchant {0} does not exist in this store")]
    UnknownMerchant(MerchantId),
    /// The directory holds something else.
    #[error(
        "{0} is not empty and holds no export: name a directory that is not there yet, or an export to go on with"
    )]
    NotAnExport(PathBuf),
    /// Another process is at it.
    #[error("another process is exporting into {0}")]
    InUse(PathBuf),
    /// A newer program has written it.
    #[error("{file} is of version {found}; this program knows {known}")]
    ManifestVersion {
        /// Which file.
        file: PathBuf,
        /// The version found.
        found: u32,
        /// The one that this program knows.
        known: u32,
    },
    /// A manifest cannot be read.
    #[error("{file} is no manifest of an export: {reason}")]
    Manifest {
        /// Which file.
        file: PathBuf,
        /// Why.
        reason: serde_json::Error,
    },
    /// Its files are of the other format.
    #[error("{directory} holds {there}, --format asks for {asked}: name another directory for it")]
    OtherFormat {
        /// Which directory.
        directory: PathBuf,
        /// What it holds.
        there: Format,
        /// What was asked for.
        asked: Format,
    },
    /// A directory that two merchants have in common, where large and small letters are the same.
    #[error("{file} is of merchant {there}, not of {asked}")]
    OtherMerchant {
        /// Which file.
        file: PathBuf,
        /// Whose it is.
        there: String,
        /// Who was asked for.
        asked: String,
    },
    /// Its events begin elsewhere.
    #[error(
        "{directory} holds events from position {there} on, --from asks for {asked}: name another directory for them"
    )]
    OtherRange {
        /// Which directory.
        directory: PathBuf,
        /// Where they begin.
        there: u64,
        /// Where they were to begin.
        asked: u64,
    },
    /// It holds more than was asked for.
    #[error(
        "{directory} holds events up to position {there}, --upto asks for {asked}: name another directory for them"
    )]
    AlreadyBeyond {
        /// Which directory.
        directory: PathBuf,
        /// Where they end.
        there: u64,
        /// Where they were to end.
        asked: u64,
    },
    /// Nothing was written at the position that was asked for.
    #[error("merchant {merchant}: the journal ends at position {head}, {wanted} was asked for")]
    Beyond {
        /// Whose journal.
        merchant: String,
        /// Where it ends.
        head: u64,
        /// What was asked for.
        wanted: u64,
    },
    /// A range that ends before it begins.
    #[error("--upto {upto} is before --from {from}")]
    Backwards {
        /// Where it begins.
        from: u64,
        /// Where it ends.
        upto: u64,
    },
    /// Each merchant has positions of its own.
    #[error("--from and --upto count in one merchant's journal: say by --merchant in whose")]
    RangeOfWhom,
    /// What was exported before came from another store.
    #[error(
        "{directory}: what was exported up to position {position} is not of this journal: name another directory, \
         and find out which journal is the right one"
    )]
    OtherJournal {
        /// Which directory.
        directory: PathBuf,
        /// Up to where.
        position: u64,
    },
    /// The journal is damaged.
    #[error(
        "merchant {merchant}, position {position}: the event is missing or not what was written: see holdfast verify"
    )]
    NotAsWritten {
        /// Whose journal.
        merchant: String,
        /// Where.
        position: u64,
    },
    /// The read models were made from another journal.
    #[error("the read models of merchant {merchant} are not of this journal: see holdfast projections list")]
    ForeignReadModels {
        /// Whose.
        merchant: String,
    },
    /// The read models are older than what was exported before.
    #[error(
        "the read models of merchant {merchant} are at position {reached}, those in {directory} are of {exported}: \
         wait until they have caught up"
    )]
    ReadModelsBehind {
        /// Whose.
        merchant: String,
        /// Which directory.
        directory: PathBuf,
        /// Where they are.
        reached: u64,
        /// What was exported.
        exported: u64,
    },
    /// Orders that were created one after the other were not, by their dates.
    #[error(
        "merchant {merchant}: the order created at position {position} has an earlier date than the one before it"
    )]
    DatesGoBack {
        /// Whose.
        merchant: String,
        /// Where.
        position: u64,
    },
    /// A moment that no calendar has.
    #[error("{0} microseconds after 1970 is no moment that can be written")]
    NoDate(i64),
    /// A file that belongs to the export is gone, or somebody has changed it.
    #[error("{0} is not as it was exported: export anew, into another directory")]
    Changed(PathBuf),
    /// A merchant's name in the store that can be none.
    #[error("the store has a merchant whose name is none: {0:?}")]
    NoMerchant(String),
    /// A value cannot be written as JSON.
    #[error("a value of column {column} cannot be written as JSON: {reason}")]
    NoJson {
        /// Which column.
        column: &'static str,
        /// Why.
        reason: serde_json::Error,
    },
    /// A file or directory.
    #[error("{file}: {source}")]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A Parquet file cannot be made.
    #[error("{file}: {source}")]
    Parquet {
        /// Which.
        file: PathBuf,
        /// Why.
        source: ParquetError,
    },
}

impl ExportError {
    /// Something of the system about a file.
    pub fn file(file: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { file: file.to_owned(), source }
    }

    /// Whether it is what the command was told that is wrong.
    pub fn is_about_arguments(&self) -> bool {
        matches!(self, Self::RangeOfWhom | Self::Backwards { .. })
    }
}
