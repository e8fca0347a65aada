//! The program `holdfast`: one file or folder per subcommand.

mod audit;
mod demo;
mod error;
mod export;
mod import;
mod projections;
mod serve;
mod upgrade;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use holdfast_api::app::{App, Options};
use holdfast_api::database::Database;
use holdfast_terminal::output::{self, Printer};

use error::CliError;

const EXAMPLES: &str = "\
Examples:
  holdfast demo                              run a generated day of orders in a temporary store
  holdfast serve --database sqlite:./shop    serve http://127.0.0.1:8080
  holdfast import --database sqlite:./shop --orders orders.csv.gz
  holdfast audit order 0198c0de-0000-7000-8000-000000000001 --database sqlite:./shop
  holdfast audit stock MUG --database sqlite:./shop
  holdfast audit command --key order-1001    everything that a command caused
  holdfast verify --database sqlite:./shop   prove that nothing was changed
  holdfast export --to ./lake                journal and read models as Parquet files
  holdfast projections rebuild               rebuild the read models while they are in use

Options with a name in [env: ...] can be set by that environment variable; the option has precedence.
Exit status: 0 for success, 1 for a failure, 2 for wrong arguments; import: 3 if a row was rejected.";

/// Event-sourced order fulfillment: reserves stock without overselling and keeps every order's complete history.
#[derive(Debug, Parser)]
#[command(name = "holdfast", version, after_help = EXAMPLES, max_term_width = 100)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve REST and GraphQL over a store.
    Serve(serve::Arguments),
    /// Process a generated day of orders from creation to delivery, and print a summary.
    Demo(demo::Arguments),
    /// Import locations, stock and orders from CSV files. Importing a file again changes nothing.
    Import(import::Arguments),
    /// Show the audit trail of an order, a SKU or a command.
    #[command(subcommand)]
    Audit(audit::Subject),
    /// Export the journal and the read models to Parquet or NDJSON. A second run exports only what is new.
    Export(export::Arguments),
    /// Verify that the journal is unchanged and that the read models match it.
    Verify(verify::Arguments),
    /// Show projection status; rebuild, verify or roll back read models.
    #[command(subcommand)]
    Projections(projections::Action),
    /// Raise the journal format version (run after all nodes are upgraded).
    Upgrade(upgrade::Arguments),
}

/// The store that a command works on.
#[derive(Debug, Clone, clap::Args)]
struct Store {
    /// The store: `sqlite:` and a directory, or the URL of a PostgreSQL database (15 or newer). The directory contains
    /// the journal, the read models and the master key.
    // Parsed later than other arguments: clap prints the value that it rejects, and a URL may contain a password.
    #[arg(
        long,
        value_name = "URL",
        env = "HOLDFAST_DATABASE",
        hide_env_values = true,
        default_value = "sqlite:./holdfast-data"
    )]
    database: String,
    /// The file with the master key, 64 hexadecimal digits; created for a new store. Required for PostgreSQL: the same
    /// key on every node. Default for an embedded store: `master.key` in its directory. Back it up in another place than
    /// the database: both together give access to personal data.
    #[arg(long, value_name = "FILE", env = "HOLDFAST_MASTER_KEY_FILE")]
    master_key_file: Option<PathBuf>,
}

impl Store {
    fn database(&self) -> Result<Database, CliError> {
        Ok(self.database.parse()?)
    }

    /// Opens or creates the store for reading and writing.
    async fn open(&self) -> Result<App, CliError> {
        let master_key_file = self.master_key_file.clone();
        Ok(App::start(&self.database()?, Options { master_key_file, ..Options::default() }).await?)
    }
}

/// Returns a future that completes when the program gets a signal to stop. Signals count from this call on.
fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, CliError> {
    holdfast_terminal::stop_signal().map_err(CliError::system("cannot listen for signals"))
}

/// Runs a command to completion and returns the exit status.
pub fn run(arguments: Arguments) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let mut printer = Printer::stdout();
    let result = runtime
        .map_err(CliError::system("cannot start threads"))
        .and_then(|runtime| runtime.block_on(dispatch(arguments.command, &mut printer)));
    match result {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            output::print_error(&error.to_string());
            ExitCode::from(error.status())
        }
    }
}

async fn dispatch(command: Command, printer: &mut Printer) -> Result<u8, CliError> {
    match command {
        Command::Serve(arguments) => serve::run(arguments).await.map(|()| 0),
        Command::Demo(arguments) => Box::pin(demo::run(arguments, printer)).await.map(|()| 0),
        Command::Import(arguments) => Box::pin(import::run(arguments, printer)).await,
        Command::Audit(subject) => Box::pin(audit::run(&subject, printer)).await.map(|()| 0),
        Command::Projections(action) => Box::pin(projections::run(action, printer)).await,
        Command::Export(arguments) => Box::pin(export::run(&arguments, printer)).await.map(|()| 0),
        Command::Verify(arguments) => Ok(verify::run(&arguments, printer).await),
        Command::Upgrade(arguments) => upgrade::run(&arguments, printer).await.map(|()| 0),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
