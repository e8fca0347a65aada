//! `holdfast serve`: REST and GraphQL over a store, until a signal stops it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use futures::FutureExt as _;
use holdfast_api::app::{App, Options};
use holdfast_api::cors::Origin;
use holdfast_api::database::Database;
use holdfast_api::nodes;
use holdfast_api::server::{Callers, ServeError, Server};
use holdfast_commands::Membership;
use holdfast_terminal::output;
use tracing_subscriber::EnvFilter;

use crate::Store;
use crate::error::CliError;

const EXAMPLES: &str = "\
Examples:
  holdfast serve
  holdfast serve --listen 127.0.0.1:9000 --database sqlite:/var/lib/holdfast
  holdfast serve --database postgres://holdfast@db/holdfast --master-key-file /etc/holdfast/master.key
  HOLDFAST_LOG=info,holdfast=debug holdfast serve --log-format json

SIGINT (Ctrl-C) and SIGTERM stop the server: it accepts no new requests, finishes and answers those
that it has accepted, and ends with exit status 0.";

/// Time for requests in progress after the stop signal: longer than a command takes.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(35);

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    store: Store,
    /// Address and port to listen on; port 0 means any free port. Loopback only: authentication is not implemented yet,
    /// so put an authenticating proxy in front.
    #[arg(long, value_name = "ADDRESS", env = "HOLDFAST_LISTEN", default_value = "127.0.0.1:8080",
          value_parser = parse_address)]
    listen: SocketAddr,
    /// Enable GraphQL introspection. GraphiQL, the query page, requires it.
    #[arg(long, value_name = "BOOL", env = "HOLDFAST_GRAPHQL_INTROSPECTION", default_value_t = true,
          action = clap::ArgAction::Set)]
    graphql_introspection: bool,
    /// Origin whose web pages may send requests and read answers, such as https://shop.example; repeatable. The variable
    /// separates origins by commas. Default: none.
    #[arg(long, value_name = "ORIGIN", env = "HOLDFAST_CORS_ORIGIN", value_delimiter = ',')]
    cors_origin: Vec<Origin>,
    #[command(flatten)]
    node: NodeArguments,
    #[command(flatten)]
    log: LogArguments,
}

/// How other nodes on the same database see this node.
#[derive(Debug, clap::Args)]
struct NodeArguments {
    /// Name of this node in logs and in the database, for operators; need not be unique.
    #[arg(long = "node", value_name = "NAME", env = "HOLDFAST_NODE", default_value = "node")]
    name: String,
    /// Second address and port, for other nodes only. It need not be loopback: traffic between nodes is encrypted under
    /// the master key. Default: other nodes use the address for clients.
    #[arg(long, value_name = "ADDRESS", env = "HOLDFAST_NODE_LISTEN", value_parser = parse_address)]
    node_listen: Option<SocketAddr>,
    /// URL at which other nodes reach this node, such as http://10.0.0.5:8090. Default: the address on which it listens
    /// for nodes.
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
        Ok(nodes::membership(&self.name, address))
    }
}

fn node_address(text: &str) -> Result<String, &'static str> {
    match text.strip_prefix("http://").map(|rest| rest.trim_end_matches('/')) {
        Some(rest) if !rest.is_empty() && !rest.contains('/') => Ok(format!("http://{rest}")),
        _ => Err("give http://HOST or http://HOST:PORT, without a path"),
    }
}

/// A text is not an address to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("give an IP address and a port, such as 127.0.0.1:8081")]
pub struct InvalidAddress;

/// Parses an address to listen on. Host names are rejected: their addresses may change.
pub fn parse_address(text: &str) -> Result<SocketAddr, InvalidAddress> {
    text.parse().map_err(|_| InvalidAddress)
}

/// What to log, and in which format.
#[derive(Debug, clap::Args)]
pub struct LogArguments {
    /// Log filter: a level, or `target=level` pairs separated by commas.
    #[arg(long = "log", value_name = "FILTER", env = "HOLDFAST_LOG", default_value = "info")]
    filter: String,
    /// Format of log lines on standard error.
    #[arg(long, value_name = "FORMAT", env = "HOLDFAST_LOG_FORMAT", default_value = "text")]
    log_format: LogFormat,
}

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// Plain text.
    Text,
    /// One JSON object per line.
    Json,
}

