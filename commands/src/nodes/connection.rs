//! The calling side of a link: what was asked, and who waits for the answer.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdfast_domain::values::MerchantId;
use holdfast_journal::OutcomeKey;
use tokio::sync::{mpsc, oneshot};

use super::forwarder::SILENCE;
use super::wire::{ASKING, Asked, AskedCommand, AskedLookup, Seal, TELLING, Told, WireError};
use super::{Link, PeerGone, Peers};
use crate::answer::{CommandState, NotExecuted, Reply};
use crate::privacy::Vault;
use crate::request::Request;

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
        let Link { outgoing, mut incoming } = peers.open(address).await?;
        let Some(challenge) = incoming.recv().await else {
            let reason = "it said nothing".to_owned();
            return Err(PeerGone { address: address.to_owned(), reason });
        };
        let pending: Pending = Arc::new(Mutex::new(Some(HashMap::new())));
        let seal = Seal::new(vault, TELLING, &challenge);
        tokio::spawn(hear(incoming, seal, Arc::clone(&pending), address.to_owned()));
        let outgoing = tokio::sync::Mutex::new((Seal::new(vault, ASKING, &challenge), outgoing));
        Ok(Arc::new(Self { outgoing, pending, next: AtomicU64::new(0) }))
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
    open: tokio::sync::Mutex<HashMap<Arc<str>, Arc<Connection>>>,
}

impl Connections {
    pub(crate) fn new(peers: Arc<dyn Peers>, vault: Vault) -> Self {
        Self { peers, vault, open: tokio::sync::Mutex::default() }
    }

    /// The link to a node, opened where there is none.
    pub(crate) async fn to(&self, address: &Arc<str>) -> Result<Arc<Connection>, PeerGone> {
        let mut open = self.open.lock().await;
        open.retain(|_, connection| !connection.is_broken());
        if let Some(connection) = open.get(address) {
            return Ok(Arc::clone(connection));
        }
        let connection = Connection::open(&*self.peers, &self.vault, address).await?;
        open.insert(Arc::clone(address), Arc::clone(&connection));
        Ok(connection)
    }
}
