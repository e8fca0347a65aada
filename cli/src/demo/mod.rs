//! `holdfast demo`: a made-up day, driven through the real thing, and what came of it.

mod driver;
mod ledger;
mod summary;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use holdfast_domain::values::{MerchantId, TextError};
use tempfile::TempDir;

use super::{CliError, audit, serve, verify};
use holdfast_api::app::App;
use holdfast_api::server::{Callers, ServeError, Server};
use holdfast_commands::client::{Desk, SendError};
use holdfast_load_model::world::{World, WorldError};
use holdfast_terminal::output::{self, Printer};
use summary::Summary;

const EXAMPLES: &str = "\
Examples:
  holdfast demo                        10,000 orders, then everything is removed again
  holdfast demo --keep                 the same, and a server stays to look around in
  holdfast demo --orders 100000 --seed 7 --directory ./day
  holdfast demo --orders 2000 --json

Every order takes the way of a real one: created and sourced, paid, picked, packed, shipped,
tracked, delivered. About one in 25 is cancelled, and a few SKUs are short, so that some orders
are refused or filled in part.
The summary's `oversold` counts, from the journal's events alone, each SKU and location of which
more was ever reserved than was there. Exit status: 0 only when that is 0, the journal proves
intact and nothing failed.";

type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What `demo` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// How many orders, 1 to 1000000.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000,
          value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    orders: u64,
    /// How many SKUs, 1 to 99999. The first is ordered twice as often as the second, and so on by Zipf's law.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000,
          value_parser = clap::value_parser!(u32).range(1..=99_999))]
    skus: u32,
    /// What the day is made from: the same number gives the same orders.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Where the store goes: a directory that is empty or does not exist. It stays there afterwards. Without it a
    /// temporary directory is used, and removed at the end unless --keep is given.
    #[arg(long, value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
    /// Serve the store afterwards, until Ctrl-C, and do not remove it.
    #[arg(long)]
    keep: bool,
    /// Where to serve with --keep: loopback only. Where the port is taken, any free one is used.
    #[arg(long, value_name = "ADDRESS", env = "HOLDFAST_LISTEN", default_value = "127.0.0.1:8080",
          value_parser = serve::address)]
    listen: SocketAddr,
    /// Write one JSON object to standard output and nothing else.
    #[arg(long)]
    json: bool,
}

