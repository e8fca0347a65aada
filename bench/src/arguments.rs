//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::case::Wanted;

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

/// Measures how fast Holdfast is on this machine, compared with a baseline.
#[derive(Debug, Parser)]
#[command(name = "holdfast-bench", version, after_help = EXAMPLES, max_term_width = 100)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Program {
    #[command(flatten)]
    pub arguments: Arguments,
    #[command(subcommand)]
    pub child: Option<Child>,
}

/// The server processes that the benchmark starts.
#[derive(Debug, Subcommand)]
pub enum Child {
    /// Serve Holdfast.
    #[command(hide = true)]
    Serve(ServedStore),
    /// Serve the baseline.
    #[command(hide = true)]
    Baseline(ServedStore),
}

/// The store of a server process, and the address where it listens.
#[derive(Debug, clap::Args)]
pub struct ServedStore {
    #[arg(long, value_name = "URL", env = "HOLDFAST_DATABASE", hide_env_values = true)]
    pub database: String,
    #[arg(long, value_name = "FILE", env = "HOLDFAST_MASTER_KEY_FILE")]
    pub master_key_file: Option<PathBuf>,
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
}

/// What to measure, where, and how to report it.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The PostgreSQL to measure on, as postgres://...; it is worked in schemas called bench_..., which are removed.
    /// Without it, or with the word `skip`, only cases on SQLite are measured.
    #[arg(long, value_name = "URL", env = "HOLDFAST_TEST_POSTGRES", hide_env_values = true)]
    pub database: Option<String>,
    /// Where embedded stores are made and removed: choose a directory on the disk that is to be measured. Without it
    /// the directory for temporary files.
    #[arg(long, value_name = "DIRECTORY")]
    pub sqlite: Option<PathBuf>,
    /// How long each case is measured each time, 1 to 600 seconds, after a second of warming up.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub seconds: u64,
    /// How often each case is measured, 1 to 100 times.
    #[arg(long, value_name = "COUNT", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub rounds: u32,
    /// Measure only these: names, or words of names such as `hot`, `sqlite` or `sweep`, parted by commas.
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Also measure an open loop of so many orders a second, 1 to 1000000, on each store.
    #[arg(long, value_name = "ORDERS", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rate: Option<u32>,
    /// Also measure how soon a server is ready again that was killed with at least so many orders in its journal, 1 to
    /// 100000000, on each store, and how much memory it holds.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pub orders: Option<u32>,
    /// Also measure how fast read models are built anew over a journal of at least so many events, 1 to 100000000, on
    /// each store, and what commands and queries feel of it.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pub events: Option<u32>,
    /// Draw throughput against latency into this file, as SVG. It needs the cases called `sweep`.
    #[arg(long, value_name = "FILE.svg")]
    pub chart: Option<PathBuf>,
    /// Write what --json writes into this file.
    #[arg(long, value_name = "FILE.json")]
    pub out: Option<PathBuf>,
    /// Write one JSON object to standard output and nothing else.
    #[arg(long)]
    pub json: bool,
    /// Show what there is to measure, and end.
    #[arg(long)]
    pub list: bool,
}

impl Arguments {
    /// The PostgreSQL, where there is one: a variable that is empty or says `skip` names none.
    pub fn postgres(&self) -> Option<&str> {
        self.database.as_deref().filter(|database| !["", "skip"].contains(database))
    }
}

impl Wanted {
    /// The optional cases that the arguments ask for.
    pub fn of(arguments: &Arguments) -> Self {
        Self { rate: arguments.rate.map(f64::from), orders: arguments.orders, events: arguments.events }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Result<Arguments, clap::Error> {
        Program::try_parse_from(line.split_whitespace()).map(|program| program.arguments)
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
}
