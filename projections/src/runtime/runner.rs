//! Keeping one generation of a projection up with the journal.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use holdfast_journal::{Event, Journal, JournalError, has_grown};
use tokio::sync::watch;

use crate::error::ViewError;
use crate::runtime::apply::{FoldError, Looked, fold_into, halted, look, sort_out};
use crate::runtime::checkpoint::{self, Checkpoint};
use crate::runtime::generation;
use crate::runtime::lease::Lease;
use crate::runtime::parked::{self, Parked, ParkedStream};
use crate::runtime::prefetch::{Ahead, Part, Span};
use crate::runtime::progress::{Progress, ProjectionState};
use crate::runtime::projection::{Projection, table_names};
use crate::runtime::rebuild_throttle::{FEW, GivingWay, QUIET, Turns};
use crate::store::{Scope, ViewConnection, ViewStore};

/// The least time from one look to the next: what is appended meanwhile is folded together, which costs less.
const PACE: Duration = Duration::from_millis(15);
/// How often to look without having been woken.
pub(crate) const POLL: Duration = Duration::from_secs(1);
/// How often to look while another node is folding what is missing here.
pub(crate) const FOLLOW: Duration = Duration::from_millis(25);

/// The same as [`QUIET`], in microseconds.
const BUSY: i64 = QUIET.as_micros() as i64;

/// How a generation is folded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// Events folded in one transaction, about.
    pub(crate) span: usize,
    /// Whether commands go first.
    pub(crate) gives_way: bool,
}

/// As it comes, and before anything else.
pub(crate) const FOLLOWING: Manner = Manner { span: 10_000, gives_way: false };
/// All that is there, so that it costs as little as it can, and gives way to commands.
pub(crate) const BUILDING: Manner = Manner { span: 20_000, gives_way: true };

/// What everything that folds on a node shares.
#[derive(Clone)]
pub(crate) struct Workshop {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) store: ViewStore,
    pub(crate) progress: Progress,
    pub(crate) node: Arc<str>,
    pub(crate) turns: Turns,
}

/// Folds one generation.
pub(crate) struct Runner<P> {
    pub(crate) shop: Workshop,
    pub(crate) generation: i64,
    manner: Manner,
    /// Merchants whose checkpoint is known to be of this journal, with the checkpoint and what is parked by it.
    known: HashMap<String, (Checkpoint, Parked)>,
    /// After which position the events of a merchant were left to another node at the last look.
    left_to_others: HashMap<String, u64>,
    /// How many events were missing the last time that all of them were folded, of all merchants.
    missing: u64,
    /// Whether no fewer are missing than then: whoever gives way more does not come to the end.
    hurries: bool,
    /// Whether commands were carried out not long before the last look, whoever's.
    is_busy: bool,
    /// When checkpoints were last read.
    looked_at: Option<Instant>,
    projection: std::marker::PhantomData<P>,
}

/// What became of catching up, the better first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CaughtUp {
    /// Every merchant's checkpoint has come to where its journal ended, or has halted.
    Whole,
    /// Another node is folding what is missing here.
    Elsewhere,
    /// Something could not be read or written, and is tried again.
    Failed,
}

/// A merchant whose journal may have more than its checkpoint.
struct Behind {
    merchant: String,
    head: u64,
    checkpoint: Checkpoint,
}

impl<P: Projection> Runner<P> {
    pub(crate) fn new(shop: Workshop, generation: i64, manner: Manner) -> Self {
        Self {
            shop,
            generation,
            manner,
            known: HashMap::new(),
            left_to_others: HashMap::new(),
            missing: u64::MAX,
            hurries: false,
            is_busy: false,
            looked_at: None,
            projection: std::marker::PhantomData,
        }
    }

    /// Folds what comes, until it is stopped.
    pub(crate) async fn follow(mut self, mut commits: watch::Receiver<u64>, mut stop: watch::Receiver<bool>) {
        loop {
            let again = tokio::time::Instant::now() + PACE;
            let waits = self.catch_up(&stop).await != CaughtUp::Elsewhere;
            if *stop.borrow() {
                return;
            }
            tokio::select! {
                _ = stop.changed() => {}
                // Every commit wakes the node that is folding it; this one need not ask as often.
                () = tokio::time::sleep(FOLLOW), if !waits => {}
                woken = tokio::time::timeout(POLL, commits.changed()), if waits => {
                    if let Ok(Err(_)) = woken {
                        // Nobody will commit any more on this node: others may.
                        tokio::time::sleep(POLL).await;
                    }
                }
            }
            tokio::time::sleep_until(again).await;
        }
    }

