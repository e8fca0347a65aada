//! Keeping the read models up with the journal.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_journal::{Event, Head, Journal, JournalError};
use sqlx::Acquire;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::availability::AvailabilityProjection;
use crate::checkpoint::{self, Checkpoint};
use crate::error::ViewError;
use crate::order_status::OrderStatusProjection;
use crate::progress::{Progress, ProjectionState};
use crate::projection::{Projection, Recorded, Scope};
use crate::store::ViewStore;

/// Events folded in one transaction, about.
const SPAN: usize = 5_000;
/// How often to look without having been woken.
const POLL: Duration = Duration::from_secs(1);

/// Runs every projection of a node.
#[derive(Debug)]
pub struct Projections {
    progress: Progress,
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Projections {
    /// Starts all projections over a journal. `commits` wakes them.
    pub async fn start(
        journal: &Arc<dyn Journal>,
        store: &ViewStore,
        commits: &watch::Receiver<u64>,
    ) -> Result<Self, ViewError> {
        let progress = Progress::default();
        let stop = watch::Sender::new(false);
        let mut tasks = JoinSet::new();
        macro_rules! start {
            ($($projection:ty),*) => {$(
                let runner =
                    Runner::<$projection>::new(Arc::clone(journal), store.clone(), progress.clone()).await?;
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
    /// Merchants whose checkpoint is known to be of this journal, with the checkpoint.
    known: HashMap<String, Checkpoint>,
    generation: i64,
    projection: std::marker::PhantomData<P>,
}

impl<P: Projection> Runner<P> {
    async fn new(journal: Arc<dyn Journal>, store: ViewStore, progress: Progress) -> Result<Self, ViewError> {
        let mut connection = store.writer.acquire().await?;
        let generation = checkpoint::serving_generation(&mut connection, P::NAME, P::VERSION).await?;
        drop(connection);
        progress.serve(P::NAME, generation);
        let (known, projection) = (HashMap::new(), std::marker::PhantomData);
        Ok(Self { journal, store, progress, known, generation, projection })
    }

    async fn run(mut self, mut commits: watch::Receiver<u64>, mut stop: watch::Receiver<bool>) {
        loop {
            self.catch_up(&stop).await;
            if *stop.borrow() {
                return;
            }
            tokio::select! {
                _ = stop.changed() => {}
                woken = tokio::time::timeout(POLL, commits.changed()) => {
                    if matches!(woken, Ok(Err(_))) {
                        // Nobody will commit any more on this node: others may.
                        tokio::time::sleep(POLL).await;
                    }
                }
            }
        }
    }

    /// Folds what every merchant's journal has more than its checkpoint. One merchant's trouble is no other's.
    async fn catch_up(&mut self, stop: &watch::Receiver<bool>) {
        let heads = match self.journal.heads().await {
            Ok(heads) => heads,
            Err(error) => {
                tracing::warn!(projection = P::NAME, %error, "a projection could not go on");
                return;
            }
        };
        for (merchant, head) in heads {
            if self.progress.state(P::NAME, &merchant).halted.is_some() {
                continue;
            }
            let Err(error) = self.catch_up_merchant(&merchant, &head, stop).await else { continue };
            self.known.remove(&merchant);
            if let Some(reason) = halts(&error) {
                tracing::error!(projection = P::NAME, merchant, reason, "a projection has halted");
                self.progress.halt(P::NAME, &merchant, reason);
            } else {
                // What cannot be read or written now is tried again.
                tracing::warn!(projection = P::NAME, merchant, %error, "a projection could not go on");
            }
        }
    }

    async fn catch_up_merchant(
        &mut self,
        merchant: &str,
        head: &Head,
        stop: &watch::Receiver<bool>,
    ) -> Result<(), ViewError> {
        let generation = self.generation;
        let scope = Scope { merchant, generation };
        let mut checkpoint = match self.known.get(merchant) {
            Some(checkpoint) => checkpoint.clone(),
            None => self.checkpoint_of(scope).await?,
        };
        while checkpoint.position < head.position && !*stop.borrow() {
            let events = self.journal.read(merchant, checkpoint.position, SPAN).await?;
            let next = self.fold_span(scope, &checkpoint, &events).await?;
            self.report(merchant, generation, &next);
            checkpoint = next;
        }
        self.report(merchant, generation, &checkpoint);
        self.known.insert(merchant.to_owned(), checkpoint);
        Ok(())
    }

    fn report(&self, merchant: &str, generation: i64, checkpoint: &Checkpoint) {
        let Checkpoint { position, folded, parked, .. } = *checkpoint;
        let state = ProjectionState { generation, position, folded, parked, halted: None };
        if self.progress.state(P::NAME, merchant) != state {
            self.progress.set(P::NAME, merchant, state);
        }
    }

    /// The checkpoint, once it is certain that it belongs to this journal.
    async fn checkpoint_of(&self, scope: Scope<'_>) -> Result<Checkpoint, ViewError> {
        let mut connection = self.store.writer.acquire().await?;
        let checkpoint = checkpoint::read(&mut connection, P::NAME, scope).await?;
        drop(connection);
        if checkpoint.position > 0 {
            let there = self.journal.read(scope.merchant, checkpoint.position - 1, 1).await?;
            if there.first().is_none_or(|event| event.hash.0[..] != checkpoint.hash) {
                return Err(halted::<P>(
                    scope,
                    checkpoint.position,
                    "the journal is not the one that was folded",
                ));
            }
        }
        Ok(checkpoint)
    }

    /// Folds a span and moves the checkpoint, in one transaction.
    async fn fold_span(
        &self,
        scope: Scope<'_>,
        checkpoint: &Checkpoint,
        events: &[Event],
    ) -> Result<Checkpoint, ViewError> {
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
            return Err(halted::<P>(
                scope,
                next.position,
                "folded and parked events do not add up to the position",
            ));
        }
        let mut connection = self.store.writer.acquire().await?;
        let mut transaction = connection.begin().await?;
        fold_into::<P>(&mut transaction, scope, &recorded).await?;
        checkpoint::advance(&mut transaction, P::NAME, scope, checkpoint, &next).await?;
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

fn halted<P: Projection>(scope: Scope<'_>, position: u64, reason: &str) -> ViewError {
    let (merchant, reason) = (scope.merchant.to_owned(), reason.to_owned());
    ViewError::Halted { projection: P::NAME, merchant, position, reason }
}

/// The events as the fold sees them. One that is missing or not known halts the projection: it is never passed over.
fn decoded<P: Projection>(
    scope: Scope<'_>,
    after: u64,
    events: &[Event],
) -> Result<Vec<Recorded>, ViewError> {
    let mut recorded = Vec::with_capacity(events.len());
    for (event, expected) in events.iter().zip(after + 1..) {
        if event.position != expected {
            return Err(halted::<P>(scope, expected, "an event is missing"));
        }
        let stream: StreamId =
            event.stream_name.parse().map_err(|e| halted::<P>(scope, expected, &format!("{e}")))?;
        let decoded = DomainEvent::decode(&stream, &event.kind, event.type_version, &event.payload)
            .map_err(|e| halted::<P>(scope, expected, &e.to_string()))?;
        recorded.push(Recorded {
            position: event.position,
            version: event.version,
            command_end: event.command_end,
            recorded_at: event.recorded_at,
            stream,
            event: decoded,
        });
    }
    Ok(recorded)
}

/// Loads the rows that events touch, folds, and writes them.
async fn fold_into<P: Projection>(
    connection: &mut sqlx::SqliteConnection,
    scope: Scope<'_>,
    events: &[Recorded],
) -> Result<(), ViewError> {
    let mut keys: Vec<P::Key> = Vec::new();
    let mut places: HashMap<P::Key, usize> = HashMap::new();
    for key in events.iter().filter_map(P::key) {
        places.entry(key.clone()).or_insert_with(|| {
            keys.push(key);
            keys.len() - 1
        });
    }
    let mut loaded = P::load(&mut *connection, scope, &keys).await?;
    let mut rows: Vec<Option<P::Row>> = keys.iter().map(|key| loaded.remove(key)).collect();
    for event in events {
        if let Some(place) = P::key(event).and_then(|key| places.get(&key).copied()) {
            let row = rows[place].take();
            rows[place] = Some(P::fold(row, event));
        }
    }
    let rows: Vec<(P::Key, P::Row)> =
        keys.into_iter().zip(rows).filter_map(|(key, row)| Some((key, row?))).collect();
    P::save(connection, scope, &rows).await
}
