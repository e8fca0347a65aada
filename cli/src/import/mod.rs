//! `holdfast import`: locations, stock and orders from CSV files, none twice and none lost.

mod account;
mod orders;
mod plan;
mod rejects;
mod send;
mod sheet;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::ValueEnum;
use holdfast_domain::policy::OnShortage;
use holdfast_domain::values::{Currency, LocationId, MerchantId, Reference, Sku, TextError};
use holdfast_projections::AvailabilityFilter;

use super::{CliError, Store};
use account::{Account, Count, Report};
use holdfast_api::app::App;
use holdfast_commands::client::Desk;
use holdfast_terminal::output::Printer;
use orders::Terms;
use plan::{LOCATION_COLUMNS, Plan, STOCK_COLUMNS};
use rejects::{Reject, Rejects};
use send::{Fate, send};
use sheet::{Fault, Sheet};

const EXAMPLES: &str = "\
Examples:
  holdfast import --database sqlite:./shop --locations locations.csv --stock stock.csv.gz
  holdfast import --database sqlite:./shop --orders orders.csv.gz --on-shortage cancel-remainder

Files are CSV in UTF-8 with a heading, plain or gzipped, and are read whole into memory. Columns
are found by name, others are left alone:
  locations   location, latitude, longitude
  stock       sku, location, on_hand
  orders      order_ref, channel, sku, quantity, [placed_at], [customer_ref], [line_total_usd]
What their fields may be:
  latitude, longitude   degrees, -90 to 90 and -180 to 180
  on_hand               a whole number, 0 to 1000000000; with 0 the SKU becomes known
  quantity              a whole number, 1 to 1000000000
  placed_at             RFC 3339 with an offset, such as 2026-03-01T12:00:00+02:00
  line_total_usd        a plain decimal, at most 15 digits before and 6 after the point

The rows of one order_ref of one channel are one order, wherever they stand. A row that cannot be
taken (quantity 0, malformed, of an unknown SKU or location) is rejected and the order goes
without it; an order of which no row is good, or that the system refuses, is rejected whole.
Every rejected row is written to the rejects file; that is no failure, and the exit status stays
0. The columns of that file are file, line, reason, code, and row, the last being the whole row as
CSV in one field.

Run it again after an interruption or as often as you like: what is there is not written twice,
and a refused order gets the same refusal. No server may have the store open meanwhile.";

/// What `import` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    store: Store,
    /// Whose data it is; a merchant that the store knows.
    #[arg(long, value_name = "MERCHANT", env = "HOLDFAST_MERCHANT", default_value = "default")]
    merchant: MerchantId,
    #[command(flatten)]
    files: Files,
    /// What becomes of an order when not everything is there; the merchant's rule where not given. A second run must
    /// say the same, or its orders are not recognised as those that are there.
    #[arg(long, value_name = "RULE")]
    on_shortage: Option<ShortageRule>,
    /// Where rejected rows go; `rejects.csv` in the store's directory where not given. Written anew by every run.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Write one JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

/// What is imported: at least one of them.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
struct Files {
    /// Locations to register.
    #[arg(long, value_name = "FILE")]
    locations: Option<PathBuf>,
    /// Stock to receive.
    #[arg(long, value_name = "FILE")]
    stock: Option<PathBuf>,
    /// Orders to take; their payment counts as not required.
    #[arg(long, value_name = "FILE")]
    orders: Option<PathBuf>,
}

/// What becomes of an order when not everything is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ShortageRule {
    /// It is refused whole.
    Reject,
    /// What is there is reserved, the rest cancelled.
    #[value(alias = "cancel_remainder")]
    CancelRemainder,
    /// What is there is reserved, the rest waits for supply.
    Backorder,
    /// The order waits for somebody's decision, and nothing is reserved for it.
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

