//! The HTTP server: where it may listen, what it serves, and how it ends.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

use crate::app::App;
use crate::{graphql, peers, rest};

/// Why the server cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Anyone who can reach the machine could give commands.
    #[error(
        "{0} is not a loopback address, and there is no authentication yet: anyone who can reach it could give \
         commands. Listen on 127.0.0.1 and put a proxy that authenticates in front"
    )]
    NotLoopback(SocketAddr),
    /// The address cannot be had.
    #[error("cannot listen on {address}: {source}; another address and port are given by {option}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What it was given by.
        option: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// Serving ended with an error.
    #[error("the server ended: {0}")]
    Ended(std::io::Error),
}

/// A server that is bound to an address. It needs no store yet, so that a refused address leaves none behind.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    callers: Callers,
}

/// Who is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callers {
    /// Clients, and the other nodes over the same database.
    All,
    /// Clients alone: the other nodes have a listener of their own.
    Clients,
    /// The other nodes alone. They need not call from this machine: they prove who they are by the master key.
    Nodes,
}

impl Server {
    /// Binds to an address, port 0 for any free one. Only loopback is allowed for clients without authentication.
    pub async fn bind(address: SocketAddr, callers: Callers) -> Result<Self, ServeError> {
        if callers != Callers::Nodes && !address.ip().is_loopback() {
            return Err(ServeError::NotLoopback(address));
        }
        let option = if callers == Callers::Nodes { "--node-listen" } else { "--listen" };
        let failed = |source| ServeError::Listen { address, option, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, callers })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is done and every request that had begun is answered. Does not shut the app down.
    pub async fn run(
        self,
        app: Arc<App>,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        let closing = app.closing.clone();
        // What stays open would keep the server from ending.
        let stop = async move {
            stop.await;
            closing.send_replace(true);
        };
        let router = router(app, self.callers);
        // Answers are small and waited for: they leave at once.
        let listener = self.listener.tap_io(|connection| {
            if let Err(error) = connection.set_nodelay(true) {
                tracing::debug!(%error, "a connection stays with its delay");
            }
        });
        axum::serve(listener, router).with_graceful_shutdown(stop).await.map_err(ServeError::Ended)
    }
}

/// All that is served.
pub fn router(app: Arc<App>, callers: Callers) -> Router {
    let nodes = peers::routes().with_state(Arc::clone(&app));
    let clients = || rest::protect(rest::routes().merge(graphql::routes()), app);
    match callers {
        Callers::All => clients().merge(nodes),
        Callers::Clients => clients(),
        Callers::Nodes => nodes,
    }
}
