//! `holdfast export`: the journal and the read models as files that analysts' tools read, none twice and none lost.

mod column;
mod directory;
mod error;
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
use std::time::Instant;

use clap::ValueEnum;
use holdfast_commands::{Clock as _, SystemClock};
use holdfast_domain::stock::AvailabilityView;
use holdfast_domain::values::{Day, MerchantId};
use holdfast_journal::Journal;
use holdfast_projections::{ReadSnapshot, ViewStore};
use serde::{Deserialize, Serialize};

use self::directory::{Directory, date_of};
use self::journal::{EventsExport, Range};
use self::output::{Output, TableOutput};
use self::read_models::{OrdersPass, Outputs};
use self::report::{Exported, Report};
use self::tables::{Kind, Ordered};
use super::output::{Printer, Progress};
use super::{CliError, Store, serve};

pub use self::error::ExportError;

const EXAMPLES: &str = "\
Examples:
  holdfast export --database sqlite:./shop --to ./lake
  holdfast export --database sqlite:./shop --to ./lake              later: only what is new
  holdfast export --to ./june --only events --merchant default --from 120001 --upto 480000
  holdfast export --to ./lines --format ndjson --only orders,order_lines

  duckdb -c \"SELECT type, count(*) FROM './lake/events/**/*.parquet' GROUP BY type\"
  duckdb -c \"SELECT date, sum(total) FROM './lake/order_lines/**/*.parquet' GROUP BY date\"

The store is only read: a server may run over it meanwhile.

Tables, each in a directory of its own, by merchant and date as Hive writes them:
  events               a row an event; date is when it was recorded, in UTC
  orders               a row an order; date is when it was created, also in the next three
  order_lines          a row a line of an order
  fulfillment_orders   a row a location's part of an order
  packages             a row a parcel that has left
  availability         a row a SKU and location; date is when it was exported, in the next two too
  skus                 a row a SKU, over all locations
  supplies             a row a supply that is expected
  metrics              a row an hour, channel, location and measure; date is that of the hour
merchant and date are columns of the path, such as orders/merchant=default/date=2026-03-01/, and
every tool that knows Hive's layout adds them. Money is DECIMAL(38, 6) in Parquet and text in
NDJSON; times are UTC, to the microsecond; what has parts of its own is JSON.

Events are only ever added, in new files. A date of the other tables is written anew when
something of it has changed, one file in the place of another. Read models are exported as they
are, whatever --from and --upto say. manifest.json in each merchant's directory says up to which
position it is complete. A file appears when it is whole; run the same command again after
whatever interrupted it, and it goes on where it was.

Personal data is sealed and never exported: has_personal_data tells where an event has some. Not
sealed are city, region, postal code, country, customer_ref, attributes, notes and reasons.";

/// Events looked at in one go.
const PAGE: usize = 5_000;
/// Orders, SKUs or measures looked at in one go.
const ORDERS: usize = 500;

/// What `export` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    store: Store,
    /// Where to: a directory that is not there yet, or one that was exported into before.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// How to write it.
    #[arg(long, value_name = "FORMAT", default_value = "parquet")]
    format: Format,
    /// Only this merchant; every merchant of the store where not given.
    #[arg(long, value_name = "MERCHANT", env = "HOLDFAST_MERCHANT")]
    merchant: Option<MerchantId>,
    /// The first event, by its position.
    #[arg(long, value_name = "POSITION", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    from: u64,
    /// The last event, by its position; the last that there is where not given.
    #[arg(long, value_name = "POSITION")]
    upto: Option<u64>,
    /// Only these tables; all of them where not given.
    #[arg(long, value_name = "TABLE,...", value_delimiter = ',')]
    only: Vec<TableName>,
    /// Events that a file has at most, 1 to 10000000.
    #[arg(long, value_name = "N", default_value_t = 100_000,
          value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    events_per_file: u64,
    /// Write one JSON object instead of a table.
    #[arg(long)]
    json: bool,
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
enum TableName {
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

/// How much at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Events in a file.
    rows: u64,
    /// Events looked at in one go.
    page: usize,
    /// Orders, SKUs or measures looked at in one go.
    orders: usize,
}

