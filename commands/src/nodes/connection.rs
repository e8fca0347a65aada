//! The calling side of a link: what was asked, and who waits for the answer.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use holdfast_domain::values::MerchantId;
use holdfast_journal::OutcomeKey;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::forwarder::SILENCE;
use super::wire::{ASKING, Asked, AskedCommand, AskedLookup, Seal, TELLING, Told, WireError};
use super::{Link, PeerGone, Peers};
use crate::answer::{CommandState, NotExecuted, Reply};
use crate::privacy::{Vault, random};
use crate::request::Request;

/// How long a node that was called may take to say who it is.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a node that could not be reached is not called again.
const LEFT_ALONE: Duration = Duration::from_millis(200);
/// Nodes that are remembered, of all that there ever were.
const MOST_KNOWN: usize = 256;

/// Who waits for what. When the link breaks it is dropped, which tells them.
enum Waiting {
    Command(oneshot::Sender<Reply>),
    Lookup(oneshot::Sender<Result<CommandState, NotExecuted>>),
}

type Pending = Arc<Mutex<Option<HashMap<u64, Waiting>>>>;

/// A link to a node that writes for some merchants.
pub(crate) struct Connection {
    outgoing: tokio::sync::Mutex<(Seal, mpsc::Sender<Vec<u8>>)>,
    /// Nothing once the link has broken.
    pending: Pending,
    next: AtomicU64,
}

fn lock(pending: &Pending) -> MutexGuard<'_, Option<HashMap<u64, Waiting>>> {
    // Nothing that can panic happens under the lock.
    pending.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connection {
    async fn open(peers: &dyn Peers, vault: &Vault, address: &str) -> Result<Arc<Self>, PeerGone> {
        let gone = |reason: &str| PeerGone { address: address.to_owned(), reason: reason.to_owned() };
        let Link { outgoing, mut incoming } = peers.open(address).await?;
        let Ok(Some(challenge)) = tokio::time::timeout(PATIENCE, incoming.recv()).await else {
            return Err(gone("it said nothing"));
        };
        // The called node's challenge says nothing new to whoever plays an old link back. What answers carry does.
        let first = random::<8>().map_err(|_| gone("there is no randomness"))?;
        let pending: Pending = Arc::new(Mutex::new(Some(HashMap::new())));
        let seal = Seal::new(vault, TELLING, &challenge);
        tokio::spawn(hear(incoming, seal, Arc::clone(&pending), address.to_owned()));
        let outgoing = tokio::sync::Mutex::new((Seal::new(vault, ASKING, &challenge), outgoing));
        Ok(Arc::new(Self { outgoing, pending, next: AtomicU64::new(u64::from_le_bytes(first)) }))
    }

    pub(crate) fn is_broken(&self) -> bool {
        lock(&self.pending).is_none()
    }

    fn wait(&self, waiting: Waiting) -> u64 {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        if let Some(pending) = lock(&self.pending).as_mut() {
            pending.insert(id, waiting);
        }
        id
    }

    /// Hands commands and lookups on. The receivers, in the order given, end without a word when the link breaks.
    pub(crate) async fn ask(
        &self,
        merchant: &MerchantId,
        requests: impl Iterator<Item = &Request>,
        lookups: Vec<(OutcomeKey, oneshot::Sender<Result<CommandState, NotExecuted>>)>,
    ) -> Vec<oneshot::Receiver<Reply>> {
        let mut asked = Asked { merchant: merchant.to_string(), commands: Vec::new(), lookups: Vec::new() };
        let mut receivers = Vec::new();
        for request in requests {
            let (sender, receiver) = oneshot::channel();
            receivers.push(receiver);
            let id = self.wait(Waiting::Command(sender));
            match AskedCommand::of(id, request) {
                Ok(command) => asked.commands.push(command),
                Err(error) => self.forget(id, &error),
            }
        }
        for (key, reply) in lookups {
            let id = self.wait(Waiting::Lookup(reply));
            asked.lookups.push(AskedLookup::of(id, &key));
        }
        let mut outgoing = self.outgoing.lock().await;
        let sent = match outgoing.0.seal(&asked) {
            // A node that takes nothing any more is not waited for.
            Ok(sealed) => {
                let sent = tokio::time::timeout(SILENCE, outgoing.1.send(sealed)).await;
                sent.is_ok_and(|sent| sent.is_ok())
            }
            Err(error) => {
                tracing::error!(%error, "commands cannot be handed on");
                false
            }
        };
        if !sent {
            self.cut();
        }
        receivers
    }

    /// Gives up the link: whoever waits is told so.
    pub(crate) fn cut(&self) {
        lock(&self.pending).take();
    }

    fn forget(&self, id: u64, error: &WireError) {
        tracing::error!(%error, "a command cannot be handed on");
        if let Some(pending) = lock(&self.pending).as_mut() {
            pending.remove(&id);
        }
    }
}

