//! `holdfast import`: imports locations, stock and orders from CSV files. Importing a file again changes nothing.

mod columns;
mod csv_file;
mod error;
mod format;
mod importer;
mod number;
mod orders;
mod plan;
mod rejects;
mod report;
mod send;
#[cfg(test)]
mod tests;
mod text;
mod time;

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use holdfast_domain::policy::OnShortage;
use holdfast_domain::values::{ChannelName, Currency, LocationId, MerchantId, Timestamp};
use holdfast_terminal::output::Printer;

use self::csv_file::CsvFile;
use self::format::Format;
use crate::Store;
use crate::error::CliError;

pub use self::error::ImportError;

const EXAMPLES: &str = "\
Examples:
  holdfast import --database sqlite:./shop --locations locations.csv --stock stock.csv.gz
  holdfast import --database sqlite:./shop --orders orders_export.csv --time-zone Europe/Berlin
  holdfast import --database sqlite:./shop --orders corrected-rejects.csv

Files are CSV with a header row, plain or gzipped, and are read into memory as a whole. Columns are
found by heading, without regard to case, blanks and punctuation, also by the headings of Shopify
and of export plugins of WooCommerce. Columns in brackets are optional:
  locations   location, latitude, longitude
  stock       sku, location (or --location), on_hand
  orders      order_ref, channel (or --channel), sku, quantity, [placed_at], [customer_ref],
              [currency], [requires_stock], [unit_price], [line_total], [line_tax], [line_discount],
              [shipping_charge], [ship_name], [ship_address1], [ship_city], [ship_country], ...
Other columns are listed in the report and are not imported.

Stock is counted: on_hand is what was there when the file was last changed (or --counted-at), and
movements since then are added. Importing the same file again changes nothing; a newer file sets
its quantities.

The rows of an order have the same order_ref and channel. Values of the whole order may be in one of
its rows only. If one row is invalid, the order is rejected with all its rows. Rejected rows are
written to the rejects file with line, code and reason; correct a copy and import it. With several
inputs, each has its own rejects file, such as rejects-orders.csv.

An import can be repeated, for example after an interruption: what exists is not written twice. No
server may have the store open at the same time.

Exit status: 0 if every row was imported or already there, 3 if a row was rejected, 1 if the import
failed, 2 for wrong arguments.";

/// Exit status if a row was rejected.
const ROWS_REJECTED: u8 = 3;

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
    #[command(flatten)]
    format: Format,
    /// Location of stock that names none.
    #[arg(long, value_name = "LOCATION")]
    location: Option<LocationId>,
    /// When the stock was counted, by RFC 3339. Default: when the file was last changed.
    #[arg(long, value_name = "TIME")]
    counted_at: Option<Timestamp>,
    /// Channel of orders that name none. Default: `shopify` or `woocommerce`, if the file has the headings of its export.
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<ChannelName>,
    /// Currency of orders that name none, such as `EUR`. Required if they have amounts.
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    /// What to do with an order when stock is short. Default: the merchant's policy. An order that exists with another
    /// rule is rejected.
    #[arg(long, value_name = "RULE")]
    on_shortage: Option<ShortageRule>,
    /// File for rejected rows; replaced by every run. Default: `rejects.csv` in the directory of an embedded store,
    /// otherwise in the current directory.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Check the files and write the rejects files, but nothing to the store.
    #[arg(long)]
    dry_run: bool,
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
    /// Stock that was counted.
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
    fn read(paths: &Paths, format: &Format) -> Result<Self, ImportError> {
        let read = |path: &Option<PathBuf>, columns| {
            path.as_ref().map(|path| CsvFile::read(path, columns, format)).transpose()
        };
        Ok(Self {
            locations: read(&paths.locations, columns::LOCATIONS)?,
            stock: read(&paths.stock, columns::STOCK)?,
            orders: read(&paths.orders, columns::ORDERS)?,
        })
    }

    fn all(&self) -> impl Iterator<Item = &CsvFile> {
        [&self.locations, &self.stock, &self.orders].into_iter().flatten()
    }
}

impl Paths {
    /// Each input with its content.
    fn all(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let all = [("locations", &self.locations), ("stock", &self.stock), ("orders", &self.orders)];
        all.into_iter().filter_map(|(content, path)| Some((content, path.as_deref()?)))
    }

    /// Checks that no rejects file would replace an input.
    fn check_rejects(&self, rejects_file: &Path) -> Result<(), ImportError> {
        let is_only_input = self.all().count() == 1;
        for (content, _) in self.all() {
            let path = rejects::rejects_path(rejects_file, content, is_only_input);
            let is_same = |input: &Path| {
                path.canonicalize().is_ok_and(|path| input.canonicalize().is_ok_and(|input| input == path))
            };
            if self.all().any(|(_, input)| is_same(input)) {
                return Err(ImportError::RejectsReplaceInput(path));
            }
        }
        Ok(())
    }
}

/// Imports the files and returns the exit status.
pub async fn run(arguments: Arguments, printer: &mut Printer) -> Result<u8, CliError> {
    let database = arguments.store.database()?;
    let default_file = || database.directory().unwrap_or(Path::new(".")).join("rejects.csv");
    let rejects_file = arguments.rejects.clone().unwrap_or_else(default_file);
    arguments.paths.check_rejects(&rejects_file)?;
    let files = Files::read(&arguments.paths, &arguments.format)?;
    let app = arguments.store.open().await?;
    let imported = importer::import(&app, &arguments, &files, &rejects_file).await;
    let finished = app.shutdown().await;
    let (report, rejects) = imported?;
    if arguments.json {
        printer.json(&report)?;
    } else {
        report.print(&rejects, printer);
    }
    match finished {
        true if rejects.is_empty() => Ok(0),
        true => Ok(ROWS_REJECTED),
        false => Err(CliError::Unfinished),
    }
}
