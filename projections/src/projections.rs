//! All projections of a node, and the operations on them.

use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use holdfast_journal::Journal;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::error::{Result, ViewError};
use crate::read_models::availability::AvailabilityProjection;
use crate::read_models::cart_reservations::CartReservationsProjection;
use crate::read_models::causation::CausationProjection;
use crate::read_models::order_metrics::MetricsProjection;
use crate::read_models::orders::OrderStatusProjection;
use crate::rebuild::activation::activate;
use crate::rebuild::generation_manager::GenerationManager;
use crate::runtime::context::{FOLLOW_INTERVAL, ProjectionContext};
use crate::runtime::generation::{self, GenerationState};
use crate::runtime::parked::ParkedStream;
use crate::runtime::progress::Progress;
use crate::runtime::projection::Projection;
use crate::runtime::rebuild_throttle::RebuildSlots;
use crate::runtime::retry::{self, RetryResult};
use crate::store::ViewStore;

/// The running projections of a node.
pub struct Projections {
    progress: Progress,
    managers: Vec<Arc<dyn ProjectionManager>>,
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl std::fmt::Debug for Projections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Projections").field("progress", &self.progress).finish_non_exhaustive()
    }
}

impl Projections {
    /// Starts all projections of a journal. A change of `commits` wakes them. If several nodes share the store, one
    /// node at a time applies a merchant's events to a projection. `node` is the unique name of this node.
    pub async fn start(
        journal: &Arc<dyn Journal>,
        store: &ViewStore,
        commits: &watch::Receiver<u64>,
        node: &str,
    ) -> Result<Self> {
        let mut projections = Self::empty();
        let context = projections.context(journal, store, node);
        projections.add::<OrderStatusProjection>(&context, commits).await?;
        projections.add::<AvailabilityProjection>(&context, commits).await?;
        projections.add::<CartReservationsProjection>(&context, commits).await?;
        projections.add::<MetricsProjection>(&context, commits).await?;
        projections.add::<CausationProjection>(&context, commits).await?;
        Ok(projections)
    }

    pub(crate) fn empty() -> Self {
        let (progress, stop) = (Progress::default(), watch::Sender::new(false));
        Self { progress, managers: Vec::new(), tasks: JoinSet::new(), stop }
    }

    pub(crate) fn context(
        &self,
        journal: &Arc<dyn Journal>,
        store: &ViewStore,
        node: &str,
    ) -> ProjectionContext {
        ProjectionContext {
            journal: Arc::clone(journal),
            store: store.clone(),
            progress: self.progress.clone(),
            node: node.into(),
            rebuild_slots: RebuildSlots::new(),
        }
    }

    /// Starts one projection.
    pub(crate) async fn add<P: Projection>(
        &mut self,
        context: &ProjectionContext,
        commits: &watch::Receiver<u64>,
    ) -> Result<()> {
        let changed = Arc::new(Notify::new());
        let manager =
            GenerationManager::<P>::start(context.clone(), commits.clone(), Arc::clone(&changed)).await?;
        self.tasks.spawn(manager.run(self.stop.subscribe()));
        self.managers.push(Arc::new(TypedManager::<P> {
            context: context.clone(),
            changed,
            projection: PhantomData,
        }));
        Ok(())
    }

    /// The progress of the projections.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The managers of the projections, sorted by name.
    pub fn managers(&self) -> Vec<Arc<dyn ProjectionManager>> {
        let mut managers = self.managers.clone();
        managers.sort_by_key(|manager| manager.name());
        managers
    }

    /// Stops all projections after their current batch.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// The operations on a projection. They return at once, and [`Progress`] shows their effect. Operations on a generation
/// fail with [`ViewError::InvalidGeneration`] if its state does not allow them.
#[async_trait]
pub trait ProjectionManager: Send + Sync {
    /// The name of the projection.
    fn name(&self) -> &'static str;

    /// Starts to build a generation that replaces the serving one; with `must_match`, only if all rows are equal.
    /// Returns the number of the new generation, or of the one that is already being built.
    async fn rebuild(&self, must_match: bool) -> Result<i64>;

