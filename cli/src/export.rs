//! `holdfast export`: the journal and the read models as files for analysts' tools.

use std::path::Path;
use std::time::Instant;

use holdfast_export::{Exported, Exporter, Format, Options};
use holdfast_terminal::output::{self, Printer, number};
use serde::Serialize;

use crate::Store;
use crate::error::CliError;

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

/// Arguments of `holdfast export`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    store: Store,
    #[command(flatten)]
    options: Options,
    /// Write one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// Exports, and prints what was exported.
pub async fn run(arguments: &Arguments, printer: &mut Printer) -> Result<(), CliError> {
    let stop = crate::stop_signal()?;
    let exporting = async {
        let started_at = Instant::now();
        let tables = export(arguments).await?;
        Ok(Report {
            directory: &arguments.options.to,
            format: arguments.options.format,
            tables,
            seconds: (started_at.elapsed().as_secs_f64() * 1_000.0).round() / 1_000.0,
        })
    };
    let report = tokio::select! {
        report = exporting => report,
        // Dropping the export removes its unfinished files.
        () = stop => Err(CliError::Interrupted),
    }?;
    if arguments.json {
        return Ok(printer.json(&report)?);
    }
    report.show(printer);
    Ok(())
}

async fn export(arguments: &Arguments) -> Result<Vec<Exported>, CliError> {
    arguments.options.check()?;
    let database = arguments.store.database()?;
    let journal = database.journal_to_read().await?;
    let exporter = Exporter::new(&*journal, &arguments.options).await?;
    let mut exported = exporter.events().await?;
    if exporter.includes_read_models() {
        let views = database.views_to_read().await?;
        exported.extend(exporter.read_models(&views).await?);
        views.close().await;
    }
    drop(exporter);
    journal.close().await;
    Ok(exported)
}

/// What a run has written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    /// Where to.
    directory: &'a Path,
    /// In which format.
    format: Format,
    /// Table by table, merchant by merchant.
    tables: Vec<Exported>,
    /// How long it took.
    seconds: f64,
}

impl Report<'_> {
    /// Prints it.
    fn show(&self, printer: &mut Printer) {
        let mut table = output::table(&["table", "merchant", "files", "rows", "bytes", "up to position"]);
        for exported in &self.tables {
            let Exported { files, rows, bytes, position, .. } = *exported;
            let names = [exported.table.to_owned(), exported.merchant.clone()];
            let numbers = [files, rows, bytes, position].map(number);
            table.add_row(names.into_iter().chain(numbers));
        }
        output::align_right(&mut table, &[2, 3, 4, 5]);
        printer.table(&table);
        for exported in self.tables.iter().filter(|exported| exported.behind > Some(0)) {
            let Exported { table, merchant, .. } = exported;
            let behind = number(exported.behind.unwrap_or(0));
            printer.line(format!(
                "{table} of merchant {merchant}: {behind} events are not folded yet; a server does that."
            ));
        }
        let total = |of: fn(&Exported) -> u64| number(self.tables.iter().map(of).sum());
        let (files, rows, bytes) = (total(|one| one.files), total(|one| one.rows), total(|one| one.bytes));
        let (directory, seconds) = (self.directory.display(), self.seconds);
        printer.line(format!(
            "Written to {directory}: {rows} rows in {files} files, {bytes} bytes, in {seconds:.1} s."
        ));
    }
}
