//! `holdfast serve`: REST and GraphQL over a store, until it is told to stop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use futures::FutureExt as _;
use holdfast_commands::Membership;
use tracing_subscriber::EnvFilter;

use super::{CliError, Store};
use holdfast_api::app::{App, Options};
use holdfast_api::database::Database;
use holdfast_api::peers;
use holdfast_api::server::{Callers, ServeError, Server};
use holdfast_terminal::output;

const EXAMPLES: &str = "\
Examples:
  holdfast serve
  holdfast serve --listen 127.0.0.1:9000 --database sqlite:/var/lib/holdfast
  holdfast serve --database postgres://holdfast@db/holdfast --master-key-file /etc/holdfast/master.key
  HOLDFAST_LOG=info,holdfast=debug holdfast serve --log-format json

At SIGINT (Ctrl-C) or SIGTERM nothing new is taken, and what was taken is finished and answered;
the exit status is then 0.";

/// How long requests that had begun may take once the program was told to stop: longer than a command takes.
const LONGEST_END: Duration = Duration::from_secs(35);

/// What `serve` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    store: Store,
    /// Address and port to listen on; port 0 takes any free one. Only loopback addresses are allowed: there is no
    /// authentication yet, so put a proxy that authenticates in front.
    #[arg(long, value_name = "ADDRESS", env = "HOLDFAST_LISTEN", default_value = "127.0.0.1:8080",
          value_parser = address)]
    listen: SocketAddr,
    /// Whether GraphQL tells its schema to who asks for it. The page to write queries in needs that.
    #[arg(long, value_name = "WHETHER", env = "HOLDFAST_GRAPHQL_INTROSPECTION", default_value_t = true,
          action = clap::ArgAction::Set)]
    graphql_introspection: bool,
    #[command(flatten)]
    node: NodeArguments,
    #[command(flatten)]
    log: LogArguments,
}

/// What this node is to others over the same database.
#[derive(Debug, clap::Args)]
struct NodeArguments {
    /// The node's name in the log and in the database, for people. Any will do.
    #[arg(long = "node", value_name = "NAME", env = "HOLDFAST_NODE", default_value = "node")]
    name: String,
    /// Address and port to listen on for the other nodes over the same database, and for nobody else. It need not be
    /// a loopback address: what nodes say to each other is sealed under the master key. Without it, they call where
    /// clients do.
    #[arg(long, value_name = "ADDRESS", env = "HOLDFAST_NODE_LISTEN", value_parser = address)]
    node_listen: Option<SocketAddr>,
    /// Where the other nodes reach this one, such as http://10.0.0.5:8090. Without it, the address that it listens on
    /// for them.
    #[arg(long, value_name = "URL", env = "HOLDFAST_NODE_ADDRESS", value_parser = node_address)]
    node_address: Option<String>,
}

impl NodeArguments {
    fn membership(&self, listens_on: SocketAddr) -> Result<Membership, CliError> {
        let address = match &self.node_address {
            Some(address) => address.clone(),
            None if listens_on.ip().is_unspecified() => return Err(CliError::NodeAddress(listens_on)),
            None => format!("http://{listens_on}"),
        };
        Ok(peers::membership(&self.name, address))
    }
}

fn node_address(text: &str) -> Result<String, &'static str> {
    match text.strip_prefix("http://").map(|rest| rest.trim_end_matches('/')) {
        Some(rest) if !rest.is_empty() && !rest.contains('/') => Ok(format!("http://{rest}")),
        _ => Err("give http:// and a host, perhaps with a port, and nothing after it"),
    }
}

/// Not an address to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("give an IP address and a port, such as 127.0.0.1:8081")]
pub struct NotAnAddress;

/// Reads an address to listen on. Names are not looked up: what they mean may change.
pub fn address(text: &str) -> Result<SocketAddr, NotAnAddress> {
    text.parse().map_err(|_| NotAnAddress)
}

