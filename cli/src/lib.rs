//! What the `holdfast` program does: one file or folder a subcommand.

mod audit;
mod demo;
mod export;
mod import;
mod projections;
mod serve;
mod upgrade;
mod verify;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use holdfast_domain::order::OrderRefusal;
use holdfast_domain::stock::StockRefusal;
use holdfast_domain::values::{MerchantId, OrderId};
use holdfast_journal::JournalError;
use holdfast_projections::ViewError;

use holdfast_api::app::{App, OpenError, Options};
use holdfast_api::database::{Database, DatabaseError};
use holdfast_api::server::ServeError;
use holdfast_commands::client::SendError;
use holdfast_terminal::output::{self, Printer};

const EXAMPLES: &str = "\
Examples:
  holdfast demo                              see it work, on a store that is thrown away
  holdfast serve --database sqlite:./shop    take orders at http://127.0.0.1:8080
  holdfast import --database sqlite:./shop --orders orders.csv.gz
  holdfast audit order 0198c0de-0000-7000-8000-000000000001 --database sqlite:./shop
  holdfast audit stock MUG --database sqlite:./shop
  holdfast audit command --key order-1001    everything that followed from a command
  holdfast verify --database sqlite:./shop   prove that nothing was changed
  holdfast export --to ./lake                the journal and read models as Parquet, for analysts
  holdfast projections rebuild               fold the read models anew while they serve

Each flag with a name in [env: ...] can be set by that variable; a flag wins over a variable.
Exit status: 0 when all is well, 1 when something failed, 2 when the arguments are wrong.";

/// Holds stock so that no unit is promised twice, and keeps every order's history for ever.
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
    /// Drive a day of made-up orders from creation to delivery, and show what came of it.
    Demo(demo::Arguments),
    /// Take locations, stock and orders from CSV files; a second run takes nothing twice.
    Import(import::Arguments),
    /// Show what happened, who did it, and what it led to.
    #[command(subcommand)]
    Audit(audit::Subject),
    /// Write the journal and the read models to Parquet or NDJSON; a second run writes only what is new.
    Export(export::Arguments),
    /// Prove that the journal is what was written, and that the read models are what it says.
    Verify(verify::Arguments),
    /// How far the read models are, and building them anew beside those that serve.
    #[command(subcommand)]
    Projections(projections::Subject),
    /// Let programs of this version write what older ones cannot read, once none of those is running.
    Upgrade(upgrade::Arguments),
}

/// The store that a command works on.
#[derive(Debug, Clone, clap::Args)]
struct Store {
    /// Where the store is: `sqlite:` and a directory, or the URL of a PostgreSQL database (15 or newer). The directory holds the journal, the read models and the master key.
    // Read later than the other arguments: clap repeats a value that it refuses, and a URL may carry a password.
    #[arg(
        long,
        value_name = "URL",
        env = "HOLDFAST_DATABASE",
        hide_env_values = true,
        default_value = "sqlite:./holdfast-data"
    )]
    database: String,
    /// The file that holds the master key, 64 hexadecimal digits; made for a new store. Needed for a database on a
    /// server, the same on every node; an embedded store has it in its directory. Back it up, but not in the same
    /// place as the database: whoever has both can read personal data. A store whose key is missing or another one
    /// is refused at start.
    #[arg(long, value_name = "FILE", env = "HOLDFAST_MASTER_KEY_FILE")]
    master_key_file: Option<PathBuf>,
}

impl Store {
    fn database(&self) -> Result<Database, CliError> {
        Ok(self.database.parse()?)
    }

