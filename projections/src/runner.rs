//! Keeping the read models up with the journal.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use holdfast_journal::{Event, Journal, JournalError, has_grown};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::availability::AvailabilityProjection;
use crate::checkpoint::{self, Checkpoint};
use crate::error::ViewError;
use crate::folding::{decoded, fold_into, halted};
use crate::generation;
use crate::lease::Lease;
use crate::order_status::OrderStatusProjection;
use crate::progress::{Progress, ProjectionState};
use crate::projection::{Projection, Scope};
use crate::store::ViewStore;

/// Events folded in one transaction, about.
const SPAN: usize = 10_000;
/// The least time from one look to the next: what is appended meanwhile is folded together, which costs less.
const PACE: Duration = Duration::from_millis(15);
/// How often to look without having been woken.
const POLL: Duration = Duration::from_secs(1);
/// How often to look while another node is folding what is missing here.
const FOLLOW: Duration = Duration::from_millis(25);

/// Runs every projection of a node.
#[derive(Debug)]
pub struct Projections {
    progress: Progress,
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Projections {
    /// Starts all projections over a journal. `commits` wakes them. Where several nodes share a store, one of them
    /// at a time folds a merchant's events into a projection, and the others follow: `node` is this one's name,
    /// which no other has.
    pub async fn start(
        journal: &Arc<dyn Journal>,
        store: &ViewStore,
        commits: &watch::Receiver<u64>,
        node: &str,
    ) -> Result<Self, ViewError> {
        let progress = Progress::default();
        let stop = watch::Sender::new(false);
        let mut tasks = JoinSet::new();
        macro_rules! start {
            ($($projection:ty),*) => {$(
                let runner = Runner::<$projection>::new(journal, store, &progress, node).await?;
                tasks.spawn(runner.run(commits.clone(), stop.subscribe()));
            )*};
        }
        start!(OrderStatusProjection, AvailabilityProjection);
        Ok(Self { progress, tasks, stop })
    }

    /// How far they are.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Ends all projections, each after the span it is at.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

struct Runner<P> {
    journal: Arc<dyn Journal>,
    store: ViewStore,
    progress: Progress,
    node: String,
    /// Merchants whose checkpoint is known to be of this journal, with the checkpoint.
    known: HashMap<String, Checkpoint>,
    /// After which position the events of a merchant were left to another node at the last look.
    left_to_others: HashMap<String, u64>,
    generation: i64,
    projection: std::marker::PhantomData<P>,
}

/// A merchant whose journal may have more than its checkpoint.
struct Behind {
    merchant: String,
    head: u64,
    checkpoint: Checkpoint,
}

impl<P: Projection> Runner<P> {
    async fn new(
        journal: &Arc<dyn Journal>,
        store: &ViewStore,
        progress: &Progress,
        node: &str,
    ) -> Result<Self, ViewError> {
        let generation = generation::serving(store, P::NAME, P::VERSION).await?;
        progress.serve(P::NAME, generation);
        Ok(Self {
            journal: Arc::clone(journal),
            store: store.clone(),
            progress: progress.clone(),
            node: node.to_owned(),
            known: HashMap::new(),
            left_to_others: HashMap::new(),
            generation,
            projection: std::marker::PhantomData,
        })
    }

    async fn run(mut self, mut commits: watch::Receiver<u64>, mut stop: watch::Receiver<bool>) {
        loop {
            let again = tokio::time::Instant::now() + PACE;
            let complete = self.catch_up(&stop).await;
            if *stop.borrow() {
                return;
            }
            tokio::select! {
                _ = stop.changed() => {}
                // Every commit wakes the node that is folding it; this one need not ask as often.
                () = tokio::time::sleep(FOLLOW), if !complete => {}
                woken = tokio::time::timeout(POLL, commits.changed()), if complete => match woken {
                    Ok(Ok(())) => {}
                    // Nobody will commit any more on this node: others may.
                    Ok(Err(_)) => tokio::time::sleep(POLL).await,
                    Err(_) => self.forget_what_was_lost().await,
                }
            }
            tokio::time::sleep_until(again).await;
        }
    }

    /// Folds what every merchant's journal has more than its checkpoint. One merchant's trouble is no other's.
    /// False: another node is folding what is missing here.
    async fn catch_up(&mut self, stop: &watch::Receiver<bool>) -> bool {
        let behind = match self.behind().await {
            Ok(behind) => behind,
            Err(error) => {
                tracing::warn!(projection = P::NAME, %error, "a projection could not go on");
                return true;
            }
        };
        let mut complete = true;
        for Behind { merchant, head, checkpoint } in behind {
            match self.catch_up_merchant(&merchant, head, checkpoint, stop).await {
                Ok(reached) => complete &= reached,
                Err(error) => {
                    self.known.remove(&merchant);
                    complete &= !self.tell(&merchant, &error);
                }
            }
        }
        complete
    }

    /// A server that crashed may have lost what it said was folded: that is folded again, also where nothing new comes.
    async fn forget_what_was_lost(&mut self) {
        if !self.store.is_shared() || self.known.is_empty() {
            return;
        }
        let there = async {
            let mut connection = self.store.writer().await?;
            checkpoint::read_all(&mut connection, P::NAME, self.generation).await
        };
        match there.await {
            Ok(there) => self.known.retain(|merchant, known| {
                there.get(merchant).is_some_and(|there| there.position >= known.position)
            }),
            Err(error) => tracing::debug!(projection = P::NAME, %error, "checkpoints cannot be read"),
        }
    }

    /// Tells what is wrong with a merchant, and gives whether it is only that another node was faster.
    fn tell(&self, merchant: &str, error: &ViewError) -> bool {
        if matches!(error, ViewError::CheckpointMoved(_)) {
            tracing::debug!(projection = P::NAME, merchant, "another node was faster");
            return true;
        }
        if let Some(reason) = halts(error) {
            tracing::error!(projection = P::NAME, merchant, reason, "a projection has halted");
            self.progress.halt(P::NAME, merchant, reason);
        } else {
            // What cannot be read or written now is tried again.
            tracing::warn!(projection = P::NAME, merchant, %error, "a projection could not go on");
        }
        false
    }

    /// Every merchant that may have something to fold. What other nodes have folded since is one question, however
    /// many merchants there are.
    async fn behind(&self) -> Result<Vec<Behind>, ViewError> {
        let mut heads = self.journal.heads().await?;
        heads.retain(|(merchant, head)| {
            let reached = self.known.get(merchant).is_some_and(|known| known.position >= head.position);
            !reached && self.progress.state(P::NAME, merchant).halted.is_none()
        });
        let unknown = heads.iter().any(|(merchant, _)| !self.known.contains_key(merchant));
        let mut there = if unknown || (self.store.is_shared() && !heads.is_empty()) {
            let mut connection = self.store.writer().await?;
            Some(checkpoint::read_all(&mut connection, P::NAME, self.generation).await?)
        } else {
            None
        };
        let behind = heads.into_iter().map(|(merchant, head)| {
            let checkpoint = match &mut there {
                Some(there) => there.remove(&merchant),
                None => self.known.get(&merchant).cloned(),
            };
            Behind { merchant, head: head.position, checkpoint: checkpoint.unwrap_or_default() }
        });
        Ok(behind.collect())
    }

    /// Brings one merchant up to where its journal ends, or as far as another node that is at it has come. Gives
    /// whether the end is reached.
    async fn catch_up_merchant(
        &mut self,
        merchant: &str,
        head: u64,
        mut checkpoint: Checkpoint,
        stop: &watch::Receiver<bool>,
    ) -> Result<bool, ViewError> {
        let scope = Scope { merchant, generation: self.generation };
        if !self.known.contains_key(merchant) {
            self.verify(scope, &checkpoint).await?;
        }
        self.report(scope, &checkpoint);
        if checkpoint.position < head
            && self.is_its_turn(merchant, checkpoint.position)
            && let Some(mut lease) = Lease::take(&self.store, P::NAME, scope, &self.node).await?
        {
            let folded = self.fold_up_to(scope, head, checkpoint, &mut lease, stop).await;
            if let Err(error) = lease.give_back().await {
                tracing::debug!(projection = P::NAME, merchant, %error, "a lease is left to expire");
            }
            checkpoint = folded?;
        }
        let reached = checkpoint.position >= head;
        self.known.insert(merchant.to_owned(), checkpoint);
        Ok(reached)
    }

    /// Whether this node should fold what comes after a position, rather than another: because it has written that and
    /// need not read it, or because nobody has folded it since this node saw that it was there.
    fn is_its_turn(&mut self, merchant: &str, after: u64) -> bool {
        !self.store.is_shared()
            || self.journal.has_at_hand(merchant, after)
            || self.left_to_others.insert(merchant.to_owned(), after) == Some(after)
    }

    async fn fold_up_to(
        &self,
        scope: Scope<'_>,
        head: u64,
        mut checkpoint: Checkpoint,
        lease: &mut Lease<'_>,
        stop: &watch::Receiver<bool>,
    ) -> Result<Checkpoint, ViewError> {
        while checkpoint.position < head && !*stop.borrow() && lease.renew().await? {
            let events = self.journal.read(scope.merchant, checkpoint.position, SPAN).await?;
            checkpoint = self.fold_span(scope, &checkpoint, &events).await?;
            self.report(scope, &checkpoint);
        }
        Ok(checkpoint)
    }

    fn report(&self, scope: Scope<'_>, checkpoint: &Checkpoint) {
        let (generation, merchant) = (scope.generation, scope.merchant);
        let Checkpoint { position, folded, parked, .. } = *checkpoint;
        let state = ProjectionState { generation, position, folded, parked, halted: None };
        if self.progress.state(P::NAME, merchant) != state {
            self.progress.set(P::NAME, merchant, state);
        }
    }

    /// Makes certain that a checkpoint belongs to this journal.
    async fn verify(&self, scope: Scope<'_>, checkpoint: &Checkpoint) -> Result<(), ViewError> {
        if checkpoint.position > 0 {
            let there = self.journal.read(scope.merchant, checkpoint.position - 1, 1).await?;
            if there.first().is_none_or(|event| event.hash.0[..] != checkpoint.hash) {
                let reason = "the journal is not the one that was folded";
                return Err(halted::<P>(scope, checkpoint.position, reason));
            }
        }
        Ok(())
    }

    /// Folds a span and moves the checkpoint, in one transaction. The checkpoint first: if another node is at the
    /// same span, one of them waits here for the other, and then has nothing to take back.
    async fn fold_span(
        &self,
        scope: Scope<'_>,
        checkpoint: &Checkpoint,
        events: &[Event],
    ) -> Result<Checkpoint, ViewError> {
        if events.first().is_some_and(|first| !first.follows(scope.merchant, &checkpoint.hash)) {
            let reason = "what comes next does not follow what was folded: history is another one";
            return Err(halted::<P>(scope, checkpoint.position, reason));
        }
        let recorded = decoded::<P>(scope, checkpoint.position, events)?;
        let Some(last) = events.last() else {
            return Err(halted::<P>(scope, checkpoint.position, "the journal ends before its head says"));
        };
        let next = Checkpoint {
            position: last.position,
            hash: last.hash.0.to_vec(),
            folded: checkpoint.folded + events.len() as u64,
            parked: checkpoint.parked,
        };
        if next.folded + next.parked != next.position {
            let reason = "folded and parked events do not add up to the position";
            return Err(halted::<P>(scope, next.position, reason));
        }
        let mut transaction = self.store.begin().await?;
        checkpoint::advance(&mut transaction, P::NAME, scope, checkpoint, &next).await?;
        fold_into::<P>(&mut transaction, scope, recorded).await?;
        if has_grown(checkpoint.position, next.position) {
            transaction.keep_statistics(P::TABLES).await?;
        }
        transaction.commit().await?;
        Ok(next)
    }
}

/// Why a projection cannot go on by itself; nothing where it may the next time.
fn halts(error: &ViewError) -> Option<String> {
    match error {
        ViewError::Halted { reason, .. } => Some(reason.clone()),
        ViewError::Journal(JournalError::Corrupt(_)) | ViewError::Row { .. } => Some(error.to_string()),
        _ => None,
    }
}