/// Why the demo did not come to a good end.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Somebody's store is not played with.
    #[error("{0} is not empty: the demo needs a directory of its own")]
    NotEmpty(PathBuf),
    /// A directory cannot be made or read.
    #[error("{directory} cannot be used: {source}")]
    Directory {
        /// Which.
        directory: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The made-up day is not well made: a defect.
    #[error("the demo made up something that is not allowed: {0}")]
    World(#[from] WorldError),
    /// A command that must be granted was not: a defect.
    #[error("{key} was not granted: {what}")]
    Refused {
        /// The command's key.
        key: String,
        /// What was answered.
        what: String,
    },
    /// The queue is full although only the demo uses it: a defect.
    #[error("the write side takes nothing more")]
    Busy,
    /// A command was not carried out.
    #[error(transparent)]
    Send(#[from] SendError),
    /// A task of the demo died: a defect.
    #[error("a part of the demo ended unexpectedly")]
    WorkerLost,
    /// Latencies cannot be counted: a defect.
    #[error("latencies cannot be counted: {0}")]
    Histogram(hdrhistogram::CreationError),
    /// The one promise above all was broken.
    #[error("{0} SKUs at locations were oversold: please report this, with the seed")]
    Oversold(u64),
    /// The journal is not what was written.
    #[error("the journal could not be verified")]
    NotVerified,
}

impl From<TextError> for DemoError {
    fn from(error: TextError) -> Self {
        Self::World(error.into())
    }
}

/// The demo's store, and whether it goes away with it.
enum Place {
    Kept(PathBuf),
    Temporary(TempDir),
}

impl Place {
    fn of(arguments: &Arguments) -> Result<Self, DemoError> {
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

    fn directory(&self) -> &Path {
        match self {
            Self::Kept(directory) => directory,
            Self::Temporary(directory) => directory.path(),
        }
    }

    /// The directory, where it is still there afterwards.
    fn kept(&self) -> Option<&Path> {
        match self {
            Self::Kept(directory) => Some(directory),
            Self::Temporary(_) => None,
        }
    }
}

/// Plays the day and shows what came of it.
pub async fn run(arguments: Arguments, printer: &mut Printer) -> Result<(), CliError> {
    if arguments.keep && !arguments.listen.ip().is_loopback() {
        return Err(ServeError::NotLoopback(arguments.listen).into());
    }
    let mut stop: Stop = Box::pin(crate::stop_signal()?);
    let place = Place::of(&arguments)?;
    let app = Arc::new(App::open(place.directory()).await?);
    let told = async {
        let (summary, trail) = tokio::select! {
            played = play(&app, &arguments) => played?,
            () = &mut stop => return Err(CliError::Interrupted),
        };
        let server = if arguments.keep { Some(bind(arguments.listen).await?) } else { None };
        if arguments.json {
            printer.json(&summary)?;
        } else {
            show(&summary, trail.as_ref(), printer);
            summary.show_next(place.kept(), server.as_ref().map(Server::address), printer);
        }
        summary.judge()?;
        let Some(server) = server else {
            return Ok(());
        };
        serve::greet(server.address(), &format!("sqlite:{}", place.directory().display()));
        Ok(server.run(Arc::clone(&app), stop).await?)
    }
    .await;
    let finished = app.shutdown().await;
    if let Some(store) = place.kept().filter(|_| arguments.keep || told.is_err()) {
        say_what_remains(store);
    }
    told?;
    if finished { Ok(()) } else { Err(CliError::Unfinished) }
}

/// Says where the store remains and what can be done with it, on standard error.
fn say_what_remains(store: &Path) {
    output::note(&format!(
        "\n\
         The store remains in {store}. To serve it again:\n  \
         holdfast serve --database sqlite:{store}\n\
         To delete it, remove that directory.",
        store = store.display(),
    ));
}

async fn play(app: &Arc<App>, arguments: &Arguments) -> Result<(Summary, Option<audit::Trail>), CliError> {
    let merchant = MerchantId::new("default").map_err(DemoError::from)?;
    let desk = Desk::new(&app.commands, &merchant, "demo");
    let world = World::new(arguments.orders, arguments.skus, arguments.seed).map_err(DemoError::from)?;
    let most_wanted = world.most_wanted().cloned();
    if !arguments.json {
        output::note(&format!(
            "Driving {} orders for {} SKUs from 6 locations to their customers ...",
            output::number(arguments.orders),
            output::number(u64::from(arguments.skus)),
        ));
    }
    driver::prepare(&desk, &world).await?;
    let tally = driver::drive(&desk, world).await?;
    let mut summary = Summary::of(app, &merchant, &tally).await?;
    summary.seed = arguments.seed;
    summary.most_wanted = most_wanted;
    summary.verified(verify::prove(&*app.journal, &merchant).await?);
    let trail = match tally.example {
        Some(id) => Some(audit::trail(&*app.journal, &merchant, id, None, false).await?),
        None => None,
    };
    Ok((summary, trail))
}

fn show(summary: &Summary, trail: Option<&audit::Trail>, printer: &mut Printer) {
    summary.show(printer);
    if let Some(trail) = trail {
        printer.line("\nOne of them, from the first event to the last:\n");
        audit::show(trail, printer);
    }
}

/// A server at an address or, where its port is taken, at any free one.
async fn bind(address: SocketAddr) -> Result<Server, ServeError> {
    match Server::bind(address, Callers::All).await {
        Err(ServeError::Listen { address, source, .. }) if source.kind() == io::ErrorKind::AddrInUse => {
            output::note(&format!("{address} is taken: using a free port"));
            Server::bind(SocketAddr::new(address.ip(), 0), Callers::All).await
        }
        bound => bound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn arguments(line: &[&str]) -> Arguments {
        Line::parse_from([&["demo"], line].concat()).arguments
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn two_hundred_orders_come_to_their_end_and_nothing_is_oversold() {
        let directory = tempfile::tempdir().unwrap();
        let app = Arc::new(App::open(directory.path()).await.unwrap());
        let arguments = arguments(&["--orders", "200", "--skus", "40", "--seed", "3", "--json"]);
        let (summary, trail) = Box::pin(play(&app, &arguments)).await.unwrap();
        assert!(app.shutdown().await);

        summary.judge().unwrap();
        let json = serde_json::to_value(&summary).unwrap();
        assert_eq!(json["oversold"], 0);
        assert_eq!(json["verified"], true);
        let taken: u64 =
            json["ordersByStatus"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
        assert_eq!(taken + json["refusedForShortage"].as_u64().unwrap(), 200);
        assert!(json["ordersByStatus"]["delivered"].as_u64().unwrap() > 150, "{json}");
        let trail = serde_json::to_value(trail.unwrap()).unwrap();
        assert_eq!(trail["status"], "delivered");
    }

    #[test]
    fn a_directory_with_something_in_it_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("mine"), "").unwrap();
        let path = directory.path().to_str().unwrap();
        assert!(matches!(Place::of(&arguments(&["--directory", path])), Err(DemoError::NotEmpty(_))));
    }

    #[test]
    fn a_temporary_store_goes_away_unless_it_is_kept() {
        let gone = Place::of(&arguments(&[])).unwrap();
        let path = gone.directory().to_owned();
        assert!(gone.kept().is_none() && path.is_dir());
        drop(gone);
        assert!(!path.exists());

        let kept = Place::of(&arguments(&["--keep"])).unwrap();
        let path = kept.kept().unwrap().to_owned();
        drop(kept);
        assert!(path.is_dir());
        std::fs::remove_dir(path).unwrap();
    }
}
