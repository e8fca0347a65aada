//! `holdfast bench`: how fast it is, beside what is commonly built, on the same machine and in the same minutes.
//!
//! The one place outside `journal/` and `projections/` with SQL of its own: what Holdfast is compared with is SQL.

mod append;
mod bar;
mod case;
mod chart;
mod child;
mod cold;
mod error;
mod load;
mod measure;
pub mod naive;
mod numbers;
mod outside;
mod place;
mod procedure;
mod progress;
mod rebuild;
mod report;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use self::case::{Case, System, Wanted};
use self::measure::{Measured, Timing};
use self::place::Ground;
use self::progress::Progress;
use self::report::{Circumstances, Entry, Report};
use super::output::{self, Printer};
use super::{CliError, serve};

pub use self::error::BenchError;

/// The hidden subcommand that serves the baseline.
pub const NAIVE: &str = "bench-naive";

/// How long everything warms up before it counts.
const WARM_UP: Duration = Duration::from_secs(1);

/// What setting up and checking a case takes beside the time in which it is measured, about.
const AROUND: u64 = 4;

const EXAMPLES: &str = "\
Examples:
  holdfast bench --list                          what there is to measure
  holdfast bench --database postgres://me@127.0.0.1/shop --chart bench.svg --out bench.json
  holdfast bench --only sqlite-hot,sqlite-bulk --seconds 2 --rounds 1

Each case has a store and a server process of its own, both thrown away; the load comes from this
process, on the same cores. Cases are measured in turn, round after round, because a machine may be
twice as fast in one minute as in the next: what counts are multiples within a round. After each case
it is checked from the outside that nothing is oversold and that as much is reserved as was granted.
Idempotency keys are a connection's number and a count, as order numbers are; quantities are 1.

Exit status: 0 when everything was measured and every order was granted, also where a bar was missed.";

/// What `bench` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The PostgreSQL to measure on, as postgres://...; it is worked in schemas called bench_..., which are removed.
    /// Without it, or with the word `skip`, only cases on SQLite are measured.
    #[arg(long, value_name = "URL", env = "HOLDFAST_TEST_POSTGRES", hide_env_values = true)]
    database: Option<String>,
    /// Where embedded stores are made and removed: choose a directory on the disk that is to be measured. Without it
    /// the directory for temporary files.
    #[arg(long, value_name = "DIRECTORY")]
    sqlite: Option<PathBuf>,
    /// How long each case is measured each time, 1 to 600 seconds, after a second of warming up.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// How often each case is measured, 1 to 100 times.
    #[arg(long, value_name = "COUNT", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Measure only these: names, or words of names such as `hot`, `sqlite` or `sweep`, parted by commas.
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    only: Vec<String>,
    /// Also measure an open loop of so many orders a second, 1 to 1000000, on each store.
    #[arg(long, value_name = "ORDERS", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate: Option<u32>,
    /// Also measure how soon a server is ready again that was killed with at least so many orders in its journal, 1 to
    /// 100000000, on each store, and how much memory it holds.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    orders: Option<u32>,
    /// Also measure how fast read models are built anew over a journal of at least so many events, 1 to 100000000, on
    /// each store, and what commands and queries feel of it.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    events: Option<u32>,
    /// Draw throughput against latency into this file, as SVG. It needs the cases called `sweep`.
    #[arg(long, value_name = "FILE.svg")]
    chart: Option<PathBuf>,
    /// Write what --json writes into this file.
    #[arg(long, value_name = "FILE.json")]
    out: Option<PathBuf>,
    /// Write one JSON object to standard output and nothing else.
    #[arg(long)]
    json: bool,
    /// Show what there is to measure, and end.
    #[arg(long)]
    list: bool,
}

impl Arguments {
    /// The PostgreSQL, where there is one: a variable that is empty or says `skip` names none.
    fn postgres(&self) -> Option<&str> {
        self.database.as_deref().filter(|database| !["", "skip"].contains(database))
    }
}

