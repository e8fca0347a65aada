//! `holdfast export`: exports the journal and the read models to files.

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
  holdfast export --to ./june --only events --merchant default --from 120001 --until 480000
  holdfast export --to ./lines --format ndjson --only orders,order_lines

  duckdb -c \"SELECT type, count(*) FROM './lake/events/**/*.parquet' GROUP BY type\"
  duckdb -c \"SELECT date, sum(total) FROM './lake/order_lines/**/*.parquet' GROUP BY date\"

The command only reads the store: a server may use it at the same time.

Tables, each in its own directory, partitioned by merchant and date in Hive layout:
  events               one row per event; date: when it was recorded, in UTC
  orders               one row per order; date: when it was created, also in the next three tables
  order_lines          one row per line of an order
  fulfillment_orders   one row per fulfillment order
  packages             one row per shipped package
  availability         one row per SKU and location; date: of the export, also in the next two tables
  skus                 one row per SKU, over all locations
  supplies             one row per expected supply
  metrics              one row per hour, channel, location and metric; date: of the hour
merchant and date are columns of the path, such as orders/merchant=default/date=2026-03-01/; tools
that support Hive layout add them. Money is DECIMAL(38, 6) in Parquet and text in NDJSON; times are
UTC, in microseconds; structured values are JSON.

Files of events are only added. A file of the other tables is replaced if one of its rows has
changed. Read models are exported in their current state, regardless of --from and --until.
manifest.json in each merchant's directory contains the position up to which the table is complete.
A file appears under its name when it is complete; after an interruption, run the same command again.

Personal data is never exported; has_personal_data marks events that have some. Not encrypted, so
exported: city, region, postal code, country, customer_ref, attributes, notes and reasons.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    store: Store,
    #[command(flatten)]
    options: Options,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

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
    report.print(printer);
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

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    directory: &'a Path,
    format: Format,
    tables: Vec<Exported>,
    seconds: f64,
}

impl Report<'_> {
    fn print(&self, printer: &mut Printer) {
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
                "{table} of merchant {merchant}: {behind} events are not applied yet; a running server applies them."
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
