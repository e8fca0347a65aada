//! The calling side of a link: sends commands and lookups, and passes each reply to its caller.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use holdfast_domain::values::MerchantId;
use holdfast_journal::OutcomeKey;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::messages::{
    FROM_CLIENT, FROM_SERVER, MessageError, PeerCommand, PeerLookup, PeerOutcome, PeerReplies, PeerRequest,
    Seal,
};
use super::{Link, PeerGone, Peers};
use crate::answer::{CommandState, NotExecuted, Reply};
use crate::privacy::{Vault, random};
use crate::request::Request;

/// How long a peer may stay silent while a reply is due. Longer than the peer's own limit for an unknown commit.
pub(super) const PEER_TIMEOUT: Duration = Duration::from_secs(8);
/// How long a called node may take to send its challenge.
const CHALLENGE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long to wait before another attempt to reach a node.
const RETRY_DELAY: Duration = Duration::from_millis(200);
/// The most nodes that are remembered.
const MAX_NODES: usize = 256;

/// The receiver of a reply. It is dropped when the link breaks.
enum Pending {
    Command(oneshot::Sender<Reply>),
    Lookup(oneshot::Sender<Result<CommandState, NotExecuted>>),
}

/// Replies that are due, by id; `None` once the link has broken.
type PendingReplies = Arc<Mutex<Option<HashMap<u64, Pending>>>>;

/// A link to a node that holds leases.
pub(crate) struct Connection {
    outgoing: tokio::sync::Mutex<(Seal, mpsc::Sender<Vec<u8>>)>,
    pending: PendingReplies,
    next: AtomicU64,
}

fn lock(pending: &PendingReplies) -> MutexGuard<'_, Option<HashMap<u64, Pending>>> {
    // No code under the lock can panic.
    pending.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connection {
    async fn open(peers: &dyn Peers, vault: &Vault, address: &str) -> Result<Arc<Self>, PeerGone> {
        let gone = |reason: &str| PeerGone { address: address.to_owned(), reason: reason.to_owned() };
        let Link { outgoing, mut incoming } = peers.open(address).await?;
        let Ok(Some(challenge)) = tokio::time::timeout(CHALLENGE_TIMEOUT, incoming.recv()).await else {
            return Err(gone("no challenge received"));
        };
        // The challenge does not protect this side against a replayed link; random ids of requests do.
        let first = random::<8>().map_err(|_| gone("no random numbers available"))?;
        let pending: PendingReplies = Arc::new(Mutex::new(Some(HashMap::new())));
        let seal = Seal::new(vault, FROM_SERVER, &challenge);
        tokio::spawn(receive_replies(incoming, seal, Arc::clone(&pending), address.to_owned()));
        let outgoing = tokio::sync::Mutex::new((Seal::new(vault, FROM_CLIENT, &challenge), outgoing));
        Ok(Arc::new(Self { outgoing, pending, next: AtomicU64::new(u64::from_le_bytes(first)) }))
    }

    pub(crate) fn is_broken(&self) -> bool {
        lock(&self.pending).is_none()
    }

    fn register(&self, reply: Pending) -> u64 {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        if let Some(pending) = lock(&self.pending).as_mut() {
            pending.insert(id, reply);
        }
        id
    }

    /// Forwards commands and lookups. Returns one receiver per command; receivers close without a reply when the link breaks.
    pub(crate) async fn send(
        &self,
        merchant: &MerchantId,
        requests: impl Iterator<Item = &Request>,
        lookups: Vec<(OutcomeKey, oneshot::Sender<Result<CommandState, NotExecuted>>)>,
    ) -> Vec<oneshot::Receiver<Reply>> {
        let mut message =
            PeerRequest { merchant: merchant.to_string(), commands: Vec::new(), lookups: Vec::new() };
        let mut receivers = Vec::new();
        for request in requests {
            let (sender, receiver) = oneshot::channel();
            receivers.push(receiver);
            let id = self.register(Pending::Command(sender));
            match PeerCommand::new(id, request) {
                Ok(command) => message.commands.push(command),
                Err(error) => self.forget(id, &error),
            }
        }
        for (key, reply) in lookups {
            let id = self.register(Pending::Lookup(reply));
            message.lookups.push(PeerLookup { id, key: key.into() });
        }
        let mut outgoing = self.outgoing.lock().await;
        let sent = match outgoing.0.seal(&message) {
            Ok(sealed) => {
                let sent = tokio::time::timeout(PEER_TIMEOUT, outgoing.1.send(sealed)).await;
                sent.is_ok_and(|sent| sent.is_ok())
            }
            Err(error) => {
                tracing::error!(%error, "failed to encode forwarded commands");
                false
            }
        };
        if !sent {
            self.close();
        }
        receivers
    }

    /// Closes the link. Commands and lookups that wait for a reply learn it.
    pub(crate) fn close(&self) {
        lock(&self.pending).take();
    }

    fn forget(&self, id: u64, error: &MessageError) {
        tracing::error!(%error, "failed to encode a forwarded command");
        if let Some(pending) = lock(&self.pending).as_mut() {
            pending.remove(&id);
        }
    }
}

