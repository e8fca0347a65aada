//! Keeping one generation of a projection up to date with the journal.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::time::{Duration, Instant};

use holdfast_journal::JournalError;
use tokio::sync::watch;

use super::batch::apply_batch;
use super::checkpoint::{self, Checkpoint};
use super::classify::halted;
use super::context::{FOLLOW_INTERVAL, POLL_INTERVAL, ProjectionContext};
use super::generation;
use super::lease::Lease;
use super::parked::{self, ParkedStreams};
use super::prefetch::{EventBatch, Prefetch, Range};
use super::progress::ProjectionState;
use super::projection::Projection;
use super::rebuild_throttle::{BUSY_PERIOD, MAX_EVENTS_PER_SLOT, RebuildThrottle};
use crate::error::{Result, ViewError};
use crate::store::Scope;

/// The shortest time between two rounds. Events that are committed meanwhile are applied together, which costs less.
const MIN_INTERVAL: Duration = Duration::from_millis(15);

/// [`BUSY_PERIOD`] in microseconds.
const BUSY_MICROSECONDS: i64 = BUSY_PERIOD.as_micros() as i64;

/// How a runner reads the journal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunMode {
    /// About how many events are applied in one transaction.
    batch_size: usize,
    /// Whether the runner is throttled while commands are committed.
    is_throttled: bool,
}

impl RunMode {
    /// Follows the journal without a throttle.
    pub(crate) const FOLLOW: Self = Self { batch_size: 10_000, is_throttled: false };
    /// Builds a generation in large batches, throttled.
    pub(crate) const BUILD: Self = Self { batch_size: 20_000, is_throttled: true };
}

/// Applies the journals of all merchants to one generation.
pub(crate) struct Runner<P> {
    context: ProjectionContext,
    generation: i64,
    mode: RunMode,
    /// Checkpoints that are verified to belong to this journal, with the parked streams, by merchant.
    verified: HashMap<String, (Checkpoint, ParkedStreams)>,
    /// The position after which the events of a merchant were left to another node in the last round.
    deferred: HashMap<String, u64>,
    /// The number of events that were missing at the last complete round, over all merchants.
    last_backlog: u64,
    /// Whether the backlog has not shrunk since the last complete round. Then the throttle is off for this round,
    /// because a throttled build would never finish.
    is_falling_behind: bool,
    /// Whether a command of any merchant was committed shortly before this round.
    is_busy: bool,
    /// When checkpoints were last read from the store.
    checkpoints_read_at: Option<Instant>,
    projection: PhantomData<P>,
}

/// The result of a round, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CatchUp {
    /// The checkpoint of every merchant has reached the head of its journal, or has halted.
    Complete,
    /// Another node is applying the missing events.
    LeasedElsewhere,
    /// Something could not be read or written. The next round tries again.
    Failed,
}

/// A merchant whose journal may have events behind its checkpoint.
struct Backlog {
    merchant: String,
    head: u64,
    checkpoint: Checkpoint,
}

impl<P: Projection> Runner<P> {
    pub(crate) fn new(context: ProjectionContext, generation: i64, mode: RunMode) -> Self {
        Self {
            context,
            generation,
            mode,
            verified: HashMap::new(),
            deferred: HashMap::new(),
            last_backlog: u64::MAX,
            is_falling_behind: false,
            is_busy: false,
            checkpoints_read_at: None,
            projection: PhantomData,
        }
    }

    /// Applies events as they are committed, until it is stopped.
    pub(crate) async fn follow(mut self, mut commits: watch::Receiver<u64>, mut stop: watch::Receiver<bool>) {
        loop {
            let next_round = tokio::time::Instant::now() + MIN_INTERVAL;
            let wait_for_commit = self.catch_up(&stop).await != CatchUp::LeasedElsewhere;
            if *stop.borrow() {
                return;
            }
            tokio::select! {
                _ = stop.changed() => {}
                // Commits wake the node that holds the lease; this one only checks its checkpoint.
                () = tokio::time::sleep(FOLLOW_INTERVAL), if !wait_for_commit => {}
                woken = tokio::time::timeout(POLL_INTERVAL, commits.changed()), if wait_for_commit => {
                    if let Ok(Err(_)) = woken {
                        // This node commits no more; other nodes may.
                        tokio::time::sleep(POLL_INTERVAL).await;
                    }
                }
            }
            tokio::time::sleep_until(next_round).await;
        }
    }

