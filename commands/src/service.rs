//! The way in: one bounded queue and one writer for every active merchant.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use holdfast_domain::values::MerchantId;
use holdfast_journal::{Journal, OutcomeKey};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinSet;

use crate::answer::{CommandState, NotExecuted, Reply};
use crate::clock::Clock;
use crate::committer::Committer;
use crate::dispatch::AnyCommand;
use crate::privacy::Vault;
use crate::request::{Caller, Metadata, Request};
use crate::retention::prune_refusals;
use crate::settings::Settings;
use crate::writer::{Ended, Message, Shared, Submission, Writer};

/// The unit in which bytes under way are counted.
const SHARE: usize = 1_024;

struct Writers {
    queues: HashMap<MerchantId, mpsc::Sender<Message>>,
    tasks: JoinSet<()>,
    closed: bool,
}

struct Inner {
    shared: Shared,
    shares: Arc<Semaphore>,
    writers: Mutex<Writers>,
    /// Ends with this.
    _retention: JoinSet<()>,
}

/// The write side of a node.
#[derive(Clone)]
pub struct Commands {
    inner: Arc<Inner>,
}

impl Commands {
    /// Starts the write side over a journal. Writers start with their merchants' first commands.
    pub fn start(journal: Arc<dyn Journal>, vault: Vault, clock: Arc<dyn Clock>, settings: Settings) -> Self {
        let shares = Arc::new(Semaphore::new(settings.queued_bytes / SHARE));
        let mut retention = JoinSet::new();
        retention.spawn(prune_refusals(Arc::clone(&journal), Arc::clone(&clock), settings.refusals_kept));
        let shared = Shared {
            committer: Committer::start(Arc::clone(&journal)),
            journal,
            vault,
            clock,
            settings: Arc::new(settings),
            commits: Arc::new(watch::Sender::new(0)),
        };
        let writers = Writers { queues: HashMap::new(), tasks: JoinSet::new(), closed: false };
        let inner = Inner { shared, shares, writers: Mutex::new(writers), _retention: retention };
        Self { inner: Arc::new(inner) }
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
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let shares = |bytes: usize| u32::try_from(bytes.div_ceil(SHARE)).unwrap_or(u32::MAX);
        let all = requests.iter().fold(0, |sum, request| shares(request.bytes).saturating_add(sum));
        let permit = Arc::clone(&self.inner.shares).try_acquire_many_owned(all);
        let mut permit = permit.map_err(|_| NotExecuted::Overloaded)?;
        let queue = self.queue(merchant)?;
        let places = queue.try_reserve_many(requests.len()).map_err(|_| NotExecuted::Overloaded)?;
        let mut replies = Vec::with_capacity(requests.len());
        for (place, request) in places.zip(requests) {
            let (reply, receiver) = oneshot::channel();
            let share = permit.split(shares(request.bytes) as usize);
            place.send(Message::Command(Box::new(Submission { request, reply, _share: share })));
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

    /// Changes with every commit, of whichever merchant.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.inner.shared.commits.subscribe()
    }

    /// What seals and opens personal data.
    pub fn vault(&self) -> &Vault {
        &self.inner.shared.vault
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

    /// Runs a merchant's writer until it has nothing to do for a while.
    async fn write(self, merchant: MerchantId, mut messages: mpsc::Receiver<Message>) {
        let Inner { shared, .. } = &*self.inner;
        // A head that cannot be read now is found out about by the first batch.
        let head = shared.journal.head(merchant.as_str()).await.unwrap_or_default();
        let mut writer = Writer::new(merchant.clone(), shared.clone(), head);
        loop {
            if writer.run(&mut messages).await == Ended::Closed {
                return;
            }
            let mut writers = self.inner.lock();
            // Nobody can have taken a place since: places are taken under this lock, or by holders counted here.
            let only_holder = writers.queues.get(&merchant).is_none_or(|queue| queue.strong_count() == 1);
            if messages.is_empty() && only_holder {
                writers.queues.remove(&merchant);
                return;
            }
        }
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Writers> {
        // Nothing that can panic happens under the lock.
        self.writers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
