//! All projections of a node, and what can be asked of them.

use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use holdfast_journal::Journal;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::error::ViewError;
use crate::read_models::availability::AvailabilityProjection;
use crate::read_models::causation::CausationProjection;
use crate::read_models::order_metrics::MetricsProjection;
use crate::read_models::orders::OrderStatusProjection;
use crate::rebuild::build::put_in_place;
use crate::rebuild::generation_manager::Keeper;
use crate::runtime::generation::{self, GenerationState};
use crate::runtime::parked::ParkedStream;
use crate::runtime::progress::Progress;
use crate::runtime::projection::Projection;
use crate::runtime::rebuild_throttle::Turns;
use crate::runtime::retry::{self, RetryResult};
use crate::runtime::runner::Workshop;
use crate::store::ViewStore;

/// Runs every projection of a node.
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
    /// Starts all projections over a journal. `commits` wakes them. Where several nodes share a store, one of them
    /// at a time folds a merchant's events into a projection, and the others follow: `node` is this one's name,
    /// which no other has.
    pub async fn start(
        journal: &Arc<dyn Journal>,
        store: &ViewStore,
        commits: &watch::Receiver<u64>,
        node: &str,
    ) -> Result<Self, ViewError> {
        let mut all = Self::none();
        let shop = all.workshop(journal, store, node);
        all.add::<OrderStatusProjection>(&shop, commits).await?;
        all.add::<AvailabilityProjection>(&shop, commits).await?;
        all.add::<MetricsProjection>(&shop, commits).await?;
        all.add::<CausationProjection>(&shop, commits).await?;
        Ok(all)
    }

    pub(crate) fn none() -> Self {
        let (progress, stop) = (Progress::default(), watch::Sender::new(false));
        Self { progress, managers: Vec::new(), tasks: JoinSet::new(), stop }
    }

    pub(crate) fn workshop(&self, journal: &Arc<dyn Journal>, store: &ViewStore, node: &str) -> Workshop {
        Workshop {
            journal: Arc::clone(journal),
            store: store.clone(),
            progress: self.progress.clone(),
            node: node.into(),
            turns: Turns::new(),
        }
    }

    /// Starts one projection.
    pub(crate) async fn add<P: Projection>(
        &mut self,
        shop: &Workshop,
        commits: &watch::Receiver<u64>,
    ) -> Result<(), ViewError> {
        let changed = Arc::new(Notify::new());
        let keeper = Keeper::<P>::start(shop.clone(), commits.clone(), Arc::clone(&changed)).await?;
        self.tasks.spawn(keeper.run(self.stop.subscribe()));
        self.managers.push(Arc::new(TypedManager::<P> {
            shop: shop.clone(),
            changed,
            projection: PhantomData,
        }));
        Ok(())
    }

    /// How far they are.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// What can be asked of each of them, in the order of their names.
    pub fn managers(&self) -> Vec<Arc<dyn ProjectionManager>> {
        let mut all = self.managers.clone();
        all.sort_by_key(|manager| manager.name());
        all
    }

    /// Ends all projections, each after the span it is at.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// What can be asked of a projection. Nothing of it waits until it is done: that is seen in the
/// [`Progress`] and the generations.
#[async_trait]
pub trait ProjectionManager: Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Begins to build a generation that takes the place of the one that serves, if that is asked for only when nothing
    /// differs from it. Gives its number; that of the one that is being built, where one is.
    async fn rebuild(&self, compared: bool) -> Result<i64, ViewError>;

    /// Begins to build a generation to be compared with the one that serves, and gives its number.
    async fn check(&self) -> Result<i64, ViewError>;

    /// Puts the generation back that served before the one that is named, and gives its number.
    async fn roll_back(&self, from: i64) -> Result<i64, ViewError>;

    /// Takes away a generation that neither serves nor is answered from.
    async fn remove(&self, generation: i64) -> Result<(), ViewError>;

    /// Tries to fold what is parked in the generation that serves.
    async fn retry(&self) -> Result<RetryResult, ViewError>;

    /// What is parked in the generation that serves, by merchant.
    async fn parked(&self) -> Result<Vec<(String, ParkedStream)>, ViewError>;
}