impl Wanted {
    fn of(arguments: &Arguments) -> Self {
        Self { rate: arguments.rate.map(f64::from), orders: arguments.orders, events: arguments.events }
    }
}

/// Measures, shows what was measured, and gives the exit status.
pub async fn run(arguments: &Arguments, printer: &mut Printer) -> Result<u8, CliError> {
    let all = case::all(&Wanted::of(arguments));
    if arguments.list {
        list(&all, printer);
        return Ok(0);
    }
    let stop = serve::stop_signal()?;
    let ground = Ground::new(arguments.sqlite.clone(), arguments.postgres())?;
    let cases = case::choose(&all, &arguments.only, ground.has_postgres())?;
    let circumstances = circumstances(arguments, &ground).await?;
    warn(&ground, &cases, circumstances.in_memory);
    say_how_long(arguments, cases.len());
    let measured = tokio::select! {
        entries = measure_all(&ground, cases, arguments) => Ok(entries),
        () = stop => Err(CliError::Interrupted),
    };
    let cleared = ground.clear().await;
    let report = Report::of(circumstances, &measured?);
    show(&report, arguments, printer)?;
    cleared?;
    let wrong = report.wrong();
    for wrong in &wrong {
        output::complain(wrong);
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
    output::right(&mut table, &[2]);
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
        output::note(
            "!!!! There is no PostgreSQL: nothing is measured on it, neither Holdfast nor the baseline that all\n\
             !!!! bars compare with. Give --database or set HOLDFAST_TEST_POSTGRES.",
        );
    }
    if in_memory && cases.iter().any(|case| case.system == System::Sqlite) {
        output::note(
            "!!!! Embedded stores would lie in memory, where durability costs nothing: give --sqlite a directory\n\
             !!!! on a disk.",
        );
    }
    if cfg!(debug_assertions) {
        output::note("!!!! This is not a release build: its figures say nothing.");
    }
}

fn say_how_long(arguments: &Arguments, cases: usize) {
    let times = cases as u64 * u64::from(arguments.rounds);
    let minutes = (times * (arguments.seconds + WARM_UP.as_secs() + AROUND)).div_ceil(60);
    let (rounds, seconds) = (arguments.rounds, arguments.seconds);
    output::note(&format!(
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

fn show(report: &Report, arguments: &Arguments, printer: &mut Printer) -> Result<(), CliError> {
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
            None => output::note("No chart was drawn: none of the cases called `sweep` was measured."),
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

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn arguments(line: &str) -> Result<Arguments, clap::Error> {
        Line::try_parse_from(line.split_whitespace()).map(|line| line.arguments)
    }

    #[test]
    fn cases_are_parted_by_commas() {
        let given = arguments("bench --only sqlite-hot,sweep --seconds 2 --rounds 1 --rate 500").unwrap();
        assert_eq!(given.only, ["sqlite-hot", "sweep"]);
        assert_eq!((given.seconds, given.rounds, given.rate), (2, 1, Some(500)));
        let given = arguments("bench").unwrap();
        assert_eq!((given.seconds, given.rounds, given.rate, given.only.len()), (5, 3, None, 0));
        assert_eq!(arguments("bench --database skip").unwrap().postgres(), None);
        assert_eq!(arguments("bench --database postgres://x/y").unwrap().postgres(), Some("postgres://x/y"));
    }

    #[test]
    fn what_would_never_end_is_refused() {
        for line in [
            "bench --seconds 0",
            "bench --seconds 601",
            "bench --rounds 0",
            "bench --rate 0",
            "bench --orders 0",
            "bench --events 0",
        ] {
            assert!(arguments(line).is_err(), "{line}");
        }
    }

    #[tokio::test]
    async fn what_there_is_to_measure_is_listed_without_measuring() {
        let (mut reader, writer) = std::io::pipe().unwrap();
        let mut printer = Printer::to(Box::new(writer));
        assert_eq!(
            run(&arguments("bench --list --rate 500 --orders 9 --events 9").unwrap(), &mut printer)
                .await
                .unwrap(),
            0
        );
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
