//! The numbers of an import, which must add up.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use super::ImportError;
use super::rejects::Rejects;
use holdfast_terminal::output::{self, Printer, number};

/// Rejected rows that are told on the spot.
const SHOWN: usize = 10;

/// How many of something were read, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    /// How many there are.
    pub read: u64,
    /// Of those, written now.
    pub imported: u64,
    /// Of those, written before.
    pub already_there: u64,
    /// Of those, not written.
    pub rejected: u64,
}

impl Count {
    fn adds_up(self) -> bool {
        self.read == self.imported + self.already_there + self.rejected
    }
}

/// What became of a file.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// What it holds.
    pub what: &'static str,
    /// The file's name.
    pub file: String,
    /// Its rows.
    pub rows: Count,
    /// What its rows make: an order each group of rows, otherwise the same as rows.
    pub things: Count,
}

/// What became of all of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// File by file.
    pub files: Vec<Account>,
    /// Rejected rows by reason.
    pub rejected_by_code: BTreeMap<String, u64>,
    /// Where the rejected rows are.
    pub rejects_file: PathBuf,
    /// Events that were written.
    pub events_written: u64,
    /// The journal's position afterwards.
    pub position: u64,
    /// How long it took.
    pub seconds: f64,
}

/// Checks that every row and everything made of rows is accounted for, and that every rejected row is on the list.
pub fn check(files: &[Account], rejects: &Rejects) -> Result<(), ImportError> {
    for account in files {
        if !account.rows.adds_up() || !account.things.adds_up() {
            return Err(ImportError::DoesNotAddUp(format!("{}: {account:?}", account.file)));
        }
    }
    let rejected: u64 = files.iter().map(|account| account.rows.rejected).sum();
    if rejected != rejects.len() {
        let told = format!("{rejected} rows were rejected, {} are on the list", rejects.len());
        return Err(ImportError::DoesNotAddUp(told));
    }
    Ok(())
}

impl Report {
    /// Prints it.
    pub fn show(&self, rejects: &Rejects, printer: &mut Printer) {
        let mut table = output::table(&["file", "what", "read", "imported", "already there", "rejected"]);
        for account in &self.files {
            let mut add = |what: &str, count: Count| {
                let numbers = [count.read, count.imported, count.already_there, count.rejected].map(number);
                table.add_row([account.file.clone(), what.to_owned()].into_iter().chain(numbers));
            };
            add("rows", account.rows);
            if account.things != account.rows {
                add(account.what, account.things);
            }
        }
        output::right(&mut table, &[2, 3, 4, 5]);
        printer.table(&table);
        if rejects.len() > 0 {
            self.show_rejects(rejects, printer);
        }
        let Self { events_written, position, seconds, .. } = self;
        printer.line(format!(
            "Events written: {}, in {seconds:.1} s; the journal is at position {}.",
            number(*events_written),
            number(*position)
        ));
    }

    fn show_rejects(&self, rejects: &Rejects, printer: &mut Printer) {
        let mut table = output::table(&["rejected rows", "code"]);
        for (code, count) in &self.rejected_by_code {
            table.add_row([number(*count), code.clone()]);
        }
        output::right(&mut table, &[0]);
        printer.table(&table);
        for reject in rejects.first(SHOWN) {
            printer.line(format!("  {}, line {}: {}", reject.file, reject.line, reject.fault.reason));
        }
        let more = rejects.len().saturating_sub(SHOWN as u64);
        if more > 0 {
            printer.line(format!("  and {} more", number(more)));
        }
        printer.line(format!("Every rejected row is in {}, with its reason.", self.rejects_file.display()));
    }
}
