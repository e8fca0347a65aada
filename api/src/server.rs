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
    #[error("cannot listen on {address}: {source}; another address and port are given by --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
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
}

impl Server {
    /// Binds to an address, port 0 for any free one. Only loopback is allowed without authentication.
    pub async fn bind(address: SocketAddr) -> Result<Self, ServeError> {
        if !address.ip().is_loopback() {
            return Err(ServeError::NotLoopback(address));
        }
        let failed = |source| ServeError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
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
        let router = router(app);
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
pub fn router(app: Arc<App>) -> Router {
    let routes = rest::routes().merge(graphql::routes());
    // Other nodes need not call from this machine: they prove who they are by the master key.
    let nodes = peers::routes().with_state(Arc::clone(&app));
    rest::protect(routes, app).merge(nodes)
}