/// Why files cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file cannot be read to its end. Nothing was written.
    #[error("{file} cannot be read: {source}")]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not what it is said to be. Nothing was written.
    #[error("{file} has no column {column}")]
    NoColumn {
        /// Which.
        file: PathBuf,
        /// The column.
        column: &'static str,
    },
    /// The rejects cannot be written.
    #[error("the rejects file {file} cannot be written: {source}")]
    Rejects {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something was lost: a defect.
    #[error("the numbers do not add up, please report this: {0}")]
    DoesNotAddUp(String),
    /// A name of the importer's own is none: a defect.
    #[error("a name that the importer made up is not allowed: {0}")]
    Name(#[from] TextError),
}

/// The files, read whole before anything is written.
struct Sheets {
    locations: Option<Sheet>,
    stock: Option<Sheet>,
    orders: Option<Sheet>,
}

impl Sheets {
    fn read(files: &Files) -> Result<Self, ImportError> {
        let read = |path: &Option<PathBuf>, columns: &[&'static str]| {
            path.as_ref().map(|path| Sheet::read(path, columns)).transpose()
        };
        Ok(Self {
            locations: read(&files.locations, &LOCATION_COLUMNS)?,
            stock: read(&files.stock, &STOCK_COLUMNS)?,
            orders: read(&files.orders, &orders::COLUMNS)?,
        })
    }
}

/// Imports files and shows what became of them.
pub async fn run(arguments: Arguments, printer: &mut Printer) -> Result<(), CliError> {
    let database = arguments.store.database()?;
    let sheets = Sheets::read(&arguments.files)?;
    let app = arguments.store.open().await?;
    let beside = || database.directory().unwrap_or(Path::new(".")).join("rejects.csv");
    let rejects_file = arguments.rejects.clone().unwrap_or_else(beside);
    let imported = import(&app, &arguments, &sheets, rejects_file).await;
    let finished = app.shutdown().await;
    let (report, rejects) = imported?;
    if arguments.json {
        printer.json(&report)?;
    } else {
        report.show(&rejects, printer);
    }
    if finished { Ok(()) } else { Err(CliError::Unfinished) }
}

async fn import(
    app: &App,
    arguments: &Arguments,
    sheets: &Sheets,
    rejects_file: PathBuf,
) -> Result<(Report, Rejects), CliError> {
    let began = Instant::now();
    let merchant = &arguments.merchant;
    if !app.reading.knows_merchant(merchant.as_str()).await? {
        return Err(CliError::UnknownMerchant(merchant.clone()));
    }
    let before = app.journal.head(merchant.as_str()).await?.position;
    let mut importer = Importer {
        app,
        merchant,
        desk: Desk::new(&app.commands, merchant, "import"),
        accounts: Vec::new(),
        rejects: Rejects::default(),
    };
    importer.all(sheets, arguments.on_shortage.map(OnShortage::from)).await?;
    let Importer { accounts, rejects, .. } = importer;
    account::check(&accounts, &rejects)?;
    rejects.write(&rejects_file)?;
    let position = app.journal.head(merchant.as_str()).await?.position;
    let report = Report {
        files: accounts,
        rejected_by_code: rejects.by_code(),
        rejects_file,
        events_written: position - before,
        position,
        seconds: (began.elapsed().as_secs_f64() * 1_000.0).round() / 1_000.0,
    };
    Ok((report, rejects))
}

struct Importer<'a> {
    app: &'a App,
    merchant: &'a MerchantId,
    desk: Desk,
    accounts: Vec<Account>,
    rejects: Rejects,
}

impl Importer<'_> {
    /// Locations before stock before orders: each needs what comes before it.
    async fn all(&mut self, sheets: &Sheets, on_shortage: Option<OnShortage>) -> Result<(), CliError> {
        if let Some(sheet) = &sheets.locations {
            self.carry_out("locations", sheet, plan::locations(sheet)).await?;
        }
        if let Some(sheet) = &sheets.stock {
            let reference = Reference::new("import").map_err(ImportError::from)?;
            let plan = plan::stock(sheet, &self.known_locations().await?, &reference);
            self.carry_out("stock", sheet, plan).await?;
        }
        if let Some(sheet) = &sheets.orders {
            let currency = Currency::new("USD").map_err(ImportError::from)?;
            let known = self.known_skus(orders::skus(sheet)).await?;
            let plan = orders::orders(sheet, &Terms { currency, on_shortage, known });
            self.carry_out("orders", sheet, plan).await?;
        }
        Ok(())
    }

    async fn known_locations(&self) -> Result<BTreeSet<LocationId>, CliError> {
        let locations = self.app.reading.locations(self.merchant.as_str()).await?;
        Ok(locations.into_iter().map(|view| view.location).collect())
    }

    async fn known_skus(&self, named: BTreeSet<Sku>) -> Result<BTreeSet<Sku>, CliError> {
        self.app.wait_for_projections(self.merchant).await?;
        let named: Vec<Sku> = named.into_iter().collect();
        let mut known = BTreeSet::new();
        for some in named.chunks(500) {
            let found = self
                .app
                .reading
                .availability(self.merchant.as_str(), some, &AvailabilityFilter::default())
                .await?;
            known.extend(found.into_iter().map(|view| view.sku));
        }
        Ok(known)
    }

    /// Sends what a file asks for, and keeps account.
    async fn carry_out(&mut self, what: &'static str, sheet: &Sheet, plan: Plan) -> Result<(), CliError> {
        let fates = send(&self.desk, &plan.items, what).await?;
        let mut rows = Count { read: sheet.rows.len() as u64, ..Count::default() };
        let orders = plan.items.len() as u64 + plan.hopeless;
        let mut things = Count { read: orders, rejected: plan.hopeless, ..Count::default() };
        let mut rejects = Vec::with_capacity(plan.rejected.len());
        for rejected in plan.rejected {
            rejects.extend(reject(sheet, rejected.row, &rejected.fault));
        }
        for (item, fate) in plan.items.iter().zip(fates) {
            let made_of = item.rows.len() as u64;
            match fate {
                Fate::Done => {
                    things.imported += 1;
                    rows.imported += made_of;
                }
                Fate::Before => {
                    things.already_there += 1;
                    rows.already_there += made_of;
                }
                Fate::Refused(fault) => {
                    things.rejected += 1;
                    rejects.extend(item.rows.iter().filter_map(|row| reject(sheet, *row, &fault)));
                }
            }
        }
        rows.rejected = rejects.len() as u64;
        if what != "orders" {
            // A row is the thing itself, and a bad one is one that was read.
            things = rows;
        }
        self.accounts.push(Account { what, file: sheet.name.clone(), rows, things });
        self.rejects.add(rejects);
        Ok(())
    }
}

fn reject(sheet: &Sheet, row: usize, fault: &Fault) -> Option<Reject> {
    let row = sheet.rows.get(row)?;
    let (file, record) = (sheet.name.clone(), row.record.clone());
    Some(Reject { file, line: row.line, fault: fault.clone(), record })
}