struct TypedManager<P> {
    shop: Workshop,
    /// Wakes the keeper.
    changed: Arc<Notify>,
    projection: PhantomData<fn() -> P>,
}

impl<P: Projection> TypedManager<P> {
    /// Begins a generation for a purpose, or gives the one that there is.
    async fn begin(&self, purpose: GenerationState, compared: bool) -> Result<i64, ViewError> {
        loop {
            let mut transaction = self.shop.store.begin().await?;
            let all = generation::all(&mut transaction, P::NAME).await?;
            let mut own = all.iter().filter(|known| known.version == P::VERSION);
            if let Some(under_way) = own.find(|known| known.state == purpose) {
                if compared && !under_way.compared {
                    let number = under_way.number;
                    let message = format!("build {number} of {} is under way, and is not compared", P::NAME);
                    return Err(ViewError::InvalidGeneration(message));
                }
                return Ok(under_way.number);
            }
            let begun =
                generation::insert(&mut transaction, P::NAME, P::VERSION, purpose, compared, &all).await?;
            if let Some(number) = begun {
                transaction.commit().await?;
                self.changed.notify_one();
                return Ok(number);
            }
        }
    }

    /// The generation that this node answers from.
    fn answering(&self) -> Result<i64, ViewError> {
        self.shop.progress.generation(P::NAME).ok_or(ViewError::Building(P::NAME))
    }
}

#[async_trait]
impl<P: Projection> ProjectionManager for TypedManager<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    async fn rebuild(&self, compared: bool) -> Result<i64, ViewError> {
        self.begin(GenerationState::Building, compared).await
    }

    async fn check(&self) -> Result<i64, ViewError> {
        self.begin(GenerationState::Checking, true).await
    }

    async fn roll_back(&self, from: i64) -> Result<i64, ViewError> {
        loop {
            let all = generation::all(&mut self.shop.store.writer().await?, P::NAME).await?;
            if generation::serving(&all).is_none_or(|serving| serving.number != from) {
                return Err(ViewError::InvalidGeneration(format!(
                    "build {from} of {} does not serve",
                    P::NAME
                )));
            }
            let Some(former) = generation::last_kept(&all, P::VERSION) else {
                return Err(ViewError::InvalidGeneration(format!("no former build of {} is kept", P::NAME)));
            };
            if put_in_place::<P>(&self.shop, former).await? {
                self.changed.notify_one();
                return Ok(former.number);
            }
            tokio::time::sleep(crate::runtime::runner::FOLLOW).await;
        }
    }

    async fn remove(&self, number: i64) -> Result<(), ViewError> {
        let mut connection = self.shop.store.writer().await?;
        let all = generation::all(&mut connection, P::NAME).await?;
        let Some(meant) = all.iter().find(|known| known.number == number) else {
            return Err(ViewError::InvalidGeneration(format!("{} has no build {number}", P::NAME)));
        };
        if meant.is_in_use() {
            return Err(ViewError::InvalidGeneration(format!(
                "build {number} of {} is answered from",
                P::NAME
            )));
        }
        generation::change(&mut connection, meant, GenerationState::Dropping, None).await?;
        self.changed.notify_one();
        Ok(())
    }

    async fn retry(&self) -> Result<RetryResult, ViewError> {
        let retried = retry::retry::<P>(&self.shop, self.answering()?).await?;
        self.shop.progress.go_on(P::NAME);
        Ok(retried)
    }

    async fn parked(&self) -> Result<Vec<(String, ParkedStream)>, ViewError> {
        retry::parked::<P>(&self.shop, self.answering()?).await
    }
}