    /// Starts to build a generation that is compared with the serving one and then deleted. Returns its number.
    async fn check(&self) -> Result<i64>;

    /// Activates the generation that served before the serving generation `from`, and returns its number.
    async fn roll_back(&self, from: i64) -> Result<i64>;

    /// Deletes a generation that no node reads.
    async fn remove(&self, generation: i64) -> Result<()>;

    /// Retries the parked streams of the generation that this node reads.
    async fn retry(&self) -> Result<RetryResult>;

    /// The parked streams of the generation that this node reads, by merchant.
    async fn parked(&self) -> Result<Vec<(String, ParkedStream)>>;
}

struct TypedManager<P> {
    context: ProjectionContext,
    /// Wakes the generation manager.
    changed: Arc<Notify>,
    projection: PhantomData<fn() -> P>,
}

fn invalid(message: String) -> ViewError {
    ViewError::InvalidGeneration(message)
}

impl<P: Projection> TypedManager<P> {
    /// Inserts a generation, or returns the number of the one that is being built for the same purpose.
    async fn start_build(&self, purpose: GenerationState, must_match: bool) -> Result<i64> {
        loop {
            let mut transaction = self.context.store.begin().await?;
            let all = generation::read_all(&mut transaction, P::NAME).await?;
            let mut own = all.iter().filter(|known| known.version == P::VERSION);
            if let Some(existing) = own.find(|known| known.state == purpose) {
                if must_match && !existing.must_match {
                    return Err(invalid(format!(
                        "generation {} of {} is being built and is not compared; wait for it to complete",
                        existing.number,
                        P::NAME
                    )));
                }
                return Ok(existing.number);
            }
            let inserted =
                generation::insert(&mut transaction, P::NAME, P::VERSION, purpose, must_match, &all).await?;
            if let Some(number) = inserted {
                transaction.commit().await?;
                self.changed.notify_one();
                return Ok(number);
            }
        }
    }

    /// The generation that this node reads.
    fn readable(&self) -> Result<i64> {
        self.context.progress.generation(P::NAME).ok_or(ViewError::Building(P::NAME))
    }
}

#[async_trait]
impl<P: Projection> ProjectionManager for TypedManager<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    async fn rebuild(&self, must_match: bool) -> Result<i64> {
        self.start_build(GenerationState::Building, must_match).await
    }

    async fn check(&self) -> Result<i64> {
        self.start_build(GenerationState::Checking, true).await
    }

    async fn roll_back(&self, from: i64) -> Result<i64> {
        loop {
            let mut connection = self.context.store.writer().await?;
            let all = generation::read_all(&mut connection, P::NAME).await?;
            drop(connection);
            if generation::serving(&all).is_none_or(|serving| serving.number != from) {
                return Err(invalid(format!("generation {from} of {} does not serve", P::NAME)));
            }
            let Some(former) = generation::latest_standby(&all, P::VERSION) else {
                return Err(invalid(format!("{} has no standby generation to roll back to", P::NAME)));
            };
            if activate::<P>(&self.context, former).await? {
                self.changed.notify_one();
                return Ok(former.number);
            }
            tokio::time::sleep(FOLLOW_INTERVAL).await;
        }
    }

    async fn remove(&self, number: i64) -> Result<()> {
        let mut connection = self.context.store.writer().await?;
        let all = generation::read_all(&mut connection, P::NAME).await?;
        let Some(generation) = all.iter().find(|known| known.number == number) else {
            return Err(invalid(format!("{} has no generation {number}", P::NAME)));
        };
        if generation.is_in_use() {
            return Err(invalid(format!("generation {number} of {} is in use", P::NAME)));
        }
        generation::change_state(&mut connection, generation, GenerationState::Dropping, None).await?;
        self.changed.notify_one();
        Ok(())
    }

    async fn retry(&self) -> Result<RetryResult> {
        let result = retry::retry::<P>(&self.context, self.readable()?).await?;
        self.context.progress.clear_halts(P::NAME);
        Ok(result)
    }

    async fn parked(&self) -> Result<Vec<(String, ParkedStream)>> {
        retry::parked::<P>(&self.context, self.readable()?).await
    }
}
