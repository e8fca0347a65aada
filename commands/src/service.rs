//! The way in: one bounded queue for every active merchant, and behind it a writer, or what hands on to another node.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use holdfast_domain::values::MerchantId;
use holdfast_journal::{Head, Journal, OutcomeKey};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::answer::{CommandState, NotExecuted, Reply};
use crate::budget::Budget;
use crate::clock::Clock;
use crate::command::{AnyCommand, Urgency};
use crate::committer::Committer;
use crate::holders::Holders;
use crate::nodes::{Claim, Connection, Connections, Forwarder, Handed, Lease, Leases, Membership};
use crate::privacy::Vault;
use crate::request::{Caller, Metadata, Request};
use crate::retention::prune_refusals;
use crate::settings::Settings;
use crate::writer::{Ended, Message, Shared, Submission, Writer};

/// The unit in which bytes under way are counted.
const SHARE: usize = 1_024;

/// How long to write beside another node that has the lease and cannot be reached, before it is asked for again.
const BESIDE: Duration = Duration::from_secs(1);

struct Writers {
    queues: HashMap<MerchantId, mpsc::Sender<Message>>,
    /// Where the journals of merchants ended that this node has written for: a history that is another one since is
    /// found out.
    heads: HashMap<MerchantId, Head>,
    tasks: JoinSet<()>,
    closed: bool,
}

struct Inner {
    shared: Shared,
    leases: Arc<Leases>,
    connections: Connections,
    shares: Arc<Semaphore>,
    writers: Mutex<Writers>,
    /// How many requests with several commands there ever were.
    groups: AtomicU64,
    /// End with this.
    _background: JoinSet<()>,
}

/// How a merchant's commands are carried out for now.
enum Turn {
    /// By this node, which has the lease.
    Ours(Lease),
    /// By this node, until a moment at which the lease is asked for again.
    Beside(Instant),
    /// By another node.
    Theirs(Arc<Connection>),
}

/// The write side of a node.
#[derive(Clone)]
pub struct Commands {
    inner: Arc<Inner>,
}

impl Commands {
    /// Starts the write side over a journal that no other node writes to. Writers start with their merchants' first
    /// commands.
    pub fn start(journal: Arc<dyn Journal>, vault: Vault, clock: Arc<dyn Clock>, settings: Settings) -> Self {
        Self::start_node(journal, vault, clock, settings, Membership::alone())
    }

    /// Starts the write side of one of several nodes.
    pub fn start_node(
        journal: Arc<dyn Journal>,
        vault: Vault,
        clock: Arc<dyn Clock>,
        settings: Settings,
        Membership { node, peers }: Membership,
    ) -> Self {
        let shares = Arc::new(Semaphore::new(settings.queued_bytes / SHARE));
        let leases = Arc::new(Leases::new(Arc::clone(&journal), Arc::clone(&clock), node));
        let mut background = JoinSet::new();
        background.spawn(prune_refusals(Arc::clone(&journal), Arc::clone(&clock), settings.refusals_kept));
        background.spawn(Arc::clone(&leases).renew());
        let connections = Connections::new(peers, vault.clone());
        let committer = Committer::start(&journal);
        let budget = Budget::new(settings.cache_bytes);
        let (settings, holders) = (Arc::new(settings), Arc::default());
        let shared = Shared { journal, committer, vault, clock, settings, holders, budget };
        let writers =
            Writers { queues: HashMap::new(), heads: HashMap::new(), tasks: JoinSet::new(), closed: false };
        let writers = Mutex::new(writers);
        let groups = AtomicU64::new(0);
        let inner = Inner { shared, leases, connections, shares, writers, groups, _background: background };
        Self { inner: Arc::new(inner) }
    }

    /// From now on these are asked who holds units that a count does not find. The first that are given stay.
    pub fn ask_for_holders(&self, holders: Arc<dyn Holders>) {
        let _ = self.inner.shared.holders.set(holders);
    }

    /// A command as it is submitted, received now.
    pub fn request(
        &self,
        caller: Caller<'_>,
        command: AnyCommand,
        metadata: Metadata,
    ) -> Result<Request, serde_json::Error> {
        Request::new(self.vault(), self.clock().now(), caller, command, metadata)
    }