/// What is logged, and how.
#[derive(Debug, clap::Args)]
pub struct LogArguments {
    /// What is logged, as a filter of `tracing`: a level, or `target=level` pairs parted by commas.
    #[arg(long = "log", value_name = "FILTER", env = "HOLDFAST_LOG", default_value = "info")]
    filter: String,
    /// How log lines on standard error look.
    #[arg(long, value_name = "FORMAT", env = "HOLDFAST_LOG_FORMAT", default_value = "text")]
    log_format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl LogArguments {
    /// Logs to standard error from now on.
    fn start(&self) -> Result<(), CliError> {
        let filter = EnvFilter::builder().parse(&self.filter)?;
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
        let colours = io::IsTerminal::is_terminal(&io::stderr());
        // A log that is there already stays: only tests start two.
        let _ = match self.log_format {
            LogFormat::Text => log.with_ansi(colours).try_init(),
            LogFormat::Json => log.json().try_init(),
        };
        Ok(())
    }
}

/// Serves until it is told to stop.
pub async fn run(arguments: Arguments) -> Result<(), CliError> {
    arguments.log.start()?;
    // Before anything is said: whoever reads that it listens may send the signal at once.
    let stop = crate::stop_signal()?;
    let database = arguments.store.database()?;
    if arguments.node.node_listen.is_some() && matches!(database, Database::Sqlite(_)) {
        return Err(CliError::OneNodeOnly);
    }
    // Before the store is made: an address that cannot be had must not leave one behind.
    let (server, for_nodes) = bind(arguments.listen, arguments.node.node_listen).await?;
    let membership = arguments.node.membership(for_nodes.as_ref().unwrap_or(&server).address())?;
    let master_key_file = arguments.store.master_key_file.clone();
    let introspection = arguments.graphql_introspection;
    let options = Options { master_key_file, membership, introspection, ..Options::default() };
    let app = Arc::new(App::start(&database, options).await?);
    greet(server.address(), &database.to_string());
    let stop = stop.shared();
    let nodes = async {
        match for_nodes {
            Some(for_nodes) => for_nodes.run(Arc::clone(&app), stop.clone()).await,
            None => Ok(()),
        }
    };
    let late = async {
        stop.clone().await;
        tokio::time::sleep(LONGEST_END).await;
    };
    let served = tokio::select! {
        served = async { tokio::try_join!(server.run(Arc::clone(&app), stop.clone()), nodes) } => served.map(drop),
        () = late => Ok(()),
    };
    let finished = app.shutdown().await;
    served?;
    if finished { Ok(()) } else { Err(CliError::Unfinished) }
}

/// Listens for clients and, where they have an address of their own, for other nodes.
async fn bind(
    clients: SocketAddr,
    nodes: Option<SocketAddr>,
) -> Result<(Server, Option<Server>), ServeError> {
    match nodes {
        None => Ok((Server::bind(clients, Callers::All).await?, None)),
        Some(nodes) => {
            let nodes = Server::bind(nodes, Callers::Nodes).await?;
            Ok((Server::bind(clients, Callers::Clients).await?, Some(nodes)))
        }
    }
}

/// Says where it listens and what to try, on standard error beside the log.
pub fn greet(address: SocketAddr, database: &str) {
    tracing::info!(%address, database, "listening");
    output::note(&format!(
        "holdfast {version} serves {database} at http://{address}\n\
         \n\
         Try:\n  \
         curl http://{address}/readyz\n  \
         curl http://{address}/v1/orders\n  \
         http://{address}/docs       the REST calls\n  \
         http://{address}/graphql    GraphQL, in a browser\n\
         \n\
         Ctrl-C stops it.",
        version = env!("CARGO_PKG_VERSION"),
    ));
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

    #[tokio::test(flavor = "multi_thread")]
    async fn an_address_that_cannot_be_had_leaves_no_store_behind() {
        let directory = tempfile::tempdir().unwrap();
        let store = directory.path().join("shop");
        let database = format!("sqlite:{}", store.display());
        let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        for listen in [other.local_addr().unwrap().to_string(), "192.0.2.1:8080".to_owned()] {
            let line = ["serve", "--database", &database, "--listen", &listen];
            let refused = run(Line::parse_from(line).arguments).await.unwrap_err();
            let unbound =
                matches!(refused, CliError::Serve(ServeError::Listen { .. } | ServeError::NotLoopback(_)));
            assert!(unbound && !store.exists(), "{refused}");
            assert!(listen.starts_with("192") || refused.to_string().contains("--listen"), "{refused}");
        }
    }

    #[test]
    fn a_name_is_no_address_and_the_answer_says_what_is() {
        let line = ["serve", "--listen", "localhost:8081"];
        let refused = Line::try_parse_from(line).unwrap_err().to_string();
        assert!(refused.contains("give an IP address and a port, such as 127.0.0.1:8081"), "{refused}");
    }
}
