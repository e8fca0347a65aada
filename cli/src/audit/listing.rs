//! Prints items page by page: as tables of limited length with aligned columns, or as lines of JSON.

use comfy_table::{ColumnConstraint, Table, Width};
use holdfast_terminal::output::{self, Printer};
use serde::Serialize;

/// Items per printed table.
const ITEMS_PER_TABLE: u64 = 200;

pub struct Columns<const N: usize> {
    pub headings: [&'static str; N],
    /// Minimum widths, so that consecutive tables align.
    pub min_widths: [u16; N],
    /// Columns that are aligned to the right, counted from 0.
    pub numbers: &'static [usize],
}

pub struct Listing<const N: usize> {
    columns: &'static Columns<N>,
    json: bool,
    /// Number of items so far.
    pub items: u64,
    table: Table,
}

impl<const N: usize> Listing<N> {
    pub fn new(columns: &'static Columns<N>, json: bool) -> Self {
        Self { columns, json, items: 0, table: new_table(columns) }
    }

    /// Adds an item: as JSON, or as rows of the table.
    pub fn add<I: Serialize>(
        &mut self,
        item: &I,
        rows: fn(&I) -> Vec<[String; N]>,
        printer: &mut Printer,
    ) -> serde_json::Result<()> {
        self.items += 1;
        if self.json {
            return printer.json(item);
        }
        self.table.add_rows(rows(item));
        if self.items.is_multiple_of(ITEMS_PER_TABLE) {
            self.flush(printer);
        }
        Ok(())
    }

    /// Prints the rows that were not printed yet.
    pub fn flush(&mut self, printer: &mut Printer) {
        if !self.table.is_empty() {
            printer.table(&self.table);
            self.table = new_table(self.columns);
        }
    }
}

fn new_table<const N: usize>(columns: &Columns<N>) -> Table {
    let mut table = output::table(&columns.headings);
    let min_width = |width: &u16| ColumnConstraint::LowerBoundary(Width::Fixed(*width));
    table.set_constraints(columns.min_widths.iter().map(min_width));
    output::align_right(&mut table, columns.numbers);
    table
}
