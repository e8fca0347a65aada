//! The HTTP server: its address, its routes, and its shutdown.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

use crate::app::App;
use crate::{graphql, nodes, rest};

/// Why the server cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address can be reached from other machines.
    #[error(
        "{0} is not a loopback address, and there is no authentication yet: listen on 127.0.0.1, and put a proxy with \
         authentication in front"
    )]
    NotLoopback(SocketAddr),
    /// The address is not available.
    #[error("cannot listen on {address}: {source}; choose another address or port with {option}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The command-line option of the address.
        option: &'static str,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The server has failed.
    #[error("the server failed: {0}")]
    Ended(std::io::Error),
}

/// A server with a listening socket. No store is needed yet, so an invalid address leaves no new store behind.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    callers: Callers,
}

/// Which callers a server accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callers {
    /// Clients, and the other nodes of the same database.
    All,
    /// Clients only: the other nodes use another listener.
    Clients,
    /// The other nodes only, from any machine: the master key authenticates them.
    Nodes,
}

impl Server {
    /// Binds to an address. Port 0 is any free port. Clients are accepted on loopback addresses only.
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

    /// The address, with the actual port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` completes and every started request is answered. The app keeps running.
    pub async fn run(
        self,
        app: Arc<App>,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        let closing = app.closing.clone();
        // An open feed would delay the shutdown.
        let stop = async move {
            stop.await;
            closing.send_replace(true);
        };
        let router = router(app, self.callers);
        // Clients wait for small answers, so these are not held back.
        let listener = self.listener.tap_io(|connection| {
            if let Err(error) = connection.set_nodelay(true) {
                tracing::debug!(%error, "failed to set TCP_NODELAY");
            }
        });
        axum::serve(listener, router).with_graceful_shutdown(stop).await.map_err(ServeError::Ended)
    }
}

/// The routes for the accepted callers.
pub fn router(app: Arc<App>, callers: Callers) -> Router {
    let nodes = nodes::routes().with_state(Arc::clone(&app));
    let clients = || rest::protect(rest::routes().merge(graphql::routes()), app);
    match callers {
        Callers::All => clients().merge(nodes),
        Callers::Clients => clients(),
        Callers::Nodes => nodes,
    }
}
