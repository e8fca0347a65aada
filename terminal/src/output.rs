//! What commands write: tables and JSON on standard output, progress on standard error.

use std::io::{self, IsTerminal as _, Write};
use std::time::Duration;

use comfy_table::{CellAlignment, ContentArrangement, Table, TableComponent, presets};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

/// Writes results. Once nobody reads any more, writing is given up quietly: the work itself goes on, and the exit
/// status still says how it went.
pub struct Printer {
    out: Box<dyn Write + Send>,
    closed: bool,
}

impl Printer {
    /// To standard output.
    pub fn stdout() -> Self {
        Self::to(Box::new(io::stdout()))
    }

    /// To anything.
    pub fn to(out: Box<dyn Write + Send>) -> Self {
        Self { out, closed: false }
    }

    /// Whether nobody reads any more.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// A line.
    pub fn line(&mut self, text: impl AsRef<str>) {
        if self.closed {
            return;
        }
        let written = writeln!(self.out, "{}", text.as_ref()).and_then(|()| self.out.flush());
        self.closed = written.is_err();
    }

    /// A table.
    pub fn table(&mut self, table: &Table) {
        self.line(table.trim_fmt());
    }

    /// One JSON object on one line.
    pub fn json(&mut self, value: &impl Serialize) -> serde_json::Result<()> {
        let text = serde_json::to_string(value)?;
        self.line(text);
        Ok(())
    }
}

/// A line on standard error; nothing where nobody reads it.
pub fn note(text: &str) {
    // There is nowhere left to say that it could not be said.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Why a command failed, on standard error.
pub fn complain(text: &str) {
    note(&format!("error: {text}"));
}

/// An empty table, plain enough for a mail or a ticket. On a terminal it is as wide as that at most.
pub fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    for lines in [
        TableComponent::HorizontalLines,
        TableComponent::MiddleIntersections,
        TableComponent::LeftBorderIntersections,
        TableComponent::RightBorderIntersections,
    ] {
        table.remove_style(lines);
    }
    table
}

/// The same with headings.
pub fn table(headings: &[&str]) -> Table {
    let mut table = plain_table();
    table.set_header(headings);
    table
}

/// Aligns columns of numbers.
pub fn right(table: &mut Table, columns: &[usize]) {
    for column in columns {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// A whole number with its thousands set apart.
pub fn number(number: u64) -> String {
    grouped(&number.to_string())
}

/// A number of at least 0 with one decimal and its thousands set apart.
pub fn decimal(number: f64) -> String {
    let text = format!("{number:.1}");
    match text.split_once('.') {
        Some((whole, tenth)) => format!("{}.{tenth}", grouped(whole)),
        None => text,
    }
}

fn grouped(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// How many a second.
pub fn per_second(count: u64, elapsed: Duration) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "for people; counts are far below 2^52")]
    let count = count as f64;
    (count / elapsed.as_secs_f64().max(1e-9) * 10.0).round() / 10.0
}

/// How far something is: a bar on a terminal, a line for every tenth elsewhere.
pub struct Progress {
    bar: ProgressBar,
    /// The last tenth that was told, where there is no terminal.
    told: Option<u64>,
    what: &'static str,
    total: u64,
}

impl Progress {
    /// Begins with nothing done.
    pub fn new(what: &'static str, total: u64) -> Self {
        let terminal = io::stderr().is_terminal();
        let bar = if terminal { ProgressBar::new(total) } else { ProgressBar::hidden() };
        let form = "{msg:12} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}";
        if let Ok(style) = ProgressStyle::with_template(form) {
            bar.set_style(style);
        }
        bar.set_message(what);
        Self { bar, told: (!terminal).then_some(0), what, total }
    }

    /// So many are done now.
    pub fn set(&mut self, done: u64) {
        self.bar.set_position(done);
        let tenth = (done * 10).checked_div(self.total).unwrap_or(10);
        if let Some(told) = self.told.as_mut().filter(|told| **told < tenth) {
            *told = tenth;
            note(&format!("{}: {} of {}", self.what, number(done), number(self.total)));
        }
    }

    /// Does something that writes, with the bar out of its way.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// Leaves the terminal clean.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nobody;

    impl Write for Nobody {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn thousands_are_set_apart() {
        let written: Vec<String> = [0, 999, 1_000, 1_234_567].into_iter().map(number).collect();
        assert_eq!(written, ["0", "999", "1,000", "1,234,567"]);
        let written = [0.04, 773.9, 6_761.88].map(decimal);
        assert_eq!(written, ["0.0", "773.9", "6,761.9"]);
    }

    #[test]
    fn a_reader_that_went_away_does_not_end_the_work() {
        let mut printer = Printer::to(Box::new(Nobody));
        printer.line("nobody hears this");
        printer.json(&1).unwrap();
        assert!(printer.closed);
    }
}
