//! Links between nodes: WebSockets whose messages the write side encrypts and authenticates with the master key.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures::{SinkExt as _, StreamExt as _};
use holdfast_commands::{LINK_QUEUE, Link, Membership, PeerGone, Peers};
use holdfast_journal::Node;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_tungstenite::tungstenite::Message as ClientMessage;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use uuid::Uuid;

use crate::app::App;

/// The path of the endpoint for other nodes.
pub const PATH: &str = "/internal/node";
/// The longest message from a node that this node has called, in bytes. The write side sends much shorter ones.
const MAX_OUTGOING_LINK_MESSAGE: usize = 64 << 20;
/// The longest message from a caller, in bytes. A caller is not authenticated at first.
const MAX_INCOMING_LINK_MESSAGE: usize = 16 << 20;
/// The most links that this node accepts at once. Each other node needs one.
const MAX_LINKS: usize = 64;
/// How long a node may take to accept a link.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Opens links to other nodes over WebSockets (RFC 6455). Addresses begin with `http://`.
#[derive(Debug, Clone, Copy)]
pub struct WebSockets;

/// The identity of this node: its name in logs and in the database, and the URL by which other nodes reach it.
///
/// A node gets a new id at every start, because commands of its previous run may still be in progress.
pub fn membership(name: &str, address: String) -> Membership {
    let id = format!("{name}/{}", Uuid::now_v7());
    Membership { node: Node { id: id.into(), address: address.into() }, peers: Arc::new(WebSockets) }
}

#[async_trait]
impl Peers for WebSockets {
    async fn open(&self, address: &str) -> Result<Link, PeerGone> {
        let failed = |reason: String| PeerGone { address: address.to_owned(), reason };
        let Some(rest) = address.strip_prefix("http://") else {
            return Err(failed("the address does not begin with http://".to_owned()));
        };
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_OUTGOING_LINK_MESSAGE))
            .max_frame_size(Some(MAX_OUTGOING_LINK_MESSAGE));
        let url = format!("ws://{rest}{PATH}");
        let connect = tokio_tungstenite::connect_async_with_config(url, Some(config), true);
        let (socket, _) = match tokio::time::timeout(CONNECT_TIMEOUT, connect).await {
            Ok(connected) => connected.map_err(|error| failed(error.to_string()))?,
            Err(_) => return Err(failed("connection timed out".to_owned())),
        };
        let (mut sink, mut stream) = socket.split();
        let (link, mut outgoing, incoming) = link();
        tokio::spawn(async move {
            while let Some(message) = outgoing.recv().await {
                if sink.send(ClientMessage::Binary(message.into())).await.is_err() {
                    return;
                }
            }
            // The other node may have disconnected already.
            let _ = sink.close().await;
        });
        tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                if let ClientMessage::Binary(bytes) = message
                    && incoming.send(bytes.into()).await.is_err()
                {
                    return;
                }
            }
        });
        Ok(link)
    }
}

/// A link, and the queue ends that a socket connects to.
fn link() -> (Link, mpsc::Receiver<Vec<u8>>, mpsc::Sender<Vec<u8>>) {
    let (outgoing, to_socket) = mpsc::channel(LINK_QUEUE);
    let (from_socket, incoming) = mpsc::channel(LINK_QUEUE);
    (Link { outgoing, incoming }, to_socket, from_socket)
}

/// The route for other nodes.
pub fn routes() -> Router<Arc<App>> {
    let links = Arc::new(Semaphore::new(MAX_LINKS));
    Router::new().route(PATH, get(async move |app, upgrade| accept(app, upgrade, links)))
}

fn accept(State(app): State<Arc<App>>, upgrade: WebSocketUpgrade, links: Arc<Semaphore>) -> Response {
    let Ok(permit) = links.try_acquire_owned() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let upgrade =
        upgrade.max_message_size(MAX_INCOMING_LINK_MESSAGE).max_frame_size(MAX_INCOMING_LINK_MESSAGE);
    upgrade.on_upgrade(|socket| serve(app, socket, permit))
}

async fn serve(app: Arc<App>, socket: WebSocket, _permit: OwnedSemaphorePermit) {
    let (mut sink, mut stream) = socket.split();
    let (link, mut answers, requests) = link();
    let writing = tokio::spawn(async move {
        while let Some(message) = answers.recv().await {
            if sink.send(Message::Binary(message.into())).await.is_err() {
                return;
            }
        }
    });
    let commands = app.commands.clone();
    // An open link must not keep the store of an app open that has been shut down.
    drop(app);
    let reading = async move {
        while let Some(Ok(message)) = stream.next().await {
            if let Message::Binary(bytes) = message
                && requests.send(bytes.into()).await.is_err()
            {
                return;
            }
        }
    };
    let serving = commands.serve_peer(link);
    tokio::pin!(serving);
    tokio::select! {
        // The last request is still answered.
        () = reading => serving.await,
        // The link ends at an invalid message.
        () = &mut serving => {}
    }
    writing.abort();
}
