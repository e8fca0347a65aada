//! `holdfast demo`: a generated day of orders, driven through the write side to delivery, and its summary.

mod driver;
mod error;
mod ledger;
mod summary;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use holdfast_api::app::App;
use holdfast_api::server::{Callers, ServeError, Server};
use holdfast_commands::client::CommandClient;
use holdfast_domain::values::MerchantId;
use holdfast_load_model::Scenario;
use holdfast_terminal::output::{self, Printer};
use tempfile::TempDir;

use crate::error::CliError;
use crate::{audit, serve, verify};
use summary::Summary;

pub use error::DemoError;

const EXAMPLES: &str = "\
Examples:
  holdfast demo                        10,000 orders in a temporary store
  holdfast demo --keep                 the same; keep the store and serve it
  holdfast demo --orders 100000 --seed 7 --directory ./day
  holdfast demo --orders 2000 --json

Every order goes through the whole process: created and sourced, paid, picked, packed, shipped,
tracked, delivered. About one order in 25 is cancelled. A few SKUs have too little stock, so that
some orders are rejected or filled partially.
The summary's `oversold` is computed from the journal's events alone: the number of SKUs at
locations that ever had more units reserved than on hand. Exit status: 0 if that is 0, the journal
was verified and nothing failed.";

type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Number of orders, 1 to 1000000.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000,
          value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    orders: u64,
    /// Number of SKUs, 1 to 99999. Demand follows Zipf's law: the first SKU is ordered twice as often as the second.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000,
          value_parser = clap::value_parser!(u32).range(1..=99_999))]
    skus: u32,
    /// Seed of the generated orders: the same seed gives the same orders.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Directory of the store. It must be empty or not exist, and it is kept. Default: a temporary directory, which is
    /// removed at the end unless --keep is given.
    #[arg(long, value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
    /// Keep the store and serve it until Ctrl-C.
    #[arg(long)]
    keep: bool,
    /// Address to serve at with --keep; loopback only. If the port is in use, any free port is used.
    #[arg(long, value_name = "ADDRESS", env = "HOLDFAST_LISTEN", default_value = "127.0.0.1:8080",
          value_parser = serve::parse_address)]
    listen: SocketAddr,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

enum StoreDirectory {
    /// Kept at the end.
    Kept(PathBuf),
    /// Removed when this value is dropped.
    Temporary(TempDir),
}

impl StoreDirectory {
    fn create(arguments: &Arguments) -> Result<Self, DemoError> {
        let unusable = |directory: &Path| {
            let directory = directory.to_owned();
            move |source| DemoError::Directory { directory, source }
        };
        if let Some(directory) = &arguments.directory {
            std::fs::create_dir_all(directory).map_err(unusable(directory))?;
            let mut entries = std::fs::read_dir(directory).map_err(unusable(directory))?;
            let empty = entries.next().is_none();
            return if empty {
                Ok(Self::Kept(directory.clone()))
            } else {
                Err(DemoError::NotEmpty(directory.clone()))
            };
        }
        let made = tempfile::Builder::new().prefix("holdfast-demo-").tempdir();
        let made = made.map_err(unusable(&std::env::temp_dir()))?;
        Ok(if arguments.keep { Self::Kept(made.keep()) } else { Self::Temporary(made) })
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(directory) => directory,
            Self::Temporary(directory) => directory.path(),
        }
    }

    /// The path, if the directory is kept.
    fn kept(&self) -> Option<&Path> {
        match self {
            Self::Kept(directory) => Some(directory),
            Self::Temporary(_) => None,
        }
    }
}

/// Runs the scenario and prints its summary.
pub async fn run(arguments: Arguments, printer: &mut Printer) -> Result<(), CliError> {
    if arguments.keep && !arguments.listen.ip().is_loopback() {
        return Err(ServeError::NotLoopback(arguments.listen).into());
    }
    let mut stop: Stop = Box::pin(crate::stop_signal()?);
    let directory = StoreDirectory::create(&arguments)?;
    let app = Arc::new(App::open(directory.path()).await?);
    let result = async {
        let (summary, trail) = tokio::select! {
            done = play(&app, &arguments) => done?,
            () = &mut stop => return Err(CliError::Interrupted),
        };
        let server = if arguments.keep { Some(bind(arguments.listen).await?) } else { None };
        if arguments.json {
            printer.json(&summary)?;
        } else {
            show(&summary, trail.as_ref(), printer);
            summary.show_next(directory.kept(), server.as_ref().map(Server::address), printer);
        }
        summary.check()?;
        let Some(server) = server else {
            return Ok(());
        };
        serve::print_greeting(server.address(), &format!("sqlite:{}", directory.path().display()));
        Ok(server.run(Arc::clone(&app), stop).await?)
    }
    .await;
    let finished = app.shutdown().await;
    if let Some(store) = directory.kept().filter(|_| arguments.keep || result.is_err()) {
        print_kept_store(store);
    }
    result?;
    if finished { Ok(()) } else { Err(CliError::Unfinished) }
}

