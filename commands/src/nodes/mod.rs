//! Several nodes over one journal.
//!
//! Any node takes any command. What keeps them apart is the head that every append is conditional on; what keeps them
//! out of each other's way is a lease for each merchant: the node that has it writes, and the others hand their
//! commands on to it over a [`Link`]. A node that cannot reach the holder writes all the same, and the head decides.

mod connection;
mod forwarder;
mod leases;
mod serving;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use holdfast_journal::Node;
use tokio::sync::mpsc;

pub(crate) use connection::{Connection, Connections};
pub(crate) use forwarder::{Forwarder, Handed};
pub(crate) use leases::{Claim, Lease, Leases};

/// Messages that wait on a link in one direction at most.
pub const LINK_QUEUE: usize = 64;

/// Why a node could not be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the node at {address} cannot be reached: {reason}")]
pub struct PeerGone {
    /// Which.
    pub address: String,
    /// Why.
    pub reason: String,
}

/// Both directions of a connection between two nodes: messages arrive whole, in order, until it breaks.
#[derive(Debug)]
pub struct Link {
    /// To the other node.
    pub outgoing: mpsc::Sender<Vec<u8>>,
    /// From it; ends when the link has broken.
    pub incoming: mpsc::Receiver<Vec<u8>>,
}

/// The way to other nodes. How messages travel is not known here; they are sealed before they do.
#[async_trait]
pub trait Peers: Send + Sync + 'static {
    /// Opens a link to the node at an address.
    async fn open(&self, address: &str) -> Result<Link, PeerGone>;
}

/// What a node is to the others.
#[derive(Clone)]
pub struct Membership {
    /// This node.
    pub node: Node,
    /// The way to the others.
    pub peers: Arc<dyn Peers>,
}

impl Membership {
    /// A node that has no others beside it.
    pub fn alone() -> Self {
        let node = Node { id: "alone".into(), address: "".into() };
        Self { node, peers: Arc::new(Nobody) }
    }
}

struct Nobody;

#[async_trait]
impl Peers for Nobody {
    async fn open(&self, address: &str) -> Result<Link, PeerGone> {
        let reason = "this node has no others beside it".to_owned();
        Err(PeerGone { address: address.to_owned(), reason })
    }
}