/// Exports, and shows what was.
pub async fn run(arguments: &Arguments, printer: &mut Printer) -> Result<(), CliError> {
    let stop = serve::stop_signal()?;
    let exporting = async {
        let began = Instant::now();
        let limits = Limits { rows: arguments.events_per_file, page: PAGE, orders: ORDERS };
        let tables = export(arguments, limits).await?;
        Ok(Report {
            directory: &arguments.to,
            format: arguments.format,
            tables,
            seconds: (began.elapsed().as_secs_f64() * 1_000.0).round() / 1_000.0,
        })
    };
    let report = tokio::select! {
        report = exporting => report,
        // Files that are not finished go with what has begun them.
        () = stop => Err(CliError::Interrupted),
    }?;
    if arguments.json {
        return printer.json(&report);
    }
    report.show(printer);
    Ok(())
}

async fn export(arguments: &Arguments, limits: Limits) -> Result<Vec<Exported>, CliError> {
    let range = Range { from: arguments.from, upto: arguments.upto };
    if let Some(upto) = range.upto.filter(|upto| *upto < range.from) {
        return Err(ExportError::Backwards { from: range.from, upto }.into());
    }
    let database = arguments.store.database()?;
    let journal = database.journal_to_read().await?;
    let merchants = merchants(&*journal, arguments).await?;
    let exporter = Exporter {
        journal: &*journal,
        directory: Directory::open(&arguments.to, arguments.format)?,
        only: &arguments.only,
        range,
        limits,
        today: date_of(SystemClock.now().microseconds())?,
    };
    let mut exported = Vec::new();
    if exporter.wants(TableName::Events) {
        for merchant in &merchants {
            exported.push(exporter.events(merchant).await?);
        }
    }
    if TableName::value_variants().iter().any(|table| *table != TableName::Events && exporter.wants(*table)) {
        let views = database.views_to_read().await?;
        for merchant in &merchants {
            exported.extend(exporter.read_models(&views, merchant).await?);
        }
        views.close().await;
    }
    journal.close().await;
    Ok(exported)
}

/// Whose events and rows are asked for.
async fn merchants(journal: &dyn Journal, arguments: &Arguments) -> Result<Vec<MerchantId>, CliError> {
    let heads = journal.heads().await?;
    let known = heads.into_iter().filter(|(_, head)| head.position > 0).map(|(merchant, _)| merchant);
    let known = known.map(|name| MerchantId::new(&name).map_err(|_| ExportError::NoMerchant(name)));
    let mut known = known.collect::<Result<Vec<_>, _>>()?;
    if let Some(merchant) = &arguments.merchant {
        known.retain(|known| known == merchant);
        if known.is_empty() {
            return Err(CliError::UnknownMerchant(merchant.clone()));
        }
    }
    let is_range = arguments.from > 1 || arguments.upto.is_some();
    if is_range && known.len() > 1 {
        return Err(ExportError::RangeOfWhom.into());
    }
    Ok(known)
}

/// What is exported, and where to.
struct Exporter<'a> {
    journal: &'a dyn Journal,
    directory: Directory,
    only: &'a [TableName],
    range: Range,
    limits: Limits,
    today: Day,
}

