//! `holdfast upgrade`: raises the journal format, so that this version may write what older versions cannot read.

use clap::Args;
use holdfast_journal::FORMAT;
use holdfast_terminal::output::{self, Printer};
use serde::Serialize;

use crate::Store;
use crate::error::CliError;

const EXAMPLES: &str = "\
Examples:
  holdfast upgrade --database postgres://me@127.0.0.1/shop --dry-run
  holdfast upgrade --database postgres://me@127.0.0.1/shop

Nodes of two versions may use one database at the same time: newer nodes write nothing that older nodes
cannot read. A command that needs the new format gets 503 not_executed with the reason format_too_old.
Run this once, after the last node of the older version has stopped. From then on, an older version can
read the journal as far as it knows the events, but cannot write. This cannot be undone. Running nodes
need no restart. An embedded store must not be in use.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    store: Store,
    /// Only show which journals would be upgraded.
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct UpgradedJournal {
    merchant: String,
    from: u32,
    to: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    format: u32,
    /// True if nothing was changed.
    dry_run: bool,
    merchants: Vec<UpgradedJournal>,
}

/// Raises the format of every journal to the newest format of this version.
pub async fn run(arguments: &Arguments, printer: &mut Printer) -> Result<(), CliError> {
    let database = arguments.store.database()?;
    let journal =
        if arguments.dry_run { database.journal_to_read().await? } else { database.journal().await? };
    let mut report = Report { format: FORMAT, dry_run: arguments.dry_run, merchants: Vec::new() };
    for (merchant, head) in journal.heads().await? {
        if !arguments.dry_run {
            journal.raise_format(&merchant, FORMAT).await?;
        }
        report.merchants.push(UpgradedJournal { merchant, from: head.format, to: head.format.max(FORMAT) });
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
        let mut table = output::table(&[
            "merchant",
            "format before",
            if self.dry_run { "format after (dry run)" } else { "format after" },
        ]);
        for journal in &self.merchants {
            table.add_row([journal.merchant.clone(), journal.from.to_string(), journal.to.to_string()]);
        }
        output::align_right(&mut table, &[1, 2]);
        printer.table(&table);
    }
}