    /// Puts commands of one merchant on its queue, all of them or none: they are decided in this order. Each reply
    /// comes by its receiver; a receiver whose sender is gone means that the outcome is not known.
    ///
    /// ```no_run
    /// # use holdfast_commands::{Commands, NotExecuted, Request};
    /// # use holdfast_domain::values::MerchantId;
    /// # async fn example(commands: Commands, request: Request) -> Result<(), NotExecuted> {
    /// let merchant = MerchantId::new("default").unwrap();
    /// for reply in commands.submit(&merchant, vec![request])? {
    ///     println!("{:?}", reply.await);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn submit(
        &self,
        merchant: &MerchantId,
        requests: Vec<Request>,
    ) -> Result<Vec<oneshot::Receiver<Reply>>, NotExecuted> {
        self.enqueue(merchant, requests, false)
    }

    /// The same for commands that another node has handed on: they are not handed on again.
    pub(crate) fn submit_forwarded(
        &self,
        merchant: &MerchantId,
        requests: Vec<Request>,
    ) -> Result<Vec<oneshot::Receiver<Reply>>, NotExecuted> {
        self.enqueue(merchant, requests, true)
    }

    fn enqueue(
        &self,
        merchant: &MerchantId,
        requests: Vec<Request>,
        forwarded: bool,
    ) -> Result<Vec<oneshot::Receiver<Reply>>, NotExecuted> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        if self.inner.leases.skewed() {
            return Err(NotExecuted::ClockSkewed);
        }
        let shares = |bytes: usize| u32::try_from(bytes.div_ceil(SHARE)).unwrap_or(u32::MAX);
        let all = requests.iter().fold(0, |sum, request| shares(request.bytes).saturating_add(sum));
        let permit = Arc::clone(&self.inner.shares).try_acquire_many_owned(all);
        let mut permit = permit.map_err(|_| NotExecuted::Overloaded)?;
        let queue = self.queue(merchant)?;
        // What may be refused is refused first when it gets full: what has happened has happened.
        let kept_free = self.inner.shared.settings.queue / 8;
        if queue.capacity() < kept_free + requests.len()
            && !requests.iter().any(|request| request.command.policy().may_fill_queue)
        {
            return Err(NotExecuted::Overloaded);
        }
        let places = queue.try_reserve_many(requests.len()).map_err(|_| NotExecuted::Overloaded)?;
        let mut replies = Vec::with_capacity(requests.len());
        // Those of one request have one urgency, that of the least urgent, and are decided in their order.
        let urgency = requests
            .iter()
            .map(|request| request.command.policy().urgency)
            .max()
            .unwrap_or(Urgency::Standard);
        let several = requests.len() > 1;
        let group = several.then(|| self.inner.groups.fetch_add(1, Ordering::Relaxed));
        for (place, request) in places.zip(requests) {
            let (reply, receiver) = oneshot::channel();
            let share = permit.split(shares(request.bytes) as usize);
            let submission =
                Submission { request, reply, _share: share, urgency, group, forwarded, doubtful: false };
            place.send(Message::Command(Box::new(submission)));
            replies.push(receiver);
        }
        Ok(replies)
    }

    /// What became of a key.
    pub async fn state_of(
        &self,
        merchant: &MerchantId,
        key: OutcomeKey,
    ) -> Result<CommandState, NotExecuted> {
        let (reply, state) = oneshot::channel();
        let queue = self.queue(merchant)?;
        queue.send(Message::Lookup(key, reply)).await.map_err(|_| NotExecuted::ShuttingDown)?;
        state.await.map_err(|_| NotExecuted::ShuttingDown)?
    }

    /// What seals and opens personal data.
    pub fn vault(&self) -> &Vault {
        &self.inner.shared.vault
    }

    /// Where what is decided is kept.
    pub(crate) fn journal(&self) -> &Arc<dyn Journal> {
        &self.inner.shared.journal
    }

    /// The time that decisions are made by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.shared.clock
    }

    /// How many merchants have a writer now.
    pub fn active_merchants(&self) -> usize {
        self.inner.lock().queues.len()
    }

    /// Takes nothing new, finishes what was taken, and gives whether it did so in time. What is left after that is
    /// dropped, and its callers learn that the outcome is not known.
    pub async fn shutdown(&self, patience: Duration) -> bool {
        let mut tasks = {
            let mut writers = self.inner.lock();
            writers.closed = true;
            writers.queues.clear();
            std::mem::take(&mut writers.tasks)
        };
        let all = async { while tasks.join_next().await.is_some() {} };
        tokio::time::timeout(patience, all).await.is_ok()
    }

    fn queue(&self, merchant: &MerchantId) -> Result<mpsc::Sender<Message>, NotExecuted> {
        let mut writers = self.inner.lock();
        if writers.closed {
            return Err(NotExecuted::ShuttingDown);
        }
        if let Some(queue) = writers.queues.get(merchant).filter(|queue| !queue.is_closed()) {
            return Ok(queue.clone());
        }
        while writers.tasks.try_join_next().is_some() {}
        let (queue, messages) = mpsc::channel(self.inner.shared.settings.queue);
        writers.queues.insert(merchant.clone(), queue.clone());
        let service = self.clone();
        let merchant = merchant.clone();
        writers.tasks.spawn(async move { service.write(merchant, messages).await });
        Ok(queue)
    }

    /// Carries out a merchant's commands, one turn after the other, until there was nothing to do for a while.
    async fn write(self, merchant: MerchantId, mut messages: mpsc::Receiver<Message>) {
        let mut backlog = Vec::new();
        let mut not_theirs_before = Instant::now();
        loop {
            match self.whose_turn(&merchant, not_theirs_before).await {
                Turn::Theirs(connection) => {
                    let settings = &self.inner.shared.settings;
                    let mut forwarder = Forwarder::new(&merchant, settings, connection);
                    match forwarder.run(&mut messages, &mut backlog).await {
                        Handed::Closed if backlog.is_empty() => return,
                        Handed::Idle if self.retire(&merchant, &messages) => return,
                        Handed::Silent => not_theirs_before = Instant::now() + BESIDE * 5,
                        Handed::Gone => not_theirs_before = Instant::now() + BESIDE / 5,
                        Handed::Idle | Handed::Closed => {}
                    }
                }
                turn => match self.write_for_now(&merchant, &mut messages, &mut backlog, turn).await {
                    Ended::Closed => return,
                    Ended::Idle if self.retire(&merchant, &messages) => return,
                    Ended::Idle | Ended::Over => {}
                },
            }
        }
    }

    async fn whose_turn(&self, merchant: &MerchantId, not_theirs_before: Instant) -> Turn {
        match self.inner.leases.claim(merchant).await {
            Claim::Mine(lease) => Turn::Ours(lease),
            Claim::Theirs { left, .. } if Instant::now() < not_theirs_before => {
                Turn::Beside(not_theirs_before.min(Instant::now() + left))
            }
            Claim::Theirs { address, left } => match self.inner.connections.to(&address).await {
                Ok(connection) => Turn::Theirs(connection),
                Err(error) => {
                    tracing::warn!(%merchant, %error, "writing beside it");
                    Turn::Beside(Instant::now() + left.min(BESIDE))
                }
            },
            Claim::Unknown => Turn::Beside(Instant::now() + BESIDE),
        }
    }

    async fn write_for_now(
        &self,
        merchant: &MerchantId,
        messages: &mut mpsc::Receiver<Message>,
        backlog: &mut Vec<Submission>,
        mut turn: Turn,
    ) -> Ended {
        let shared = &self.inner.shared;
        let known = self.inner.lock().heads.get(merchant).copied();
        let head = match known {
            Some(head) => head,
            // A head that cannot be read now is found out about by the first batch.
            None => shared.journal.head(merchant.as_str()).await.unwrap_or_default(),
        };
        let mut writer = Writer::new(merchant.clone(), shared.clone(), head, std::mem::take(backlog));
        if known.is_some() {
            writer.catch_up().await;
        }
        let over = async {
            match &mut turn {
                Turn::Ours(lease) => lease.lost().await,
                Turn::Beside(moment) => tokio::time::sleep_until(*moment).await,
                Turn::Theirs(_) => {}
            }
        };
        let ended = writer.run(messages, over).await;
        self.inner.lock().heads.insert(merchant.clone(), writer.head());
        if let Turn::Ours(lease) = turn {
            lease.give_back().await;
        }
        ended
    }

    /// Ends a merchant's queue, unless something has come meanwhile.
    fn retire(&self, merchant: &MerchantId, messages: &mpsc::Receiver<Message>) -> bool {
        let mut writers = self.inner.lock();
        // Nobody can have taken a place since: places are taken under this lock, or by holders counted here.
        let only_holder = writers.queues.get(merchant).is_none_or(|queue| queue.strong_count() == 1);
        let retired = messages.is_empty() && only_holder;
        if retired {
            writers.queues.remove(merchant);
        }
        retired
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Writers> {
        // Nothing that can panic happens under the lock.
        self.writers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