impl Exporter<'_> {
    fn wants(&self, table: TableName) -> bool {
        self.only.is_empty() || self.only.contains(&table)
    }

    async fn events(&self, merchant: &MerchantId) -> Result<Exported, CliError> {
        let folder = self.directory.folder(tables::EVENTS.name, merchant);
        let export = EventsExport::begin(self.journal, folder, self.range, self.limits).await?;
        let mut progress = Progress::new("events", export.left());
        let exported = export.run(|events| progress.set(events)).await?;
        progress.finish();
        Ok(exported)
    }

    async fn read_models(&self, views: &ViewStore, merchant: &MerchantId) -> Result<Vec<Exported>, CliError> {
        let (mut orders, mut stock) = (self.orders(merchant)?, self.stock(merchant)?);
        let mut metrics = Outputs::new();
        self.open(TableName::Metrics, &tables::METRICS, merchant, &mut metrics)?;
        let head = self.journal.head(merchant.as_str()).await?.position;
        let mut moment = ReadSnapshot::open(views, merchant.as_str(), head).await?;
        if !orders.is_empty() {
            let as_of = read_models::as_of(self.journal, merchant, moment.orders_position()?).await?;
            read_models::fits(self.journal, merchant, self.directory.root(), &orders, &as_of).await?;
            let mut progress = Progress::new("orders", as_of.position);
            let (moment, outputs, limits) = (&mut moment, &mut orders, self.limits);
            let pass = OrdersPass { moment, merchant, outputs, as_of, limits };
            pass.run(|position| progress.set(position)).await?;
            progress.finish();
        }
        if !stock.is_empty() {
            let as_of = read_models::as_of(self.journal, merchant, moment.stock_position()?).await?;
            read_models::fits(self.journal, merchant, self.directory.root(), &stock, &as_of).await?;
            let mut progress = Progress::new("stock", moment.sku_count().await?);
            let told = |skus| progress.set(skus);
            read_models::stock(&mut moment, &mut stock, (self.today, &as_of), self.limits, told).await?;
            progress.finish();
        }
        if !metrics.is_empty() {
            let as_of = read_models::as_of(self.journal, merchant, moment.metrics_position()?).await?;
            read_models::fits(self.journal, merchant, self.directory.root(), &metrics, &as_of).await?;
            let mut progress = Progress::new("metrics", moment.metric_cell_count().await?);
            let told = |rows| progress.set(rows);
            read_models::metrics(&mut moment, &mut metrics, &as_of, self.limits, told).await?;
            progress.finish();
        }
        let orders = orders.into_iter().map(Output::exported);
        let others = stock.into_iter().map(Output::exported);
        let exported = orders.chain(others).chain(metrics.into_iter().map(Output::exported));
        Ok(exported.map(|exported| exported.behind(head)).collect())
    }

    /// The tables that are made of orders and are wanted.
    fn orders(&self, merchant: &MerchantId) -> Result<Outputs<Ordered>, ExportError> {
        let mut outputs = Outputs::new();
        self.open(TableName::Orders, &tables::ORDERS, merchant, &mut outputs)?;
        self.open(TableName::OrderLines, &tables::ORDER_LINES, merchant, &mut outputs)?;
        self.open(TableName::FulfillmentOrders, &tables::FULFILLMENT_ORDERS, merchant, &mut outputs)?;
        self.open(TableName::Packages, &tables::PACKAGES, merchant, &mut outputs)?;
        Ok(outputs)
    }

    /// The tables that are made of SKUs and are wanted.
    fn stock(&self, merchant: &MerchantId) -> Result<Outputs<AvailabilityView>, ExportError> {
        let mut outputs = Outputs::new();
        self.open(TableName::Availability, &tables::AVAILABILITY, merchant, &mut outputs)?;
        self.open(TableName::Skus, &tables::SKUS, merchant, &mut outputs)?;
        self.open(TableName::Supplies, &tables::SUPPLIES, merchant, &mut outputs)?;
        Ok(outputs)
    }

    fn open<S: 'static, T: 'static>(
        &self,
        name: TableName,
        kind: &'static Kind<S, T>,
        merchant: &MerchantId,
        outputs: &mut Outputs<S>,
    ) -> Result<(), ExportError> {
        if self.wants(name) {
            let folder = self.directory.folder(kind.table.name, merchant);
            outputs.push(Box::new(TableOutput::open(kind, folder)?));
        }
        Ok(())
    }
}
