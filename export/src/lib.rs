//! Export of the journal and the read models to Parquet or NDJSON: each event exactly once, and each date of a read model as
//! of one position of the journal.

mod column;
mod directory;
mod error;
mod exporter;
mod files;
mod journal;
mod limits;
mod manifest;
mod output;
mod parquet_file;
mod read_models;
mod report;
mod table_file;
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

/// Options of an export.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Target: a new directory or that of an earlier export.
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// Format of the files.
    #[arg(long, value_name = "FORMAT", default_value = "parquet")]
    pub format: Format,
    /// Only this merchant. Default: all merchants.
    #[arg(long, value_name = "MERCHANT", env = "HOLDFAST_MERCHANT")]
    pub merchant: Option<MerchantId>,
    /// Position of the first event.
    #[arg(long, value_name = "POSITION", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub from: u64,
    /// Position of the last event. Default: the end of the journal.
    #[arg(long, value_name = "POSITION")]
    pub until: Option<u64>,
    /// Only these tables. Default: all tables.
    #[arg(long, value_name = "TABLE,...", value_delimiter = ',')]
    pub only: Vec<TableName>,
    /// Maximum number of events per file, 1 to 10000000.
    #[arg(long, value_name = "N", default_value_t = 100_000,
          value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub events_per_file: u64,
}

impl Options {
    /// Rejects options that contradict each other.
    pub fn check(&self) -> Result<(), ExportError> {
        match self.until {
            Some(until) if until < self.from => Err(ExportError::EmptyRange { from: self.from, until }),
            _ => Ok(()),
        }
    }
}

/// The format of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Apache Parquet, compressed with Zstandard.
    Parquet,
    /// One JSON object per line.
    Ndjson,
}

impl Format {
    /// The name, which is also the extension of the files.
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

/// The tables.
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
