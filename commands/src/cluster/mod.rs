//! Several nodes over one journal.
//!
//! Every node accepts commands. The conditional append keeps the history consistent; a lease per merchant avoids conflicts:
//! the lease holder writes, and the other nodes forward their commands to it over a [`Link`]. A node that cannot reach the
//! lease holder writes without the lease.

mod connection;
mod forwarder;
mod leases;
mod messages;
mod server;

use std::sync::Arc;

use async_trait::async_trait;
use holdfast_journal::Node;
use tokio::sync::mpsc;

pub(crate) use connection::{Connection, Connections};
pub(crate) use forwarder::{ForwardOutcome, Forwarder};
pub(crate) use leases::{Claim, Lease, Leases};

/// The number of messages that a link queues in each direction.
pub const LINK_QUEUE: usize = 64;

/// A node could not be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot reach the node at {address}: {reason}")]
pub struct PeerGone {
    /// The address of the node.
    pub address: String,
    /// The cause.
    pub reason: String,
}

/// A connection to another node. Messages arrive complete and in order until the connection breaks.
#[derive(Debug)]
pub struct Link {
    /// Messages to the other node.
    pub outgoing: mpsc::Sender<Vec<u8>>,
    /// Messages from the other node; closed when the connection breaks.
    pub incoming: mpsc::Receiver<Vec<u8>>,
}

/// Opens links to other nodes. The transport sees only encrypted messages.
#[async_trait]
pub trait Peers: Send + Sync + 'static {
    /// Opens a link to the node at an address.
    async fn open(&self, address: &str) -> Result<Link, PeerGone>;
}

/// A node's identity and its access to the other nodes.
#[derive(Clone)]
pub struct Membership {
    /// This node.
    pub node: Node,
    /// Opens links to the other nodes.
    pub peers: Arc<dyn Peers>,
}

impl Membership {
    /// The membership of a node that is the only one.
    pub fn alone() -> Self {
        Self { node: Node { id: "alone".into(), address: "".into() }, peers: Arc::new(NoPeers) }
    }
}

struct NoPeers;

#[async_trait]
impl Peers for NoPeers {
    async fn open(&self, address: &str) -> Result<Link, PeerGone> {
        let reason = "this node runs without other nodes".to_owned();
        Err(PeerGone { address: address.to_owned(), reason })
    }
}