/// Prints where the kept store is and how to use it, on standard error.
fn print_kept_store(store: &Path) {
    output::print_note(&format!(
        "\n\
         The store is kept in {store}. To serve it again:\n  \
         holdfast serve --database sqlite:{store}\n\
         To delete it, remove the directory.",
        store = store.display(),
    ));
}

async fn play(
    app: &Arc<App>,
    arguments: &Arguments,
) -> Result<(Summary, Option<audit::AuditTrail>), CliError> {
    let merchant = MerchantId::new("default").map_err(DemoError::from)?;
    let client = CommandClient::new(&app.commands, &merchant, "demo");
    let scenario =
        Scenario::new(arguments.orders, arguments.skus, arguments.seed).map_err(DemoError::from)?;
    let most_popular = scenario.most_popular().cloned();
    if !arguments.json {
        output::print_note(&format!(
            "Processing {} orders over {} SKUs and 6 locations ...",
            output::number(arguments.orders),
            output::number(u64::from(arguments.skus)),
        ));
    }
    driver::prepare(&client, &scenario).await?;
    let statistics = driver::drive(&client, scenario).await?;
    let mut summary = Summary::collect(app, &merchant, &statistics).await?;
    summary.seed = arguments.seed;
    summary.most_popular = most_popular;
    summary.set_verified(verify::verified_events(&*app.journal, &merchant).await?);
    let trail = match statistics.example {
        Some(id) => Some(audit::read_trail(&*app.journal, &merchant, id, None, false).await?),
        None => None,
    };
    Ok((summary, trail))
}

fn show(summary: &Summary, trail: Option<&audit::AuditTrail>, printer: &mut Printer) {
    summary.show(printer);
    if let Some(trail) = trail {
        printer.line("\nAudit trail of one order:\n");
        audit::print_trail(trail, printer);
    }
}

/// Binds a server to an address or, if its port is in use, to any free port.
async fn bind(address: SocketAddr) -> Result<Server, ServeError> {
    match Server::bind(address, Callers::All).await {
        Err(ServeError::Listen { address, source, .. }) if source.kind() == io::ErrorKind::AddrInUse => {
            output::print_note(&format!("{address} is in use: using a free port"));
            Server::bind(SocketAddr::new(address.ip(), 0), Callers::All).await
        }
        bound => bound,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn arguments(line: &[&str]) -> Arguments {
        Line::parse_from([&["demo"], line].concat()).arguments
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn two_hundred_orders_reach_a_final_status_and_nothing_is_oversold() {
        let directory = tempfile::tempdir().unwrap();
        let app = Arc::new(App::open(directory.path()).await.unwrap());
        let arguments = arguments(&["--orders", "200", "--skus", "40", "--seed", "3", "--json"]);
        let (summary, trail) = Box::pin(play(&app, &arguments)).await.unwrap();
        assert!(app.shutdown().await);

        summary.check().unwrap();
        let json = serde_json::to_value(&summary).unwrap();
        assert_eq!(json["oversold"], 0);
        assert_eq!(json["verified"], true);
        let accepted: u64 =
            json["ordersByStatus"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
        assert_eq!(accepted + json["refusedForShortage"].as_u64().unwrap(), 200);
        assert!(json["ordersByStatus"]["delivered"].as_u64().unwrap() > 150, "{json}");
        let trail = serde_json::to_value(trail.unwrap()).unwrap();
        assert_eq!(trail["status"], "delivered");
    }

    #[test]
    fn a_directory_that_is_not_empty_is_rejected() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("mine"), "").unwrap();
        let path = directory.path().to_str().unwrap();
        assert!(matches!(
            StoreDirectory::create(&arguments(&["--directory", path])),
            Err(DemoError::NotEmpty(_))
        ));
    }

    #[test]
    fn a_temporary_store_is_removed_unless_it_is_kept() {
        let temporary = StoreDirectory::create(&arguments(&[])).unwrap();
        let path = temporary.path().to_owned();
        assert!(temporary.kept().is_none() && path.is_dir());
        drop(temporary);
        assert!(!path.exists());

        let kept = StoreDirectory::create(&arguments(&["--keep"])).unwrap();
        let path = kept.kept().unwrap().to_owned();
        drop(kept);
        assert!(path.is_dir());
        std::fs::remove_dir(path).unwrap();
    }
}
