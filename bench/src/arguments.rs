//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::case::OptionalCases;

const EXAMPLES: &str = "\
Examples:
  holdfast-bench --list                          show the cases
  holdfast-bench --database postgres://me@127.0.0.1/shop --chart bench.svg --out bench.json
  holdfast-bench --only sqlite-hot,sqlite-bulk --seconds 2 --rounds 1

Each case has its own store and server process, both removed afterwards; this process sends the load
from the same cores. Cases are measured in turn, round after round, because the speed of a machine
changes within minutes: compare the ratios within a round. After each case the benchmark checks over
HTTP that nothing is oversold and that the reserved units equal the accepted units.

Exit status: 0 if every case was measured and every order accepted, even if a target was missed.";

/// Measures the speed of Holdfast on this machine, compared with a baseline.
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

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The PostgreSQL database, as postgres://...; the benchmark works in schemas named bench_... and removes them.
    /// Without it, or with the word `skip`, only the cases on SQLite are measured.
    #[arg(long, value_name = "URL", env = "HOLDFAST_TEST_POSTGRES", hide_env_values = true)]
    pub database: Option<String>,
    /// Directory for embedded stores, on the disk to measure. Default: the directory for temporary files.
    #[arg(long, value_name = "DIRECTORY")]
    pub sqlite: Option<PathBuf>,
    /// Duration of each measurement in seconds, 1 to 600, after one second of warm-up.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub seconds: u64,
    /// Number of measurements of each case, 1 to 100.
    #[arg(long, value_name = "COUNT", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub rounds: u32,
    /// Measure only these cases: names, or words of names such as `hot`, `sqlite` or `sweep`, separated by commas.
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub only: Vec<String>,
    #[command(flatten)]
    pub optional_cases: OptionalCases,
    /// Write a chart of throughput against latency to this file, as SVG. Requires the `sweep` cases.
    #[arg(long, value_name = "FILE.svg")]
    pub chart: Option<PathBuf>,
    /// Write the output of --json to this file.
    #[arg(long, value_name = "FILE.json")]
    pub out: Option<PathBuf>,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    pub json: bool,
    /// List the cases and exit.
    #[arg(long)]
    pub list: bool,
}

impl Arguments {
    /// The URL of the PostgreSQL database. An empty variable and the word `skip` mean none.
    pub fn postgres(&self) -> Option<&str> {
        self.database.as_deref().filter(|database| !["", "skip"].contains(database))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Result<Arguments, clap::Error> {
        Program::try_parse_from(line.split_whitespace()).map(|program| program.arguments)
    }

    #[test]
    fn cases_are_separated_by_commas() {
        let parsed = arguments("bench --only sqlite-hot,sweep --seconds 2 --rounds 1 --rate 500").unwrap();
        assert_eq!(parsed.only, ["sqlite-hot", "sweep"]);
        assert_eq!((parsed.seconds, parsed.rounds, parsed.optional_cases.rate), (2, 1, Some(500)));
        let parsed = arguments("bench").unwrap();
        assert_eq!((parsed.seconds, parsed.rounds, parsed.optional_cases.rate), (5, 3, None));
        assert!(parsed.only.is_empty());
        assert_eq!(arguments("bench --database skip").unwrap().postgres(), None);
        assert_eq!(arguments("bench --database postgres://x/y").unwrap().postgres(), Some("postgres://x/y"));
    }

    #[test]
    fn numbers_out_of_range_are_rejected() {
        for line in [
            "bench --seconds 0",
            "bench --seconds 601",
            "bench --rounds 0",
            "bench --rate 0",
            "bench --orders 0",
            "bench --events 0",
            "bench --carts 0",
        ] {
            assert!(arguments(line).is_err(), "{line}");
        }
    }
}
