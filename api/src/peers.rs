//! How messages between nodes travel: a WebSocket for each link. What they say is sealed by the write side, so that
//! only nodes with the same master key understand each other.

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
use tokio_tungstenite::tungstenite::Message as Sent;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use uuid::Uuid;

use crate::app::App;

/// Where nodes are called.
pub const PATH: &str = "/internal/node";
/// A message's length at most, in bytes, of a node that was called. The write side keeps far below.
const LONGEST_TOLD: usize = 64 << 20;
/// A message's length at most, in bytes, of whoever calls: it may be anybody at first.
const LONGEST_ASKED: usize = 16 << 20;
/// Links that are served at once at most: one for each of the other nodes is enough.
const MOST_LINKS: usize = 64;
/// How long a node may take to answer a call.
const PATIENCE: Duration = Duration::from_secs(2);

/// The way to other nodes by WebSocket (RFC 6455). Addresses begin with `http://`.
#[derive(Debug, Clone, Copy)]
pub struct WebSockets;

/// The membership of this node: its name in logs and in the database, and the URL at which the other nodes reach it.
///
/// Every start of a node gets a new id, because commands of its earlier run may still be under way.
pub fn membership(name: &str, address: String) -> Membership {
    let id = format!("{name}/{}", Uuid::now_v7());
    Membership { node: Node { id: id.into(), address: address.into() }, peers: Arc::new(WebSockets) }
}

#[async_trait]
impl Peers for WebSockets {
    async fn open(&self, address: &str) -> Result<Link, PeerGone> {
        let gone = |reason: String| PeerGone { address: address.to_owned(), reason };
        let Some(rest) = address.strip_prefix("http://") else {
            return Err(gone("it is not an address that begins with http://".to_owned()));
        };
        let config = WebSocketConfig::default()
            .max_message_size(Some(LONGEST_TOLD))
            .max_frame_size(Some(LONGEST_TOLD));
        let url = format!("ws://{rest}{PATH}");
        let connect = tokio_tungstenite::connect_async_with_config(url, Some(config), true);
        let (socket, _) = match tokio::time::timeout(PATIENCE, connect).await {
            Ok(connected) => connected.map_err(|error| gone(error.to_string()))?,
            Err(_) => return Err(gone("it does not answer".to_owned())),
        };
        let (mut sink, mut stream) = socket.split();
        let (link, mut asked, told) = link();
        tokio::spawn(async move {
            while let Some(message) = asked.recv().await {
                if sink.send(Sent::Binary(message.into())).await.is_err() {
                    return;
                }
            }
            // Where the other node has gone there is nobody to take leave of.
            let _ = sink.close().await;
        });
        tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                if let Sent::Binary(bytes) = message
                    && told.send(bytes.into()).await.is_err()
                {
                    return;
                }
            }
        });
        Ok(link)
    }
}

/// A link, and the ends by which a socket carries it.
fn link() -> (Link, mpsc::Receiver<Vec<u8>>, mpsc::Sender<Vec<u8>>) {
    let (outgoing, asked) = mpsc::channel(LINK_QUEUE);
    let (told, incoming) = mpsc::channel(LINK_QUEUE);
    (Link { outgoing, incoming }, asked, told)
}

/// The route by which other nodes call.
pub fn routes() -> Router<Arc<App>> {
    let links = Arc::new(Semaphore::new(MOST_LINKS));
    Router::new().route(PATH, get(async move |app, upgrade| called(app, upgrade, links)))
}

fn called(State(app): State<Arc<App>>, upgrade: WebSocketUpgrade, links: Arc<Semaphore>) -> Response {
    let Ok(link) = links.try_acquire_owned() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let upgrade = upgrade.max_message_size(LONGEST_ASKED).max_frame_size(LONGEST_ASKED);
    upgrade.on_upgrade(|socket| serve(app, socket, link))
}

async fn serve(app: Arc<App>, socket: WebSocket, _link: OwnedSemaphorePermit) {
    let (mut sink, mut stream) = socket.split();
    let (link, mut answers, asked) = link();
    let telling = tokio::spawn(async move {
        while let Some(message) = answers.recv().await {
            if sink.send(Message::Binary(message.into())).await.is_err() {
                return;
            }
        }
    });
    let commands = app.commands.clone();
    // Not the app itself: a link that stays open must not keep a store open that was shut down.
    drop(app);
    let hearing = async move {
        while let Some(Ok(message)) = stream.next().await {
            if let Message::Binary(bytes) = message
                && asked.send(bytes.into()).await.is_err()
            {
                return;
            }
        }
    };
    let serving = commands.serve_peer(link);
    tokio::pin!(serving);
    tokio::select! {
        // What was asked last is still answered.
        () = hearing => serving.await,
        // Who says what cannot be understood is not listened to any longer.
        () = &mut serving => {}
    }
    telling.abort();
}