    /// Opens or creates the store, to write to it.
    async fn open(&self) -> Result<App, CliError> {
        let master_key_file = self.master_key_file.clone();
        Ok(App::start(&self.database()?, Options { master_key_file, ..Options::default() }).await?)
    }
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum CliError {
    /// What is given for a store is none.
    #[error("--database: {0}")]
    Database(#[from] DatabaseError),
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The read models cannot be read.
    #[error(transparent)]
    View(#[from] ViewError),
    /// The server cannot serve.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Other nodes would not know where to call.
    #[error(
        "--node-listen {0} is every address of this machine: say by --node-address where other nodes reach it"
    )]
    NodeAddress(SocketAddr),
    /// There are no other nodes over an embedded store.
    #[error("--node-listen is for several nodes over one PostgreSQL: an embedded store has one")]
    OneNodeOnly,
    /// A command was not carried out.
    #[error(transparent)]
    Send(#[from] SendError),
    /// A file cannot be imported.
    #[error(transparent)]
    Import(#[from] import::ImportError),
    /// Something cannot be exported.
    #[error(transparent)]
    Export(#[from] holdfast_export::ExportError),
    /// The demo did not come to a good end.
    #[error(transparent)]
    Demo(#[from] demo::DemoError),
    /// Something of the system was not to be had.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// The log filter cannot be read.
    #[error("the log filter cannot be read: {0}")]
    LogFilter(#[from] tracing_subscriber::filter::ParseError),
    /// A signed checkpoint cannot be made or used.
    #[error(transparent)]
    Checkpoint(#[from] verify::CheckpointError),
    /// An answer cannot be written as JSON.
    #[error("the result cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// No such order.
    #[error("merchant {merchant}: {refusal}{when}")]
    UnknownOrder {
        /// Whose.
        merchant: MerchantId,
        /// What the order itself would say.
        refusal: OrderRefusal,
        /// As of when.
        when: String,
    },
    /// No such SKU.
    #[error("merchant {merchant}: {refusal}{when}")]
    UnknownSku {
        /// Whose.
        merchant: MerchantId,
        /// What a stock item itself would say.
        refusal: StockRefusal,
        /// As of when.
        when: String,
    },
    /// No such command, or it did nothing.
    #[error("merchant {merchant}: there is no such command, or it led to no event by then")]
    UnknownCommand {
        /// Whose.
        merchant: MerchantId,
    },
    /// The merchant was never registered.
    #[error("there is no merchant {0} in this store")]
    UnknownMerchant(MerchantId),
    /// It was told to stop before it was done.
    #[error("interrupted")]
    Interrupted,
    /// What was accepted could not be finished in time.
    #[error(
        "not everything that was accepted could be finished in time: ask by idempotency key what became of it"
    )]
    Unfinished,
}

impl CliError {
    fn unknown_order(merchant: &MerchantId, id: OrderId, when: String) -> Self {
        Self::UnknownOrder { merchant: merchant.clone(), refusal: OrderRefusal::UnknownOrder(id), when }
    }

    fn system(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { what, source }
    }

    /// The exit status that says so.
    fn status(&self) -> u8 {
        match self {
            // As a shell reports a program that was ended by SIGINT.
            Self::Interrupted => 130,
            // As clap does for other arguments.
            Self::Database(_) => 2,
            Self::Export(wrong) if wrong.is_about_arguments() => 2,
            _ => 1,
        }
    }
}

/// Completes when the program is told to stop. Signals count from this call on.
fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, CliError> {
    holdfast_terminal::stop_signal().map_err(CliError::system("cannot listen for signals"))
}

/// Runs a command to its end and gives the exit status.
pub fn run(arguments: Arguments) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let mut printer = Printer::stdout();
    let done = runtime
        .map_err(CliError::system("threads cannot be started"))
        .and_then(|runtime| runtime.block_on(dispatch(arguments.command, &mut printer)));
    match done {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            output::complain(&failure.to_string());
            ExitCode::from(failure.status())
        }
    }
}

async fn dispatch(command: Command, printer: &mut Printer) -> Result<u8, CliError> {
    match command {
        Command::Serve(arguments) => serve::run(arguments).await.map(|()| 0),
        Command::Demo(arguments) => Box::pin(demo::run(arguments, printer)).await.map(|()| 0),
        Command::Import(arguments) => Box::pin(import::run(arguments, printer)).await.map(|()| 0),
        Command::Audit(subject) => Box::pin(audit::run(&subject, printer)).await.map(|()| 0),
        Command::Projections(subject) => Box::pin(projections::run(subject, printer)).await,
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
    fn the_arguments_make_sense() {
        Arguments::command().debug_assert();
    }
}
