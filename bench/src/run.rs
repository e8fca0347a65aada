//! A run: every case, round after round, and the report.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use holdfast_terminal::output::{self, Printer, Progress, decimal, number};

use crate::arguments::Arguments;
use crate::case::{self, Case, System};
use crate::chart;
use crate::environment::BenchEnvironment;
use crate::error::BenchError;
use crate::measure;
use crate::measurement::{Measurement, Timing};
use crate::report::{Circumstances, Entry, Report};

const WARM_UP: Duration = Duration::from_secs(1);
/// About how many seconds the preparation and the checks of a case take.
const PREPARATION_SECONDS: u64 = 4;

/// Measures, prints the report and returns the exit status.
pub async fn run(arguments: &Arguments, printer: &mut Printer) -> Result<u8, BenchError> {
    let all = case::all(arguments.optional_cases);
    if arguments.list {
        list(&all, printer);
        return Ok(0);
    }
    let stop = holdfast_terminal::stop_signal().map_err(BenchError::Signals)?;
    let environment = BenchEnvironment::new(arguments.sqlite.clone(), arguments.postgres())?;
    let cases = case::choose(&all, &arguments.only, environment.has_postgres())?;
    let circumstances = Circumstances {
        version: env!("CARGO_PKG_VERSION"),
        cores: std::thread::available_parallelism().ok().map(usize::from),
        postgres: environment.postgres_version().await?,
        in_memory: environment.is_in_memory(),
        seconds: arguments.seconds,
        rounds: arguments.rounds,
    };
    warn(&cases, &circumstances);
    print_duration(arguments, cases.len());
    let entries = tokio::select! {
        entries = measure_all(&environment, cases, arguments) => Ok(entries),
        () = stop => Err(BenchError::Interrupted),
    };
    let cleared = environment.clear().await;
    let report = Report::new(circumstances, &entries?);
    print(&report, arguments, printer)?;
    cleared?;
    let problems = report.problems();
    for problem in &problems {
        output::print_error(problem);
    }
    Ok(u8::from(!problems.is_empty()))
}

fn list(cases: &[Case], printer: &mut Printer) {
    let mut table = output::table(&["case", "store", "conn.", "content", "targets"]);
    for case in cases {
        let targets: Vec<String> = case.targets.iter().map(ToString::to_string).collect();
        let connections = case.connections.to_string();
        table.add_row([&case.name, case.system.store(), &connections, &case.content(), &targets.join("\n")]);
    }
    output::align_right(&mut table, &[2]);
    printer.table(&table);
}

/// Warns about circumstances that make the results useless.
fn warn(cases: &[Case], circumstances: &Circumstances) {
    if circumstances.postgres.is_none() {
        output::print_note(
            "!!!! There is no PostgreSQL: neither Holdfast on PostgreSQL nor the baseline of most targets is\n\
             !!!! measured. Specify --database or set HOLDFAST_TEST_POSTGRES.",
        );
    }
    if circumstances.in_memory && cases.iter().any(|case| case.system == System::Sqlite) {
        output::print_note(
            "!!!! The directory for embedded stores is in memory, where durability costs nothing: specify a\n\
             !!!! directory on a disk with --sqlite.",
        );
    }
    if cfg!(debug_assertions) {
        output::print_note("!!!! This is not a release build: its results are meaningless.");
    }
}

fn print_duration(arguments: &Arguments, cases: usize) {
    let (rounds, seconds) = (arguments.rounds, arguments.seconds);
    let per_measurement = seconds + WARM_UP.as_secs() + PREPARATION_SECONDS;
    let minutes = (cases as u64 * u64::from(rounds) * per_measurement).div_ceil(60);
    output::print_note(&format!(
        "Cases to measure: {cases}, {rounds} x {seconds} s each; about {minutes} min in total."
    ));
}

async fn measure_all(environment: &BenchEnvironment, cases: Vec<Case>, arguments: &Arguments) -> Vec<Entry> {
    let timing = Timing { warm_up: WARM_UP, measured: Duration::from_secs(arguments.seconds) };
    let mut progress = Progress::new("measurements", cases.len() as u64 * u64::from(arguments.rounds));
    let mut done = 0;
    let entry = |case| Entry { case, rounds: Vec::new(), error: None };
    let mut entries: Vec<Entry> = cases.into_iter().map(entry).collect();
    for round in 1..=arguments.rounds {
        let mut rates = BTreeMap::new();
        for entry in &mut entries {
            let measurement = match entry.error {
                // A case that failed once is not measured again.
                Some(_) => None,
                None => {
                    let rate_of = |name: &str| rates.get(name).copied();
                    let measurement =
                        Box::pin(measure::measure(environment, &entry.case, timing, rate_of)).await;
                    // A schema that cannot be removed now is removed at the end, where an error is reported.
                    let _ = environment.clear().await;
                    progress.suspend(|| output::print_note(&describe(round, &entry.case, &measurement)));
                    measurement.map_err(|error| entry.error = Some(error.to_string())).ok()
                }
            };
            if let Some(measurement) = &measurement {
                rates.insert(entry.case.name.clone(), measurement.per_second);
            }
            entry.rounds.push(measurement.map(|measurement| Measurement { round, ..measurement }));
            done += 1;
            progress.set(done);
        }
    }
    progress.finish();
    entries
}

fn describe(round: u32, case: &Case, result: &Result<Measurement, BenchError>) -> String {
    let name = &case.name;
    let measurement = match result {
        Ok(measurement) => measurement,
        Err(error) => return format!("round {round}: {name}: {error}"),
    };
    let p99 = measurement.p99_ms.map_or_else(|| "-".to_owned(), decimal);
    let failed = match measurement.failed() {
        0 => String::new(),
        failed => format!(", {} FAILED", number(failed)),
    };
    let (rate, unit) = (decimal(measurement.per_second), case.unit());
    format!("round {round}: {name}: {rate} {unit}/s, p99 {p99} ms{failed}")
}

fn print(report: &Report, arguments: &Arguments, printer: &mut Printer) -> Result<(), BenchError> {
    if arguments.json {
        printer.json(report)?;
    } else {
        report.print(printer);
    }
    if let Some(file) = &arguments.out {
        write(file, &serde_json::to_string_pretty(report)?)?;
    }
    if let Some(file) = &arguments.chart {
        match chart::draw(&report.cases)? {
            Some(svg) => write(file, &svg)?,
            None => output::print_note("No chart was drawn: no `sweep` case was measured."),
        }
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<(), BenchError> {
    std::fs::write(file, text).map_err(|source| BenchError::File { file: file.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::arguments::Program;

    #[tokio::test]
    async fn cases_are_listed_without_measuring() {
        let line = "bench --list --rate 500 --orders 9 --events 9 --carts 9";
        let program = Program::parse_from(line.split_whitespace());
        let (mut reader, writer) = std::io::pipe().unwrap();
        let mut printer = Printer::to(Box::new(writer));
        assert_eq!(run(&program.arguments, &mut printer).await.unwrap(), 0);
        drop(printer);
        let mut printed = String::new();
        std::io::Read::read_to_string(&mut reader, &mut printed).unwrap();
        for name in [
            "baseline-hot",
            "procedure-spread",
            "postgres-bulk",
            "sqlite-append",
            "sqlite-rate",
            "sqlite-cold",
            "sqlite-rebuild",
            "sqlite-carts",
        ] {
            assert!(printed.contains(name), "{name} in {printed}");
        }
    }
}
