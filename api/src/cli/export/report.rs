//! What was exported, for people and for machines.

use std::path::Path;

use holdfast_domain::values::MerchantId;
use serde::Serialize;

use super::Format;
use super::sheet::Finished;
use crate::cli::output::{self, Printer, number};

/// What a run has written of a merchant's rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Exported {
    /// Which table.
    pub table: &'static str,
    /// Whose rows.
    pub merchant: String,
    /// Files that were written.
    pub files: u64,
    /// Rows that were written.
    pub rows: u64,
    /// Bytes that were written.
    pub bytes: u64,
    /// What the table is complete up to.
    pub position: u64,
    /// How many events the read model has not folded that the journal had; nothing for the journal itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<u64>,
}

impl Exported {
    /// Nothing yet; the table is complete up to a position already.
    pub fn none(table: &'static str, merchant: &MerchantId, position: u64) -> Self {
        let merchant = merchant.to_string();
        Self { table, merchant, files: 0, rows: 0, bytes: 0, position, behind: None }
    }

    /// The same of a read model of a journal that ended at a position.
    #[must_use]
    pub fn behind(self, head: u64) -> Self {
        Self { behind: Some(head.saturating_sub(self.position)), ..self }
    }

    /// One more file.
    pub fn add(&mut self, finished: Finished, position: u64) {
        self.files += 1;
        self.rows += finished.rows;
        self.bytes += finished.bytes;
        self.position = position;
    }
}

/// What a run has written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report<'a> {
    /// Where to.
    pub directory: &'a Path,
    /// In which format.
    pub format: Format,
    /// Table by table, merchant by merchant.
    pub tables: Vec<Exported>,
    /// How long it took.
    pub seconds: f64,
}

impl Report<'_> {
    /// Prints it.
    pub fn show(&self, printer: &mut Printer) {
        let mut table = output::table(&["table", "merchant", "files", "rows", "bytes", "up to position"]);
        for exported in &self.tables {
            let Exported { files, rows, bytes, position, .. } = *exported;
            let names = [exported.table.to_owned(), exported.merchant.clone()];
            let numbers = [files, rows, bytes, position].map(number);
            table.add_row(names.into_iter().chain(numbers));
        }
        output::right(&mut table, &[2, 3, 4, 5]);
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