    /// Folds what every merchant's journal has more than its checkpoint. One merchant's trouble is no other's.
    pub(crate) async fn catch_up(&mut self, stop: &watch::Receiver<bool>) -> CaughtUp {
        let behind = match self.behind().await {
            Ok(behind) => behind,
            Err(error) => {
                tracing::warn!(projection = P::NAME, %error, "a projection could not go on");
                // A server that crashed may have lost what it said was folded.
                self.forget();
                return CaughtUp::Failed;
            }
        };
        let missing =
            behind.iter().map(|behind| behind.head.saturating_sub(behind.checkpoint.position)).sum();
        self.hurries = missing >= self.missing;
        let mut caught_up = CaughtUp::Whole;
        for Behind { merchant, head, checkpoint } in behind {
            match self.catch_up_merchant(&merchant, head, checkpoint, stop).await {
                Ok(true) => {}
                Ok(false) => caught_up = caught_up.max(CaughtUp::Elsewhere),
                Err(error) => {
                    self.known.remove(&merchant);
                    caught_up = caught_up.max(self.tell(&merchant, &error));
                }
            }
        }
        if caught_up == CaughtUp::Whole {
            self.missing = missing;
        }
        caught_up
    }

    /// Why it has halted for some merchant, where it has.
    pub(crate) fn halted(&self) -> Option<String> {
        self.shop.progress.halted(P::NAME, self.generation)
    }

