//! A whole run: every case, round after round, and the report.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use holdfast_terminal::output::{self, Printer};

use crate::arguments::Arguments;
use crate::case::{self, Case, System, Wanted};
use crate::chart;
use crate::error::BenchError;
use crate::measure::{self, Measured, Timing};
use crate::place::{self, Ground};
use crate::progress::Progress;
use crate::report::{Circumstances, Entry, Report};

/// How long everything warms up before it counts.
const WARM_UP: Duration = Duration::from_secs(1);

/// What setting up and checking a case takes beside the time in which it is measured, about.
const AROUND: u64 = 4;

/// Measures, shows what was measured, and gives the exit status.
pub async fn run(arguments: &Arguments, printer: &mut Printer) -> Result<u8, BenchError> {
    let all = case::all(&Wanted::of(arguments));
    if arguments.list {
        list(&all, printer);
        return Ok(0);
    }
    let stop = holdfast_terminal::stop_signal().map_err(BenchError::Signals)?;
    let ground = Ground::new(arguments.sqlite.clone(), arguments.postgres())?;
    let cases = case::choose(&all, &arguments.only, ground.has_postgres())?;
    let circumstances = circumstances(arguments, &ground).await?;
    warn(&ground, &cases, circumstances.in_memory);
    say_how_long(arguments, cases.len());
    let measured = tokio::select! {
        entries = measure_all(&ground, cases, arguments) => Ok(entries),
        () = stop => Err(BenchError::Interrupted),
    };
    let cleared = ground.clear().await;
    let report = Report::of(circumstances, &measured?);
    show(&report, arguments, printer)?;
    cleared?;
    let wrong = report.wrong();
    for wrong in &wrong {
        output::print_error(wrong);
    }
    Ok(u8::from(!wrong.is_empty()))
}

fn list(cases: &[Case], printer: &mut Printer) {
    let mut table = output::table(&["case", "store", "conn.", "what", "held against"]);
    for case in cases {
        let bars: Vec<String> = case.bars.iter().map(ToString::to_string).collect();
        let connections = case.connections.to_string();
        table.add_row([&case.name, case.system.store(), &connections, &case.what(), &bars.join("\n")]);
    }
    output::align_right(&mut table, &[2]);
    printer.table(&table);
}

async fn circumstances(arguments: &Arguments, ground: &Ground) -> Result<Circumstances, BenchError> {
    Ok(Circumstances {
        version: env!("CARGO_PKG_VERSION"),
        cores: std::thread::available_parallelism().ok().map(usize::from),
        postgres: ground.postgres_version().await?,
        in_memory: place::lies_in_memory(ground.directory()),
        seconds: arguments.seconds,
        rounds: arguments.rounds,
    })
}

/// Says loudly what makes figures mean less than they seem to.
fn warn(ground: &Ground, cases: &[Case], in_memory: bool) {
    if !ground.has_postgres() {
        output::print_note(
            "!!!! There is no PostgreSQL: nothing is measured on it, neither Holdfast nor the baseline that all\n\
             !!!! bars compare with. Give --database or set HOLDFAST_TEST_POSTGRES.",
        );
    }
    if in_memory && cases.iter().any(|case| case.system == System::Sqlite) {
        output::print_note(
            "!!!! Embedded stores would lie in memory, where durability costs nothing: give --sqlite a directory\n\
             !!!! on a disk.",
        );
    }
    if cfg!(debug_assertions) {
        output::print_note("!!!! This is not a release build: its figures say nothing.");
    }
}

fn say_how_long(arguments: &Arguments, cases: usize) {
    let times = cases as u64 * u64::from(arguments.rounds);
    let minutes = (times * (arguments.seconds + WARM_UP.as_secs() + AROUND)).div_ceil(60);
    let (rounds, seconds) = (arguments.rounds, arguments.seconds);
    output::print_note(&format!(
        "Cases to measure: {cases}, {rounds} x {seconds} s each; about {minutes} min in all."
    ));
}

async fn measure_all(ground: &Ground, cases: Vec<Case>, arguments: &Arguments) -> Vec<Entry> {
    let timing = Timing { warm_up: WARM_UP, measured: Duration::from_secs(arguments.seconds) };
    let progress = Progress::new(cases.len() * arguments.rounds as usize);
    let entry = |case| Entry { case, rounds: Vec::new(), error: None };
    let mut entries: Vec<Entry> = cases.into_iter().map(entry).collect();
    for round in 1..=arguments.rounds {
        let mut rates = BTreeMap::new();
        for entry in &mut entries {
            let measured = measure_one(ground, entry, timing, (round, &rates), &progress).await;
            if let Some(measured) = &measured {
                rates.insert(entry.case.name.clone(), measured.per_second);
            }
            entry.rounds.push(measured);
        }
    }
    progress.finish();
    entries
}

/// Measures a case once. One that could not be measured is left alone from then on.
async fn measure_one(
    ground: &Ground,
    entry: &mut Entry,
    timing: Timing,
    (round, rates): (u32, &BTreeMap<String, f64>),
    progress: &Progress,
) -> Option<Measured> {
    if entry.error.is_some() {
        return None;
    }
    progress.begin(round, &entry.case);
    let measured = Box::pin(measure::measure(ground, &entry.case, timing, |name| rates.get(name).copied()));
    let measured = measured.await;
    // What is not taken away now, is at the end; there it is told why not.
    let _ = ground.clear().await;
    match measured {
        Ok(measured) => {
            let measured = Measured { round, ..measured };
            progress.measured(&entry.case, &measured);
            Some(measured)
        }
        Err(error) => {
            let error = error.to_string();
            progress.failed(&entry.case, &error);
            entry.error = Some(error);
            None
        }
    }
}

fn show(report: &Report, arguments: &Arguments, printer: &mut Printer) -> Result<(), BenchError> {
    if arguments.json {
        printer.json(report)?;
    } else {
        report.show(printer);
    }
    if let Some(file) = &arguments.out {
        write(file, &serde_json::to_string_pretty(report)?)?;
    }
    if let Some(file) = &arguments.chart {
        match chart::draw(report.rows())? {
            Some(svg) => write(file, &svg)?,
            None => output::print_note("No chart was drawn: none of the cases called `sweep` was measured."),
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
    async fn what_there_is_to_measure_is_listed_without_measuring() {
        let line = "bench --list --rate 500 --orders 9 --events 9";
        let program = Program::parse_from(line.split_whitespace());
        let (mut reader, writer) = std::io::pipe().unwrap();
        let mut printer = Printer::to(Box::new(writer));
        assert_eq!(run(&program.arguments, &mut printer).await.unwrap(), 0);
        drop(printer);
        let mut told = String::new();
        std::io::Read::read_to_string(&mut reader, &mut told).unwrap();
        for name in [
            "naive-hot",
            "procedure-spread",
            "postgres-bulk",
            "sqlite-append",
            "sqlite-rate",
            "sqlite-cold",
            "sqlite-rebuild",
        ] {
            assert!(told.contains(name), "{name} in {told}");
        }
    }
}
