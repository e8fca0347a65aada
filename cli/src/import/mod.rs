//! `holdfast import`: imports locations, stock and orders from CSV files. A repeated import changes nothing.

mod csv_file;
mod error;
mod importer;
mod orders;
mod plan;
mod rejects;
mod report;
mod send;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use holdfast_domain::policy::OnShortage;
use holdfast_domain::values::MerchantId;
use holdfast_terminal::output::Printer;

use self::csv_file::CsvFile;
use self::plan::{LOCATION_COLUMNS, STOCK_COLUMNS};
use crate::Store;
use crate::error::CliError;

pub use self::error::ImportError;

const EXAMPLES: &str = "\
Examples:
  holdfast import --database sqlite:./shop --locations locations.csv --stock stock.csv.gz
  holdfast import --database sqlite:./shop --orders orders.csv.gz --on-shortage cancel-remainder

Files are CSV in UTF-8 with a header row, plain or gzipped, and are read into memory as a whole.
Columns are found by name; other columns are ignored. Columns in brackets are optional:
  locations   location, latitude, longitude
  stock       sku, location, on_hand
  orders      order_ref, channel, sku, quantity, [placed_at], [customer_ref], [line_total_usd]
Values:
  latitude, longitude   degrees, -90 to 90 and -180 to 180
  on_hand               a whole number, 0 to 1000000000; 0 registers the SKU without stock
  quantity              a whole number, 1 to 1000000000
  placed_at             RFC 3339 with an offset, such as 2026-03-01T12:00:00+02:00
  line_total_usd        a decimal number, at most 15 digits before and 6 after the point

Rows with the same order_ref and channel are one order, wherever they are in the file. An invalid
row (quantity 0, malformed, unknown SKU or location) is rejected, and the order is created without
it. An order without a valid row, or that the system rejects, is rejected as a whole. Every rejected
row is written to the rejects file; that is not a failure, and the exit status is 0. The columns of
the rejects file are file, line, reason, code, and row, the whole row as CSV in one field.

An import can be repeated, for example after an interruption: what exists is not written twice, and
a rejected order gets the same rejection. No server may have the store open at the same time.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    store: Store,
    /// The merchant; it must exist in the store.
    #[arg(long, value_name = "MERCHANT", env = "HOLDFAST_MERCHANT", default_value = "default")]
    merchant: MerchantId,
    #[command(flatten)]
    paths: Paths,
    /// What to do with an order when stock is short. Default: the merchant's policy. A repeated import must use the
    /// same rule, or it does not recognise its orders.
    #[arg(long, value_name = "RULE")]
    on_shortage: Option<ShortageRule>,
    /// File for rejected rows; overwritten by every run. Default: `rejects.csv` in the directory of an embedded store,
    /// otherwise in the current directory.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

/// The files to import: at least one of them.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
struct Paths {
    /// Locations to register.
    #[arg(long, value_name = "FILE")]
    locations: Option<PathBuf>,
    /// Stock to receive.
    #[arg(long, value_name = "FILE")]
    stock: Option<PathBuf>,
    /// Orders to create, with payment not required.
    #[arg(long, value_name = "FILE")]
    orders: Option<PathBuf>,
}

/// What to do with an order when stock is short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ShortageRule {
    /// Reject the order.
    Reject,
    /// Reserve the available units and cancel the rest.
    #[value(alias = "cancel_remainder")]
    CancelRemainder,
    /// Reserve the available units and backorder the rest.
    Backorder,
    /// Put the order on hold without reserving anything.
    Hold,
}

impl From<ShortageRule> for OnShortage {
    fn from(rule: ShortageRule) -> Self {
        match rule {
            ShortageRule::Reject => Self::Reject,
            ShortageRule::CancelRemainder => Self::CancelRemainder,
            ShortageRule::Backorder => Self::Backorder,
            ShortageRule::Hold => Self::Hold,
        }
    }
}

/// The files, read as a whole before anything is written.
struct Files {
    locations: Option<CsvFile>,
    stock: Option<CsvFile>,
    orders: Option<CsvFile>,
}

impl Files {
    fn read(paths: &Paths) -> Result<Self, ImportError> {
        let read = |path: &Option<PathBuf>, columns: &[&'static str]| {
            path.as_ref().map(|path| CsvFile::read(path, columns)).transpose()
        };
        Ok(Self {
            locations: read(&paths.locations, &LOCATION_COLUMNS)?,
            stock: read(&paths.stock, &STOCK_COLUMNS)?,
            orders: read(&paths.orders, &orders::COLUMNS)?,
        })
    }
}

pub async fn run(arguments: Arguments, printer: &mut Printer) -> Result<(), CliError> {
    let database = arguments.store.database()?;
    let files = Files::read(&arguments.paths)?;
    let app = arguments.store.open().await?;
    let default_file = || database.directory().unwrap_or(Path::new(".")).join("rejects.csv");
    let rejects_file = arguments.rejects.clone().unwrap_or_else(default_file);
    let imported = importer::import(&app, &arguments, &files, rejects_file).await;
    let finished = app.shutdown().await;
    let (report, rejects) = imported?;
    if arguments.json {
        printer.json(&report)?;
    } else {
        report.print(&rejects, printer);
    }
    if finished { Ok(()) } else { Err(CliError::Unfinished) }
}