    /// What was known of merchants is looked up again: somebody else has changed it.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
    }

    /// Forgets the merchants whose checkpoint is not what it was said to be: a server that crashed may have lost what was
    /// folded last, and somebody may have taken parked streams up.
    fn forget_what_is_otherwise(&mut self, there: &HashMap<String, Checkpoint>) {
        self.known.retain(|merchant, (known, _)| {
            let is_as_known = |there: &Checkpoint| {
                there.position > known.position
                    || (there.position == known.position && there.parked == known.parked)
            };
            there.get(merchant).is_some_and(is_as_known)
        });
    }

    /// Tells what is wrong with a merchant.
    fn tell(&self, merchant: &str, error: &ViewError) -> CaughtUp {
        if matches!(error, ViewError::CheckpointMoved(_)) {
            tracing::debug!(projection = P::NAME, merchant, "another node was faster");
            return CaughtUp::Elsewhere;
        }
        if let Some(reason) = halts(error) {
            let generation = self.generation;
            tracing::error!(projection = P::NAME, generation, merchant, reason, "a projection has halted");
            self.shop.progress.halt(P::NAME, generation, merchant, reason);
            return CaughtUp::Whole;
        }
        // What cannot be read or written now is tried again.
        tracing::warn!(projection = P::NAME, merchant, %error, "a projection could not go on");
        CaughtUp::Failed
    }

    /// Every merchant that may have something to fold. What other nodes have folded since is one question, however many
    /// merchants there are. It is asked every second at least, also where nothing is missing: see
    /// [`Self::forget_what_is_otherwise`].
    async fn behind(&mut self) -> Result<Vec<Behind>, ViewError> {
        let heads = self.shop.journal.heads().await?;
        let lately = generation::now().saturating_sub(BUSY);
        self.is_busy = heads.iter().any(|(_, head)| head.time >= lately);
        let missing: Vec<&String> = heads
            .iter()
            .filter(|(merchant, head)| self.lacks(merchant, head.position))
            .map(|(merchant, _)| merchant)
            .collect();
        let is_unknown = missing.iter().any(|merchant| !self.known.contains_key(*merchant));
        let is_due = self.looked_at.is_none_or(|at| at.elapsed() >= POLL);
        let mut there = if is_due || is_unknown || (self.shop.store.is_shared() && !missing.is_empty()) {
            let mut connection = self.shop.store.writer().await?;
            let there = checkpoint::read_all(&mut connection, P::NAME, self.generation).await?;
            self.looked_at = Some(Instant::now());
            self.forget_what_is_otherwise(&there);
            Some(there)
        } else {
            None
        };
        let mut behind = Vec::new();
        for (merchant, head) in heads {
            if self.lacks(&merchant, head.position) {
                let checkpoint = match &mut there {
                    Some(there) => there.remove(&merchant),
                    None => self.known.get(&merchant).map(|(known, _)| known.clone()),
                };
                let checkpoint = checkpoint.unwrap_or_default();
                behind.push(Behind { merchant, head: head.position, checkpoint });
            }
        }
        Ok(behind)
    }

    /// Whether a merchant's checkpoint is not known to be where its journal ends. One that has halted lacks nothing.
    fn lacks(&self, merchant: &str, head: u64) -> bool {
        let is_reached = self.known.get(merchant).is_some_and(|(known, _)| known.position >= head);
        !is_reached && self.shop.progress.of_generation(P::NAME, self.generation, merchant).halted.is_none()
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
        let mut parked = self.parked(scope, &checkpoint).await?;
        if checkpoint.position < head
            && self.is_its_turn(merchant, checkpoint.position)
            && let Some(mut lease) = Lease::take(&self.shop.store, P::NAME, scope, &self.shop.node).await?
        {
            let folded = self.fold_up_to(scope, head, (checkpoint, parked), &mut lease, stop).await;
            if let Err(error) = lease.give_back().await {
                tracing::debug!(projection = P::NAME, merchant, %error, "a lease is left to expire");
            }
            (checkpoint, parked) = folded?;
        }
        let reached = checkpoint.position >= head;
        self.known.insert(merchant.to_owned(), (checkpoint, parked));
        Ok(reached)
    }

    /// What is parked at a checkpoint. A checkpoint without any needs no question.
    async fn parked(&self, scope: Scope<'_>, checkpoint: &Checkpoint) -> Result<Parked, ViewError> {
        match self.known.get(scope.merchant) {
            Some((known, parked)) if known == checkpoint => Ok(parked.clone()),
            _ if checkpoint.parked == 0 => Ok(Parked::default()),
            _ => parked::read(&mut self.shop.store.writer().await?, P::NAME, scope).await,
        }
    }

    /// Whether this node should fold what comes after a position, rather than another: because it has written that and
    /// need not read it, or because nobody has folded it since this node saw that it was there.
    fn is_its_turn(&mut self, merchant: &str, after: u64) -> bool {
        !self.shop.store.is_shared()
            || self.shop.journal.has_at_hand(merchant, after)
            || self.left_to_others.insert(merchant.to_owned(), after) == Some(after)
    }

    async fn fold_up_to(
        &self,
        scope: Scope<'_>,
        head: u64,
        (mut checkpoint, mut parked): (Checkpoint, Parked),
        lease: &mut Lease<'_>,
        stop: &watch::Receiver<bool>,
    ) -> Result<(Checkpoint, Parked), ViewError> {
        let gives_way = self.manner.gives_way && !self.hurries;
        let is_busy = gives_way && self.is_busy;
        let part = Part {
            merchant: scope.merchant.to_owned(),
            after: checkpoint.position,
            upto: head,
            span: if is_busy { FEW } else { self.manner.span },
        };
        let mut ahead = Ahead::of::<P>(&self.shop.journal, part);
        let Workshop { journal, store, turns, .. } = &self.shop;
        let mut way = gives_way.then(|| GivingWay::new(turns, journal.commits(), is_busy));
        let mut span = Span::default();
        while checkpoint.position < head && !*stop.borrow() && lease.renew().await? {
            if span.is_empty() {
                let Some(next) = ahead.next().await else { break };
                span = next?;
            }
            let turn = match &mut way {
                Some(way) => Some(way.turn().await),
                None => None,
            };
            let part = span.take(turn.as_ref().map_or(usize::MAX, |turn| turn.most));
            (checkpoint, parked) = fold_span::<P>(store, scope, &checkpoint, &parked, part).await?;
            self.report(scope, &checkpoint);
            if let (Some(way), Some(turn)) = (&mut way, turn) {
                way.rest(turn).await;
            }
        }
        Ok((checkpoint, parked))
    }

    fn report(&self, scope: Scope<'_>, checkpoint: &Checkpoint) {
        let Checkpoint { position, folded, parked, .. } = *checkpoint;
        let state = ProjectionState { generation: self.generation, position, folded, parked, halted: None };
        self.shop.progress.set(P::NAME, scope.merchant, state);
    }

    /// Makes certain that a checkpoint belongs to this journal.
    async fn verify(&self, scope: Scope<'_>, checkpoint: &Checkpoint) -> Result<(), ViewError> {
        if checkpoint.position > 0 {
            let there = self.shop.journal.read(scope.merchant, checkpoint.position - 1, 1).await?;
            if there.first().is_none_or(|event| event.hash.0[..] != checkpoint.hash) {
                let reason = "the journal is not the one that was folded";
                return Err(halted::<P>(scope.merchant, checkpoint.position, reason));
            }
        }
        Ok(())
    }
}

