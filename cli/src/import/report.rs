//! The report of an import: counts of rows and of what they contain.

use std::collections::BTreeMap;
use std::path::PathBuf;

use holdfast_terminal::output::{self, Printer, number};
use serde::Serialize;

use super::ImportError;
use super::rejects::RejectedRow;

/// Number of rejected rows that the report lists.
const MAX_LISTED: usize = 10;

/// Numbers of rows or things, by result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Number in the file.
    pub read: u64,
    /// Number written by this run.
    pub imported: u64,
    /// Number that existed already.
    pub already_there: u64,
    /// Number rejected.
    pub rejected: u64,
}

impl Counts {
    fn is_consistent(self) -> bool {
        self.read == self.imported + self.already_there + self.rejected
    }
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileReport {
    /// Content of the file: `locations`, `stock` or `orders`.
    pub content: &'static str,
    pub file: String,
    /// Counts of its rows.
    pub rows: Counts,
    /// Counts of its orders, which may have several rows; for other files, the same as `rows`.
    pub things: Counts,
    /// Headings of columns that the import does not read.
    pub ignored_columns: Vec<String>,
    /// The file with the rejected rows; `None` if there are none.
    pub rejects_file: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// True if nothing was written: `imported` counts the rows that are valid.
    pub dry_run: bool,
    pub files: Vec<FileReport>,
    /// Numbers of rejected rows by error code.
    pub rejected_by_code: BTreeMap<String, u64>,
    pub events_written: u64,
    pub position: u64,
    /// Duration in seconds.
    pub seconds: f64,
}

/// Checks that every row and every order is counted once, and that every rejected row is listed.
pub fn check(files: &[FileReport], listed: u64) -> Result<(), ImportError> {
    for file in files {
        if !file.rows.is_consistent() || !file.things.is_consistent() {
            return Err(ImportError::WrongCounts(format!("{}: {file:?}", file.file)));
        }
    }
    let rejected: u64 = files.iter().map(|file| file.rows.rejected).sum();
    if rejected != listed {
        let counts = format!("{rejected} rows were rejected, {listed} are listed");
        return Err(ImportError::WrongCounts(counts));
    }
    Ok(())
}

/// Numbers of rejected rows by error code.
pub fn by_code(rejects: &[RejectedRow]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for reject in rejects {
        *counts.entry(reject.error.code.clone()).or_default() += 1;
    }
    counts
}

impl Report {
    pub fn print(&self, rejects: &[RejectedRow], printer: &mut Printer) {
        let mut table = output::table(&["file", "content", "read", "imported", "already there", "rejected"]);
        for file in &self.files {
            let mut add = |content: &str, counts: Counts| {
                let numbers =
                    [counts.read, counts.imported, counts.already_there, counts.rejected].map(number);
                table.add_row([file.file.clone(), content.to_owned()].into_iter().chain(numbers));
            };
            add("rows", file.rows);
            if file.things != file.rows {
                add(file.content, file.things);
            }
        }
        output::align_right(&mut table, &[2, 3, 4, 5]);
        printer.table(&table);
        for file in self.files.iter().filter(|file| !file.ignored_columns.is_empty()) {
            printer.line(format!(
                "{}: columns that are not imported: {}",
                file.file,
                file.ignored_columns.join(", ")
            ));
        }
        if !rejects.is_empty() {
            self.print_rejects(rejects, printer);
        }
        let Self { events_written, position, seconds, .. } = self;
        if self.dry_run {
            printer.line("Dry run: nothing was written. Rows that count as imported are valid; the store may still reject them.");
        }
        printer.line(format!(
            "Events written: {}, in {seconds:.1} s; the journal is at position {}.",
            number(*events_written),
            number(*position)
        ));
    }

    fn print_rejects(&self, rejects: &[RejectedRow], printer: &mut Printer) {
        let mut table = output::table(&["rejected rows", "code"]);
        for (code, count) in &self.rejected_by_code {
            table.add_row([number(*count), code.clone()]);
        }
        output::align_right(&mut table, &[0]);
        printer.table(&table);
        for reject in rejects.iter().take(MAX_LISTED) {
            printer.line(format!("  {}, line {}: {}", reject.file, reject.line, reject.error.reason));
        }
        let more = rejects.len().saturating_sub(MAX_LISTED) as u64;
        if more > 0 {
            printer.line(format!("  and {} more", number(more)));
        }
        for path in self.files.iter().filter_map(|file| file.rejects_file.as_ref()) {
            printer
                .line(format!("Rejected rows with reasons, to correct and import again: {}", path.display()));
        }
    }
}