/// Takes what the other node tells to those who wait for it, until the link breaks.
async fn hear(mut incoming: mpsc::Receiver<Vec<u8>>, mut seal: Seal, pending: Pending, address: String) {
    while let Some(sealed) = incoming.recv().await {
        if let Err(error) = tell(&sealed, &mut seal, &pending) {
            tracing::error!(address, %error, "another node says what cannot be understood");
            break;
        }
    }
    lock(&pending).take();
}

fn tell(sealed: &[u8], seal: &mut Seal, pending: &Pending) -> Result<(), WireError> {
    let clear = seal.open(sealed)?;
    let told: Told<'_> = serde_json::from_slice(&clear)?;
    for told in told.replies {
        let waiting = lock(pending).as_mut().and_then(|pending| pending.remove(&told.id));
        // Whoever waited and went away needs no answer.
        match waiting {
            Some(Waiting::Command(sender)) => drop(sender.send(told.reply()?)),
            Some(Waiting::Lookup(sender)) => drop(sender.send(told.state()?)),
            None => return Err(WireError::Nonsense("an answer to what was not asked")),
        }
    }
    Ok(())
}

/// One link to every node that is written through.
pub(crate) struct Connections {
    peers: Arc<dyn Peers>,
    vault: Vault,
    /// Each with a lock of its own: a node that cannot be reached keeps nobody from the others.
    known: Mutex<HashMap<Arc<str>, Arc<tokio::sync::Mutex<Known>>>>,
}

/// What is known of the way to a node.
#[derive(Default)]
struct Known {
    open: Option<Arc<Connection>>,
    /// When it could not be reached, and why.
    failed: Option<(Instant, PeerGone)>,
}

impl Connections {
    pub(crate) fn new(peers: Arc<dyn Peers>, vault: Vault) -> Self {
        Self { peers, vault, known: Mutex::default() }
    }

    /// The link to a node, opened where there is none. Where that has just failed it is not tried again at once, by
    /// one merchant after the other.
    pub(crate) async fn to(&self, address: &Arc<str>) -> Result<Arc<Connection>, PeerGone> {
        let known = self.known(address);
        let mut known = known.lock().await;
        if let Some(connection) = known.open.as_ref().filter(|connection| !connection.is_broken()) {
            return Ok(Arc::clone(connection));
        }
        known.open = None;
        if let Some((when, gone)) = &known.failed
            && when.elapsed() < LEFT_ALONE
        {
            return Err(gone.clone());
        }
        match Connection::open(&*self.peers, &self.vault, address).await {
            Ok(connection) => {
                *known = Known { open: Some(Arc::clone(&connection)), failed: None };
                Ok(connection)
            }
            Err(gone) => {
                known.failed = Some((Instant::now(), gone.clone()));
                Err(gone)
            }
        }
    }

    fn known(&self, address: &Arc<str>) -> Arc<tokio::sync::Mutex<Known>> {
        // Nothing that can panic happens under the lock.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        Arc::clone(known.entry(Arc::clone(address)).or_default())
    }
}
