//! What a node does for a projection: it follows every generation of its own version that is complete, builds those that
//! are not, answers from one of them, and takes away what nobody needs.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::error::ViewError;
use crate::rebuild::build::build;
use crate::rebuild::removal::remove;
use crate::runtime::generation::{self, GONE, Generation, GenerationState};
use crate::runtime::projection::Projection;
use crate::runtime::runner::{FOLLOWING, POLL, Runner, Workshop};

/// How long questions that were asked before may go on with a generation that is to be deleted.
const GRACE: Duration = Duration::from_secs(30);

/// A node's work on one projection.
pub(crate) struct Keeper<P> {
    shop: Workshop,
    commits: watch::Receiver<u64>,
    /// Wakes it when generations have changed.
    changed: Arc<Notify>,
    tasks: HashMap<i64, Task>,
    /// When it last said which generation it answers from.
    said: Option<(i64, Instant)>,
    projection: PhantomData<P>,
}

/// What is done about one generation.
struct Task {
    state: GenerationState,
    stop: watch::Sender<bool>,
    handle: JoinHandle<()>,
}

impl<P: Projection> Keeper<P> {
    /// Sees to it that there is a generation of this version, and begins.
    pub(crate) async fn start(
        shop: Workshop,
        commits: watch::Receiver<u64>,
        changed: Arc<Notify>,
    ) -> Result<Self, ViewError> {
        generation::ensure(&shop.store, P::NAME, P::VERSION).await?;
        let mut keeper =
            Self { shop, commits, changed, tasks: HashMap::new(), said: None, projection: PhantomData };
        keeper.look().await?;
        Ok(keeper)
    }

    /// Goes on until it is stopped.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let changed = Arc::clone(&self.changed);
            tokio::select! {
                _ = stop.changed() => break,
                () = changed.notified() => {}
                () = tokio::time::sleep(POLL) => {}
            }
            if let Err(error) = self.look().await {
                tracing::warn!(projection = P::NAME, %error, "generations cannot be read");
            }
        }
        for task in self.tasks.values() {
            task.stop.send_replace(true);
        }
        for (_, task) in self.tasks.drain() {
            // A task that panicked has said so.
            let _ = task.handle.await;
        }
    }

    /// Does what the generations that there are ask for.
    async fn look(&mut self) -> Result<(), ViewError> {
        let all = generation::all(&mut self.shop.store.writer().await?, P::NAME).await?;
        self.shop.progress.know(P::NAME, all.clone());
        if self.shop.progress.stop_answering_from_what_is_gone(P::NAME) {
            tracing::warn!(projection = P::NAME, "the build that was answered from is gone");
        }
        self.tend(&all).await;
        match generation::answers(&all, P::VERSION) {
            Some(answers) => drop(self.shop.progress.answer_from(P::NAME, answers.number)),
            None => generation::ensure(&self.shop.store, P::NAME, P::VERSION).await?,
        }
        if let Some(number) = self.shop.progress.generation(P::NAME) {
            self.say(number).await?;
        }
        self.take_away(&all).await
    }

    /// Begins what is to be done and is not, and ends what is not to be done any more.
    async fn tend(&mut self, all: &[Generation]) {
        let is_own = |generation: &&Generation| {
            generation.version == P::VERSION || generation.state == GenerationState::Dropping
        };
        let wanted: HashMap<i64, &Generation> =
            all.iter().filter(is_own).map(|generation| (generation.number, generation)).collect();
        let over = |number: &i64, task: &Task| {
            let is_wanted = wanted.get(number).is_some_and(|wanted| is_the_same(wanted.state, task.state));
            !is_wanted || task.handle.is_finished()
        };
        let ended: Vec<i64> = self
            .tasks
            .iter()
            .filter(|(number, task)| over(number, task))
            .map(|(number, _)| *number)
            .collect();
        for number in ended {
            if let Some(task) = self.tasks.remove(&number) {
                task.stop.send_replace(true);
                let _ = task.handle.await;
            }
        }
        for (number, generation) in wanted {
            if !self.tasks.contains_key(&number)
                && let Some(task) = self.begin(generation)
            {
                self.tasks.insert(number, task);
            }
        }
    }

    fn begin(&self, generation: &Generation) -> Option<Task> {
        let (stop, stopped) = watch::channel(false);
        let shop = self.shop.clone();
        let handle = match generation.state {
            state if state.is_followed() => {
                let runner = Runner::<P>::new(shop, generation.number, FOLLOWING);
                tokio::spawn(runner.follow(self.commits.clone(), stopped))
            }
            state if state.is_built() => {
                let building = build::<P>(shop, generation.clone(), stopped, Arc::clone(&self.changed));
                let runtime = tokio::runtime::Handle::current();
                // On a thread of its own: what it reckons keeps no command waiting.
                tokio::task::spawn_blocking(move || runtime.block_on(building))
            }
            GenerationState::Dropping if since(generation.state_at) > GRACE => {
                tokio::spawn(remove::<P>(shop, generation.number, stopped))
            }
            _ => return None,
        };
        Some(Task { state: generation.state, stop, handle })
    }

    /// Says now and then which generation this node answers from, so that it is not taken away.
    async fn say(&mut self, number: i64) -> Result<(), ViewError> {
        let is_known = self.said.is_some_and(|(said, at)| said == number && at.elapsed() < GONE / 6);
        if !is_known {
            generation::see(&mut self.shop.store.writer().await?, P::NAME, number).await?;
            self.said = Some((number, Instant::now()));
        }
        Ok(())
    }

    /// Of the generations that were kept, the latest of the version that serves stays, to go back to, and those that
    /// nodes of other versions answer from.
    async fn take_away(&self, all: &[Generation]) -> Result<(), ViewError> {
        let Some(serving) = generation::serving(all) else { return Ok(()) };
        let is_kept = |known: &&Generation| known.state == GenerationState::Standby;
        let latest = generation::last_kept(all, serving.version);
        for old in all.iter().filter(is_kept).filter(|known| !known.is_in_use()) {
            if latest.is_none_or(|latest| latest.number != old.number) {
                let mut connection = self.shop.store.writer().await?;
                generation::change(&mut connection, old, GenerationState::Dropping, None).await?;
            }
        }
        Ok(())
    }
}

/// Whether what is done in one state goes on in another.
fn is_the_same(one: GenerationState, other: GenerationState) -> bool {
    one == other || (one.is_followed() && other.is_followed())
}

/// How long ago a moment is.
fn since(moment: i64) -> Duration {
    Duration::from_micros(generation::now().saturating_sub(moment).try_into().unwrap_or(0))
}