    /// Applies the missing events of every merchant. An error of one merchant does not affect the others.
    pub(crate) async fn catch_up(&mut self, stop: &watch::Receiver<bool>) -> CatchUp {
        let backlogs = match self.backlogs().await {
            Ok(backlogs) => backlogs,
            Err(error) => {
                tracing::warn!(projection = P::NAME, %error, "failed to read checkpoints");
                // A database server that crashed may have lost checkpoints that it had confirmed.
                self.forget_checkpoints();
                return CatchUp::Failed;
            }
        };
        let total =
            backlogs.iter().map(|backlog| backlog.head.saturating_sub(backlog.checkpoint.position)).sum();
        self.is_falling_behind = total >= self.last_backlog;
        let mut result = CatchUp::Complete;
        for Backlog { merchant, head, checkpoint } in backlogs {
            match self.catch_up_merchant(&merchant, head, checkpoint, stop).await {
                Ok(true) => {}
                Ok(false) => result = result.max(CatchUp::LeasedElsewhere),
                Err(error) => {
                    self.verified.remove(&merchant);
                    result = result.max(self.report_error(&merchant, &error));
                }
            }
        }
        if result == CatchUp::Complete {
            self.last_backlog = total;
        }
        result
    }

    /// Why the generation has halted for some merchant, if it has.
    pub(crate) fn halt_reason(&self) -> Option<String> {
        self.context.progress.halt_reason(P::NAME, self.generation)
    }

    /// Forgets all checkpoints, so that the next round reads them from the store.
    pub(crate) fn forget_checkpoints(&mut self) {
        self.verified.clear();
    }

    /// Forgets the checkpoints that the stored ones contradict: a database server that crashed may have lost the last
    /// transactions, and a retry may have folded parked streams.
    fn forget_contradicted(&mut self, stored: &HashMap<String, Checkpoint>) {
        self.verified.retain(|merchant, (known, _)| {
            let agrees = |stored: &Checkpoint| {
                stored.position > known.position
                    || (stored.position == known.position && stored.parked == known.parked)
            };
            stored.get(merchant).is_some_and(agrees)
        });
    }

    /// Logs the error of a merchant, and halts the merchant if a retry cannot help.
    fn report_error(&self, merchant: &str, error: &ViewError) -> CatchUp {
        if matches!(error, ViewError::CheckpointMoved(_)) {
            tracing::debug!(projection = P::NAME, merchant, "another node has applied the events");
            return CatchUp::LeasedElsewhere;
        }
        if let Some(reason) = permanent_failure(error) {
            let generation = self.generation;
            tracing::error!(projection = P::NAME, generation, merchant, reason, "the projection has halted");
            self.context.progress.halt(P::NAME, generation, merchant, reason);
            return CatchUp::Complete;
        }
        tracing::warn!(projection = P::NAME, merchant, %error, "failed to apply events; will retry");
        CatchUp::Failed
    }

    /// The merchants that may have events to apply. Reads the checkpoints of all merchants with one statement: at least
    /// every second, even if nothing is missing (see [`Self::forget_contradicted`]).
    async fn backlogs(&mut self) -> Result<Vec<Backlog>> {
        let heads = self.context.journal.heads().await?;
        let busy_since = generation::now().saturating_sub(BUSY_MICROSECONDS);
        self.is_busy = heads.iter().any(|(_, head)| head.time >= busy_since);
        let missing: Vec<&String> = heads
            .iter()
            .filter(|(merchant, head)| self.is_missing_events(merchant, head.position))
            .map(|(merchant, _)| merchant)
            .collect();
        let is_unknown = missing.iter().any(|merchant| !self.verified.contains_key(*merchant));
        let is_due = self.checkpoints_read_at.is_none_or(|at| at.elapsed() >= POLL_INTERVAL);
        let may_have_moved = self.context.store.is_shared() && !missing.is_empty();
        let mut stored = if is_due || is_unknown || may_have_moved {
            let mut connection = self.context.store.writer().await?;
            let stored = checkpoint::read_all(&mut connection, P::NAME, self.generation).await?;
            self.checkpoints_read_at = Some(Instant::now());
            self.forget_contradicted(&stored);
            Some(stored)
        } else {
            None
        };
        let mut backlogs = Vec::new();
        for (merchant, head) in heads {
            if self.is_missing_events(&merchant, head.position) {
                let checkpoint = match &mut stored {
                    Some(stored) => stored.remove(&merchant),
                    None => self.verified.get(&merchant).map(|(known, _)| known.clone()),
                };
                let checkpoint = checkpoint.unwrap_or_default();
                backlogs.push(Backlog { merchant, head: head.position, checkpoint });
            }
        }
        Ok(backlogs)
    }

    /// Whether a merchant may have events to apply. A merchant that has halted has none.
    fn is_missing_events(&self, merchant: &str, head: u64) -> bool {
        let is_reached = self.verified.get(merchant).is_some_and(|(known, _)| known.position >= head);
        let state = || self.context.progress.generation_state(P::NAME, self.generation, merchant);
        !is_reached && state().halted.is_none()
    }

