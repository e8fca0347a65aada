//! Export of the journal and the read models to files for analysts' tools: each event exactly once, and each date of a
//! read model as of one position of the journal.

mod column;
mod directory;
mod error;
mod exporter;
mod files;
mod journal;
mod manifest;
mod output;
mod parquet_file;
mod read_models;
mod report;
mod sheet;
mod tables;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;

use clap::ValueEnum;
use holdfast_domain::values::MerchantId;
use serde::{Deserialize, Serialize};

pub use self::error::ExportError;
pub use self::exporter::Exporter;
pub use self::report::Exported;

/// What to export, and how.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Where to: a directory that is not there yet, or one that was exported into before.
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// How to write it.
    #[arg(long, value_name = "FORMAT", default_value = "parquet")]
    pub format: Format,
    /// Only this merchant; every merchant of the store where not given.
    #[arg(long, value_name = "MERCHANT", env = "HOLDFAST_MERCHANT")]
    pub merchant: Option<MerchantId>,
    /// The first event, by its position.
    #[arg(long, value_name = "POSITION", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub from: u64,
    /// The last event, by its position; the last that there is where not given.
    #[arg(long, value_name = "POSITION")]
    pub upto: Option<u64>,
    /// Only these tables; all of them where not given.
    #[arg(long, value_name = "TABLE,...", value_delimiter = ',')]
    pub only: Vec<TableName>,
    /// Events that a file has at most, 1 to 10000000.
    #[arg(long, value_name = "N", default_value_t = 100_000,
          value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub events_per_file: u64,
}

impl Options {
    /// Rejects options that contradict each other.
    pub fn check(&self) -> Result<(), ExportError> {
        match self.upto {
            Some(upto) if upto < self.from => Err(ExportError::Backwards { from: self.from, upto }),
            _ => Ok(()),
        }
    }
}

/// How files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Apache Parquet, compressed by Zstandard.
    Parquet,
    /// A JSON object a line.
    Ndjson,
}

impl Format {
    /// Its name, which is what the names of its files end with.
    fn name(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Ndjson => "ndjson",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the help of `holdfast export` describes each table")]
pub enum TableName {
    Events,
    Orders,
    OrderLines,
    FulfillmentOrders,
    Packages,
    Availability,
    Skus,
    Supplies,
    Metrics,
}
