//! `holdfast upgrade`: lets programs of this version write what older ones cannot read.

use clap::Args;
use holdfast_journal::FORMAT;
use serde::Serialize;

use super::{CliError, Store};
use holdfast_terminal::output::{self, Printer};

const EXAMPLES: &str = "\
Examples:
  holdfast upgrade --database postgres://me@127.0.0.1/shop --dry-run
  holdfast upgrade --database postgres://me@127.0.0.1/shop

Nodes of two versions may run over one database side by side: the newer ones write nothing that the
older ones cannot read, and answer 503 not_executed with the reason format_too_old where a command
would need it. Run this once when the last node of an older version has ended; from then on an older
program reads the journal as far as it knows its events and writes nothing any more. There is no way
back. Nodes need not be started again. An embedded store must not be in use.";

/// What `upgrade` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    store: Store,
    /// Only show what would be raised.
    #[arg(long)]
    dry_run: bool,
    /// Write one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// What became of one merchant's journal.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Raised {
    merchant: String,
    /// Its format before.
    from: u32,
    /// Its format now, or what it would be.
    to: u32,
}

/// What became of all of them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    /// The newest format that this program writes.
    format: u32,
    /// Whether nothing was changed.
    dry_run: bool,
    /// Every merchant's journal.
    merchants: Vec<Raised>,
}

/// Raises the format of every merchant's journal to this program's.
pub async fn run(arguments: &Arguments, printer: &mut Printer) -> Result<(), CliError> {
    let database = arguments.store.database()?;
    let journal =
        if arguments.dry_run { database.journal_to_read().await? } else { database.journal().await? };
    let mut report = Report { format: FORMAT, dry_run: arguments.dry_run, merchants: Vec::new() };
    for (merchant, head) in journal.heads().await? {
        if !arguments.dry_run {
            journal.raise_format(&merchant, FORMAT).await?;
        }
        report.merchants.push(Raised { merchant, from: head.format, to: head.format.max(FORMAT) });
    }
    journal.close().await;
    if arguments.json {
        return Ok(printer.json(&report)?);
    }
    report.show(printer);
    Ok(())
}

impl Report {
    fn show(&self, printer: &mut Printer) {
        let mut table =
            output::table(&["merchant", "format before", if self.dry_run { "would be" } else { "now" }]);
        for raised in &self.merchants {
            table.add_row([raised.merchant.clone(), raised.from.to_string(), raised.to.to_string()]);
        }
        output::right(&mut table, &[1, 2]);
        printer.table(&table);
    }
}