    /// Applies the events of one merchant up to the head, or as far as another node that holds the lease has come.
    /// Returns whether the head is reached.
    async fn catch_up_merchant(
        &mut self,
        merchant: &str,
        head: u64,
        mut checkpoint: Checkpoint,
        stop: &watch::Receiver<bool>,
    ) -> Result<bool> {
        let scope = Scope { merchant, generation: self.generation };
        if !self.verified.contains_key(merchant) {
            self.verify(scope, &checkpoint).await?;
        }
        self.report_progress(scope, &checkpoint);
        let mut parked = self.parked_streams(scope, &checkpoint).await?;
        if checkpoint.position < head
            && self.should_apply(merchant, checkpoint.position)
            && let Some(mut lease) =
                Lease::take(&self.context.store, P::NAME, scope, &self.context.node).await?
        {
            let applied = self.apply_up_to(scope, head, (checkpoint, parked), &mut lease, stop).await;
            if let Err(error) = lease.release().await {
                tracing::debug!(projection = P::NAME, merchant, %error, "failed to release a lease");
            }
            (checkpoint, parked) = applied?;
        }
        let is_reached = checkpoint.position >= head;
        self.verified.insert(merchant.to_owned(), (checkpoint, parked));
        Ok(is_reached)
    }

    /// The parked streams at a checkpoint. Reads them from the store only if the checkpoint counts parked events.
    async fn parked_streams(&self, scope: Scope<'_>, checkpoint: &Checkpoint) -> Result<ParkedStreams> {
        match self.verified.get(scope.merchant) {
            Some((known, parked)) if known == checkpoint => Ok(parked.clone()),
            _ if checkpoint.parked == 0 => Ok(ParkedStreams::default()),
            _ => parked::read(&mut self.context.store.writer().await?.scoped(scope), P::NAME).await,
        }
    }

    /// Whether this node should apply the events after a position: because it has them in memory, or because no node
    /// has applied them since the last round.
    fn should_apply(&mut self, merchant: &str, after: u64) -> bool {
        !self.context.store.is_shared()
            || self.context.journal.is_cached(merchant, after)
            || self.deferred.insert(merchant.to_owned(), after) == Some(after)
    }

    async fn apply_up_to(
        &self,
        scope: Scope<'_>,
        head: u64,
        (mut checkpoint, mut parked): (Checkpoint, ParkedStreams),
        lease: &mut Lease<'_>,
        stop: &watch::Receiver<bool>,
    ) -> Result<(Checkpoint, ParkedStreams)> {
        let is_throttled = self.mode.is_throttled && !self.is_falling_behind;
        let is_busy = is_throttled && self.is_busy;
        let range = Range {
            merchant: scope.merchant.to_owned(),
            after: checkpoint.position,
            to: head,
            batch_size: if is_busy { MAX_EVENTS_PER_SLOT } else { self.mode.batch_size },
        };
        let ProjectionContext { journal, store, rebuild_slots, .. } = &self.context;
        let mut prefetch = Prefetch::start::<P>(journal, range);
        let mut throttle =
            is_throttled.then(|| RebuildThrottle::new(rebuild_slots, journal.commits(), is_busy));
        let mut prefetched = EventBatch::default();
        while checkpoint.position < head && !*stop.borrow() && lease.renew().await? {
            if prefetched.is_empty() {
                let Some(next) = prefetch.next().await else { break };
                prefetched = next?;
            }
            let slot = match &mut throttle {
                Some(throttle) => Some(throttle.acquire().await),
                None => None,
            };
            let batch = prefetched.take(slot.as_ref().map_or(usize::MAX, |slot| slot.max_events));
            (checkpoint, parked) = apply_batch::<P>(store, scope, &checkpoint, &parked, batch).await?;
            self.report_progress(scope, &checkpoint);
            if let (Some(throttle), Some(slot)) = (&mut throttle, slot) {
                throttle.release(slot).await;
            }
        }
        Ok((checkpoint, parked))
    }

    fn report_progress(&self, scope: Scope<'_>, checkpoint: &Checkpoint) {
        let Checkpoint { position, folded, parked, .. } = *checkpoint;
        let state = ProjectionState { generation: self.generation, position, folded, parked, halted: None };
        self.context.progress.set_state(P::NAME, scope.merchant, &state);
    }

    /// Fails unless the event at the checkpoint has the checkpoint's hash.
    async fn verify(&self, scope: Scope<'_>, checkpoint: &Checkpoint) -> Result<()> {
        if checkpoint.position > 0 {
            let events = self.context.journal.read(scope.merchant, checkpoint.position - 1, 1).await?;
            if events.first().is_none_or(|event| event.hash.0[..] != checkpoint.hash) {
                let reason = "the read model was built from another journal";
                return Err(halted::<P>(scope.merchant, checkpoint.position, reason));
            }
        }
        Ok(())
    }
}

/// The reason of an error that a retry cannot fix. `None` if a retry may succeed.
fn permanent_failure(error: &ViewError) -> Option<String> {
    match error {
        ViewError::Halted { reason, .. } => Some(reason.clone()),
        ViewError::Journal(JournalError::Corrupt(_)) | ViewError::Row { .. } => Some(error.to_string()),
        _ => None,
    }
}