impl LogArguments {
    /// Starts logging to standard error.
    fn start(&self) -> Result<(), CliError> {
        let filter = EnvFilter::builder().parse(&self.filter)?;
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
        let colours = io::IsTerminal::is_terminal(&io::stderr());
        // Fails if logging has started already, which only happens in tests.
        let _ = match self.log_format {
            LogFormat::Text => log.with_ansi(colours).try_init(),
            LogFormat::Json => log.json().try_init(),
        };
        Ok(())
    }
}

/// Serves until a signal stops the program.
pub async fn run(arguments: Arguments) -> Result<(), CliError> {
    arguments.log.start()?;
    // Before the first output: a supervisor may send the signal as soon as it reads that the server listens.
    let stop = crate::stop_signal()?;
    let database = arguments.store.database()?;
    if arguments.node.node_listen.is_some() && matches!(database, Database::Sqlite(_)) {
        return Err(CliError::OneNodeOnly);
    }
    // Before the store is created: an invalid address must not leave a store behind.
    let (server, for_nodes) = bind(arguments.listen, arguments.node.node_listen).await?;
    let membership = arguments.node.membership(for_nodes.as_ref().unwrap_or(&server).address())?;
    let master_key_file = arguments.store.master_key_file.clone();
    let options = Options {
        master_key_file,
        membership,
        introspection: arguments.graphql_introspection,
        cors_origins: arguments.cors_origin,
        ..Options::default()
    };
    let app = Arc::new(App::start(&database, options).await?);
    print_greeting(server.address(), &database.to_string());
    let stop = stop.shared();
    let nodes = async {
        match for_nodes {
            Some(for_nodes) => for_nodes.run(Arc::clone(&app), stop.clone()).await,
            None => Ok(()),
        }
    };
    let timeout = async {
        stop.clone().await;
        tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
    };
    let served = tokio::select! {
        served = async { tokio::try_join!(server.run(Arc::clone(&app), stop.clone()), nodes) } => served.map(drop),
        () = timeout => Ok(()),
    };
    let finished = app.shutdown().await;
    served?;
    if finished { Ok(()) } else { Err(CliError::Unfinished) }
}

/// Binds the listener for clients and, if nodes have an address of their own, the one for nodes.
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

/// Prints the address and some URLs to try, on standard error.
pub fn print_greeting(address: SocketAddr, database: &str) {
    tracing::info!(%address, database, "listening");
    output::print_note(&format!(
        "holdfast {version} serves {database} at http://{address}\n\
         \n\
         Try:\n  \
         curl http://{address}/readyz\n  \
         curl http://{address}/v1/orders\n  \
         http://{address}/docs       REST documentation\n  \
         http://{address}/graphql    GraphiQL\n\
         \n\
         Press Ctrl-C to stop.",
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
    async fn an_address_that_cannot_be_bound_leaves_no_store_behind() {
        let directory = tempfile::tempdir().unwrap();
        let store = directory.path().join("shop");
        let database = format!("sqlite:{}", store.display());
        let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        for listen in [other.local_addr().unwrap().to_string(), "192.0.2.1:8080".to_owned()] {
            let line = ["serve", "--database", &database, "--listen", &listen];
            let error = run(Line::parse_from(line).arguments).await.unwrap_err();
            let unbound =
                matches!(error, CliError::Serve(ServeError::Listen { .. } | ServeError::NotLoopback(_)));
            assert!(unbound && !store.exists(), "{error}");
            assert!(listen.starts_with("192") || error.to_string().contains("--listen"), "{error}");
        }
    }

    #[test]
    fn a_host_name_is_rejected_with_an_example_of_an_address() {
        let line = ["serve", "--listen", "localhost:8081"];
        let error = Line::try_parse_from(line).unwrap_err().to_string();
        assert!(error.contains("give an IP address and a port, such as 127.0.0.1:8081"), "{error}");
    }
}
