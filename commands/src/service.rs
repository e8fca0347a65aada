//! The entrance to the write side: one bounded queue per active merchant, served by a writer or a forwarder.

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
use crate::cluster::{Claim, Connection, Connections, ForwardOutcome, Forwarder, Lease, Leases, Membership};
use crate::command::AnyCommand;
use crate::committer::Committer;
use crate::privacy::Vault;
use crate::request::{Caller, Metadata, Request};
use crate::reservation_index::ReservationIndex;
use crate::retention::prune_refusals;
use crate::settings::Settings;
use crate::writer::{Ended, Message, Shared, Submission, Writer};

/// The unit, in bytes, in which queued commands are counted.
const SHARE_BYTES: usize = 1_024;

/// How long a node writes without the lease before it claims the lease again.
const UNLEASED_WRITE_FOR: Duration = Duration::from_secs(1);

struct Writers {
    queues: HashMap<MerchantId, mpsc::Sender<Message>>,
    /// The last known journal head of each merchant. It detects a history that was replaced since.
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
    /// The number of submissions with several commands so far.
    groups: AtomicU64,
    /// Tasks that stop when this is dropped.
    _background: JoinSet<()>,
}

/// How this node executes a merchant's commands for now.
enum WriteMode {
    /// It writes, and holds the lease.
    Leased(Lease),
    /// It writes without the lease until this time, and then claims the lease again.
    Unleased(Instant),
    /// It forwards commands to the lease holder.
    Forwarded(Arc<Connection>),
}

/// The write side of a node.
#[derive(Clone)]
pub struct Commands {
    inner: Arc<Inner>,
}

