//! How far the bench is: a bar on a terminal, plain lines elsewhere.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use holdfast_terminal::output::{self, decimal};
use indicatif::{ProgressBar, ProgressStyle};

use super::case::Case;
use super::measure::Measured;

/// How often the bar shows that time passes.
const TICK: Duration = Duration::from_millis(250);

/// How far the bench is.
pub struct Progress {
    bar: ProgressBar,
    terminal: bool,
}

impl Progress {
    /// Begins with nothing measured.
    pub fn new(total: usize) -> Self {
        let terminal = io::stderr().is_terminal();
        let bar = if terminal { ProgressBar::new(total as u64) } else { ProgressBar::hidden() };
        let form = "{elapsed_precise} {wide_bar} {pos}/{len} {msg}";
        if let Ok(style) = ProgressStyle::with_template(form) {
            bar.set_style(style);
        }
        if terminal {
            bar.enable_steady_tick(TICK);
        }
        Self { bar, terminal }
    }

    /// A case begins.
    pub fn begin(&self, round: u32, case: &Case) {
        self.bar.set_message(format!("round {round}: {}", case.name));
    }

    /// A case was measured.
    pub fn measured(&self, case: &Case, measured: &Measured) {
        let p99 = measured.p99_ms.map_or_else(|| "-".to_owned(), decimal);
        let failed = match measured.failed() {
            0 => String::new(),
            failed => format!(", {} FAILED", output::number(failed)),
        };
        let rate = decimal(measured.per_second);
        let unit = case.unit();
        self.tell(&format!("round {}: {}: {rate} {unit}/s, p99 {p99} ms{failed}", measured.round, case.name));
    }

    /// A case could not be measured.
    pub fn failed(&self, case: &Case, why: &str) {
        self.tell(&format!("{}: {why}", case.name));
    }

    fn tell(&self, text: &str) {
        if self.terminal {
            self.bar.println(text);
        } else {
            output::print_note(text);
        }
        self.bar.inc(1);
    }

    /// Leaves the terminal clean.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
