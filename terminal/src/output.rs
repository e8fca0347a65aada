//! Output of commands: tables and JSON on standard output, progress and messages on standard error.

use std::io::{self, IsTerminal as _, Write};
use std::time::Duration;

use comfy_table::{CellAlignment, ContentArrangement, Table, TableComponent, presets};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

/// Writes results. If the reader of the output has gone, further output is dropped silently: the command completes its
/// work, and its exit status reports the result.
pub struct Printer {
    out: Box<dyn Write + Send>,
    closed: bool,
}

impl Printer {
    /// A printer to standard output.
    pub fn stdout() -> Self {
        Self::to(Box::new(io::stdout()))
    }

    /// A printer to any writer.
    pub fn to(out: Box<dyn Write + Send>) -> Self {
        Self { out, closed: false }
    }

    /// True if the reader of the output has gone.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Prints a line.
    pub fn line(&mut self, text: impl AsRef<str>) {
        if self.closed {
            return;
        }
        let written = writeln!(self.out, "{}", text.as_ref()).and_then(|()| self.out.flush());
        self.closed = written.is_err();
    }

    /// Prints a table.
    pub fn table(&mut self, table: &Table) {
        self.line(table.trim_fmt());
    }

    /// Prints a value as one line of JSON.
    pub fn json(&mut self, value: &impl Serialize) -> serde_json::Result<()> {
        let text = serde_json::to_string(value)?;
        self.line(text);
        Ok(())
    }
}

/// Prints a line on standard error.
pub fn print_note(text: &str) {
    // A failure to write to standard error cannot be reported anywhere.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Prints the error that made a command fail, on standard error.
pub fn print_error(text: &str) {
    print_note(&format!("error: {text}"));
}

/// An empty table without headings, at most as wide as the terminal.
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

/// An empty table with headings.
pub fn table(headings: &[&str]) -> Table {
    let mut table = plain_table();
    table.set_header(headings);
    table
}

/// Aligns columns, counted from 0, to the right.
pub fn align_right(table: &mut Table, columns: &[usize]) {
    for column in columns {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// Formats a whole number with thousands separators.
pub fn number(number: u64) -> String {
    grouped(&number.to_string())
}

/// Formats a non-negative number with thousands separators and one decimal.
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

/// A rate per second, rounded to one decimal.
pub fn per_second(count: u64, elapsed: Duration) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let count = count as f64;
    (count / elapsed.as_secs_f64().max(1e-9) * 10.0).round() / 10.0
}

/// Progress of a long operation: a bar on a terminal, elsewhere a line for every 10 percent.
pub struct Progress {
    bar: ProgressBar,
    /// The last tenth that was printed; `None` on a terminal.
    printed: Option<u64>,
    label: &'static str,
    total: u64,
}

impl Progress {
    /// Starts at 0 of `total`.
    pub fn new(label: &'static str, total: u64) -> Self {
        let terminal = io::stderr().is_terminal();
        let bar = if terminal { ProgressBar::new(total) } else { ProgressBar::hidden() };
        let template = "{msg:12} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(label);
        Self { bar, printed: (!terminal).then_some(0), label, total }
    }

    /// Sets the number of completed units.
    pub fn set(&mut self, done: u64) {
        self.bar.set_position(done);
        let tenth = (done * 10).checked_div(self.total).unwrap_or(10);
        if let Some(printed) = self.printed.as_mut().filter(|printed| **printed < tenth) {
            *printed = tenth;
            print_note(&format!("{}: {} of {}", self.label, number(done), number(self.total)));
        }
    }

    /// Hides the bar while `write` prints.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// Removes the bar.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct ClosedPipe;

    impl Write for ClosedPipe {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn numbers_have_thousands_separators() {
        let written: Vec<String> = [0, 999, 1_000, 1_234_567].into_iter().map(number).collect();
        assert_eq!(written, ["0", "999", "1,000", "1,234,567"]);
        let written = [0.04, 773.9, 6_761.88].map(decimal);
        assert_eq!(written, ["0.0", "773.9", "6,761.9"]);
    }

    #[test]
    fn output_to_a_closed_pipe_is_dropped() {
        let mut printer = Printer::to(Box::new(ClosedPipe));
        printer.line("dropped");
        printer.json(&1).unwrap();
        assert!(printer.closed);
    }
}