impl Commands {
    /// Starts the write side of a single node. A merchant's writer starts with its first command.
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
        let leases = Arc::new(Leases::new(Arc::clone(&journal), Arc::clone(&clock), node));
        let mut background = JoinSet::new();
        background.spawn(prune_refusals(Arc::clone(&journal), Arc::clone(&clock), settings.refusals_kept));
        background.spawn(Arc::clone(&leases).renew());
        let inner = Inner {
            leases,
            connections: Connections::new(peers, vault.clone()),
            shares: Arc::new(Semaphore::new(settings.queued_bytes / SHARE_BYTES)),
            writers: Mutex::new(Writers {
                queues: HashMap::new(),
                heads: HashMap::new(),
                tasks: JoinSet::new(),
                closed: false,
            }),
            groups: AtomicU64::new(0),
            _background: background,
            shared: Shared {
                committer: Committer::start(&journal),
                budget: Budget::new(settings.cache_bytes),
                settings: Arc::new(settings),
                reservation_index: Arc::default(),
                journal,
                vault,
                clock,
            },
        };
        Self { inner: Arc::new(inner) }
    }

    /// Sets the index that finds the orders that reserve missing units. Only the first call has an effect.
    pub fn set_reservation_index(&self, index: Arc<dyn ReservationIndex>) {
        let _ = self.inner.shared.reservation_index.set(index);
    }

    /// Makes the request for a command that was received now.
    pub fn request(
        &self,
        caller: Caller<'_>,
        command: AnyCommand,
        metadata: Metadata,
    ) -> Result<Request, serde_json::Error> {
        Request::new(self.vault(), self.clock().now(), caller, command, metadata)
    }

    /// Puts all commands of one merchant on its queue, or none. The writer decides them in this order. If a receiver closes
    /// without a reply, the outcome is unknown.
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

    /// Puts commands on the queue; `forwarded` marks commands from another node, which are not forwarded again.
    pub(crate) fn enqueue(
        &self,
        merchant: &MerchantId,
        requests: Vec<Request>,
        forwarded: bool,
    ) -> Result<Vec<oneshot::Receiver<Reply>>, NotExecuted> {
        // Commands of one request share the urgency of the least urgent, so that they stay in order.
        let Some(urgency) = requests.iter().map(|request| request.command.policy().urgency).max() else {
            return Ok(Vec::new());
        };
        if self.inner.leases.is_skewed() {
            return Err(NotExecuted::ClockSkewed);
        }
        let shares = |bytes: usize| u32::try_from(bytes.div_ceil(SHARE_BYTES)).unwrap_or(u32::MAX);
        let all = requests.iter().fold(0, |sum, request| shares(request.bytes).saturating_add(sum));
        let permit = Arc::clone(&self.inner.shares).try_acquire_many_owned(all);
        let mut permit = permit.map_err(|_| NotExecuted::Overloaded)?;
        let queue = self.queue(merchant)?;
        // The last eighth of the queue is for reports and critical orders.
        let reserved = self.inner.shared.settings.queue / 8;
        if queue.capacity() < reserved + requests.len()
            && !requests.iter().any(|request| request.command.policy().may_fill_queue)
        {
            return Err(NotExecuted::Overloaded);
        }
        let slots = queue.try_reserve_many(requests.len()).map_err(|_| NotExecuted::Overloaded)?;
        let mut replies = Vec::with_capacity(requests.len());
        let several = requests.len() > 1;
        let group = several.then(|| self.inner.groups.fetch_add(1, Ordering::Relaxed));
        for (slot, request) in slots.zip(requests) {
            let (reply, receiver) = oneshot::channel();
            let share = permit.split(shares(request.bytes) as usize);
            let submission =
                Submission { request, reply, _share: share, urgency, group, forwarded, doubtful: false };
            slot.send(Message::Command(Box::new(submission)));
            replies.push(receiver);
        }
        Ok(replies)
    }

    /// The state of the command with this idempotency key.
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

    /// The vault that encrypts personal data.
    pub fn vault(&self) -> &Vault {
        &self.inner.shared.vault
    }

    pub(crate) fn journal(&self) -> &Arc<dyn Journal> {
        &self.inner.shared.journal
    }

    /// The clock that decisions use.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.shared.clock
    }

    /// The number of merchants with a running writer or forwarder.
    pub fn active_merchants(&self) -> usize {
        self.inner.lock().queues.len()
    }

    /// Rejects new commands, finishes the accepted ones, and returns whether all finished within the timeout. Commands that
    /// did not finish are dropped, and their outcome is unknown to their callers.
    pub async fn shutdown(&self, timeout: Duration) -> bool {
        let mut tasks = {
            let mut writers = self.inner.lock();
            writers.closed = true;
            writers.queues.clear();
            std::mem::take(&mut writers.tasks)
        };
        let all = async { while tasks.join_next().await.is_some() {} };
        tokio::time::timeout(timeout, all).await.is_ok()
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
        writers.tasks.spawn(async move { service.serve(merchant, messages).await });
        Ok(queue)
    }

    /// Executes a merchant's commands, by writing or by forwarding, until the merchant is idle.
    async fn serve(self, merchant: MerchantId, mut messages: mpsc::Receiver<Message>) {
        let mut backlog = Vec::new();
        let mut no_forwarding_before = Instant::now();
        loop {
            match self.write_mode(&merchant, no_forwarding_before).await {
                WriteMode::Forwarded(connection) => {
                    let settings = &self.inner.shared.settings;
                    let mut forwarder = Forwarder::new(&merchant, settings, connection);
                    match forwarder.run(&mut messages, &mut backlog).await {
                        ForwardOutcome::Closed if backlog.is_empty() => return,
                        ForwardOutcome::Idle if self.retire(&merchant, &messages) => return,
                        ForwardOutcome::TimedOut => {
                            no_forwarding_before = Instant::now() + UNLEASED_WRITE_FOR * 5;
                        }
                        ForwardOutcome::Gone => {
                            no_forwarding_before = Instant::now() + UNLEASED_WRITE_FOR / 5;
                        }
                        ForwardOutcome::Idle | ForwardOutcome::Closed => {}
                    }
                }
                mode => match self.write(&merchant, &mut messages, &mut backlog, mode).await {
                    Ended::Closed => return,
                    Ended::Idle if self.retire(&merchant, &messages) => return,
                    Ended::Idle | Ended::Stopped => {}
                },
            }
        }
    }

    async fn write_mode(&self, merchant: &MerchantId, no_forwarding_before: Instant) -> WriteMode {
        match self.inner.leases.claim(merchant).await {
            Claim::Own(lease) => WriteMode::Leased(lease),
            Claim::HeldBy { remaining, .. } if Instant::now() < no_forwarding_before => {
                WriteMode::Unleased(no_forwarding_before.min(Instant::now() + remaining))
            }
            Claim::HeldBy { address, remaining } => match self.inner.connections.to(&address).await {
                Ok(connection) => WriteMode::Forwarded(connection),
                Err(error) => {
                    tracing::warn!(%merchant, %error, "lease holder unreachable; writing without the lease");
                    WriteMode::Unleased(Instant::now() + remaining.min(UNLEASED_WRITE_FOR))
                }
            },
            Claim::Unknown => WriteMode::Unleased(Instant::now() + UNLEASED_WRITE_FOR),
        }
    }

    async fn write(
        &self,
        merchant: &MerchantId,
        messages: &mut mpsc::Receiver<Message>,
        backlog: &mut Vec<Submission>,
        mut mode: WriteMode,
    ) -> Ended {
        let shared = &self.inner.shared;
        let known = self.inner.lock().heads.get(merchant).copied();
        let head = match known {
            Some(head) => head,
            // If the head cannot be read, the first batch finds that it has moved.
            None => shared.journal.head(merchant.as_str()).await.unwrap_or_default(),
        };
        let mut writer = Writer::new(merchant.clone(), shared.clone(), head, std::mem::take(backlog));
        if known.is_some() {
            writer.catch_up().await;
        }
        let stop = async {
            match &mut mode {
                WriteMode::Leased(lease) => lease.lost().await,
                WriteMode::Unleased(until) => tokio::time::sleep_until(*until).await,
                WriteMode::Forwarded(_) => {}
            }
        };
        let ended = writer.run(messages, stop).await;
        self.inner.lock().heads.insert(merchant.clone(), writer.head());
        if let WriteMode::Leased(lease) = mode {
            lease.release().await;
        }
        ended
    }

    /// Removes a merchant's queue, unless a command has arrived in the meantime.
    fn retire(&self, merchant: &MerchantId, messages: &mpsc::Receiver<Message>) -> bool {
        let mut writers = self.inner.lock();
        // A slot in the queue needs a sender, and senders are cloned only under this lock.
        let is_unused = writers.queues.get(merchant).is_none_or(|queue| queue.strong_count() == 1);
        let retired = messages.is_empty() && is_unused;
        if retired {
            writers.queues.remove(merchant);
        }
        retired
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Writers> {
        // No code under the lock can panic.
        self.writers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