async fn receive_replies(
    mut incoming: mpsc::Receiver<Vec<u8>>,
    mut seal: Seal,
    pending: PendingReplies,
    address: String,
) {
    while let Some(sealed) = incoming.recv().await {
        if let Err(error) = deliver(&sealed, &mut seal, &pending) {
            tracing::error!(address, %error, "invalid message from peer");
            break;
        }
    }
    lock(&pending).take();
}

fn deliver(sealed: &[u8], seal: &mut Seal, pending: &PendingReplies) -> Result<(), MessageError> {
    let message: PeerReplies = seal.open(sealed)?;
    for reply in message.replies {
        let receiver = lock(pending).as_mut().and_then(|pending| pending.remove(&reply.id));
        // A receiver may be gone: its caller has stopped waiting.
        match (receiver, reply.outcome) {
            (Some(Pending::Command(sender)), PeerOutcome::Command(reply)) => drop(sender.send(reply)),
            (Some(Pending::Lookup(sender)), PeerOutcome::Lookup(state)) => drop(sender.send(state)),
            _ => return Err(MessageError::Invalid("a reply without its request")),
        }
    }
    Ok(())
}

/// One connection per node, opened on demand.
pub(crate) struct Connections {
    peers: Arc<dyn Peers>,
    vault: Vault,
    /// One lock per node, so that an unreachable node does not delay connections to others.
    nodes: Mutex<HashMap<Arc<str>, Arc<tokio::sync::Mutex<NodeConnection>>>>,
}

#[derive(Default)]
struct NodeConnection {
    open: Option<Arc<Connection>>,
    /// The time and the error of the last attempt, if it failed.
    failed: Option<(Instant, PeerGone)>,
}

impl Connections {
    pub(crate) fn new(peers: Arc<dyn Peers>, vault: Vault) -> Self {
        Self { peers, vault, nodes: Mutex::default() }
    }

    /// The connection to a node, opened if necessary. After a failure all merchants share the error until [`RETRY_DELAY`]
    /// has passed.
    pub(crate) async fn to(&self, address: &Arc<str>) -> Result<Arc<Connection>, PeerGone> {
        let node = self.node(address);
        let mut node = node.lock().await;
        if let Some(connection) = node.open.as_ref().filter(|connection| !connection.is_broken()) {
            return Ok(Arc::clone(connection));
        }
        node.open = None;
        if let Some((when, gone)) = &node.failed
            && when.elapsed() < RETRY_DELAY
        {
            return Err(gone.clone());
        }
        match Connection::open(&*self.peers, &self.vault, address).await {
            Ok(connection) => {
                *node = NodeConnection { open: Some(Arc::clone(&connection)), failed: None };
                Ok(connection)
            }
            Err(gone) => {
                node.failed = Some((Instant::now(), gone.clone()));
                Err(gone)
            }
        }
    }

    fn node(&self, address: &Arc<str>) -> Arc<tokio::sync::Mutex<NodeConnection>> {
        // No code under the lock can panic.
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        if nodes.len() >= MAX_NODES {
            nodes.clear();
        }
        Arc::clone(nodes.entry(Arc::clone(address)).or_default())
    }
}