/// Folds a span and moves the checkpoint, in one transaction. A stream that cannot be folded is parked, and the span
/// folded without it.
pub(crate) async fn fold_span<P: Projection>(
    store: &ViewStore,
    scope: Scope<'_>,
    checkpoint: &Checkpoint,
    parked: &Parked,
    Span { events, mut looked }: Span,
) -> Result<(Checkpoint, Parked), ViewError> {
    let mut parking = parked.clone();
    loop {
        let mut transaction = store.begin().await?;
        let before = (checkpoint, parked);
        match fold::<P>(&mut transaction, scope, before, parking.clone(), (&events, looked)).await {
            Ok((next, parked)) => {
                if has_grown(checkpoint.position, next.position) {
                    transaction.keep_statistics(&table_names::<P>()).await?;
                }
                transaction.commit().await?;
                return Ok((next, parked));
            }
            Err(FoldError::View(error)) => return Err(error),
            Err(FoldError::Poisoned(poisons)) => {
                for poison in poisons {
                    parking.park(poison);
                }
                looked = look::<P>(scope.merchant, checkpoint.position, &events)?;
            }
        }
    }
}

/// Folds a span within a transaction, and moves the checkpoint. The checkpoint first: if another node is at the same
/// span, one of them waits here for the other, and then has nothing to take back. `parking` is what was parked before
/// and streams that have turned out not to be foldable in this span.
pub(crate) async fn fold<P: Projection>(
    transaction: &mut ViewConnection,
    scope: Scope<'_>,
    (checkpoint, parked): (&Checkpoint, &Parked),
    parking: Parked,
    (events, looked): (&[Event], Vec<Looked>),
) -> Result<(Checkpoint, Parked), FoldError> {
    if events.first().is_some_and(|first| !first.follows(scope.merchant, &checkpoint.hash)) {
        let reason = "what comes next does not follow what was folded: history is another one";
        return Err(halted::<P>(scope.merchant, checkpoint.position, reason).into());
    }
    if checkpoint.parked != parked.events() {
        // They were read one after the other, and another node has folded in between.
        return Err(ViewError::CheckpointMoved(P::NAME).into());
    }
    let span = sort_out(events, looked, parking);
    let Some(last) = events.last() else {
        return Err(halted::<P>(
            scope.merchant,
            checkpoint.position,
            "the journal ends before its head says",
        )
        .into());
    };
    let next = Checkpoint {
        position: last.position,
        hash: last.hash.0.to_vec(),
        folded: checkpoint.folded + span.folded,
        parked: span.parked.events(),
    };
    if next.folded + next.parked != next.position {
        let reason = "folded and parked events do not add up to the position";
        return Err(halted::<P>(scope.merchant, next.position, reason).into());
    }
    checkpoint::advance(transaction, P::NAME, scope, checkpoint, &next).await?;
    fold_into::<P>(transaction, scope, span.recorded, events).await?;
    parked::write(transaction, P::NAME, scope, parked, &span.parked).await?;
    let mut added = Vec::new();
    for ParkedStream { stream, position, error, .. } in span.parked.added(parked) {
        let merchant = scope.merchant;
        tracing::error!(
            projection = P::NAME,
            merchant,
            stream,
            position,
            error,
            "an event cannot be folded: its stream is parked"
        );
        added.push(stream.as_str());
    }
    P::mark_stale(transaction, scope, &added).await?;
    Ok((next, span.parked))
}

/// Why a projection cannot go on by itself; nothing where it may the next time.
fn halts(error: &ViewError) -> Option<String> {
    match error {
        ViewError::Halted { reason, .. } => Some(reason.clone()),
        ViewError::Journal(JournalError::Corrupt(_)) | ViewError::Row { .. } => Some(error.to_string()),
        _ => None,
    }
}
