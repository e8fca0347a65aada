//! A node's work on the generations of one projection: it keeps complete generations of its version up to date, builds
//! incomplete ones, decides which one its queries read, and deletes unused ones.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::build::build;
use super::deletion::delete;
use crate::error::Result;
use crate::runtime::context::{POLL_INTERVAL, ProjectionContext};
use crate::runtime::generation::{self, Generation, GenerationState, USE_TIMEOUT};
use crate::runtime::projection::Projection;
use crate::runtime::runner::{RunMode, Runner};

/// How long after it was given up the rows of a generation stay, so that running queries can finish.
const DELETION_DELAY: Duration = Duration::from_secs(30);

/// Manages the generations of one projection on one node.
pub(crate) struct GenerationManager<P> {
    context: ProjectionContext,
    commits: watch::Receiver<u64>,
    /// Wakes the manager after a change of the generations.
    changed: Arc<Notify>,
    tasks: HashMap<i64, Task>,
    /// The generation that this node last reported to read, and when.
    reported: Option<(i64, Instant)>,
    projection: PhantomData<P>,
}

/// The task that works on one generation.
struct Task {
    state: GenerationState,
    stop: watch::Sender<bool>,
    handle: JoinHandle<()>,
}

impl<P: Projection> GenerationManager<P> {
    /// Creates a generation of this version if there is none, and starts the tasks.
    pub(crate) async fn start(
        context: ProjectionContext,
        commits: watch::Receiver<u64>,
        changed: Arc<Notify>,
    ) -> Result<Self> {
        generation::ensure(&context.store, P::NAME, P::VERSION).await?;
        let mut manager = Self {
            context,
            commits,
            changed,
            tasks: HashMap::new(),
            reported: None,
            projection: PhantomData,
        };
        manager.update().await?;
        Ok(manager)
    }

    /// Manages the generations until it is stopped.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let changed = Arc::clone(&self.changed);
            tokio::select! {
                _ = stop.changed() => break,
                () = changed.notified() => {}
                () = tokio::time::sleep(POLL_INTERVAL) => {}
            }
            if let Err(error) = self.update().await {
                tracing::warn!(projection = P::NAME, %error, "failed to update generations; will retry");
            }
        }
        for task in self.tasks.values() {
            task.stop.send_replace(true);
        }
        for (_, task) in self.tasks.drain() {
            // A panic of the task has been logged.
            let _ = task.handle.await;
        }
    }

    /// Reads the generations and does what their states require.
    async fn update(&mut self) -> Result<()> {
        let all = generation::read_all(&mut self.context.store.writer().await?, P::NAME).await?;
        let progress = &self.context.progress;
        progress.set_generations(P::NAME, all.clone());
        if progress.stop_reading_deleted(P::NAME) {
            tracing::warn!(projection = P::NAME, "the generation that queries read was deleted");
        }
        self.reconcile(&all).await;
        match generation::readable(&all, P::VERSION) {
            Some(readable) => drop(self.context.progress.switch_to(P::NAME, readable.number)),
            None => generation::ensure(&self.context.store, P::NAME, P::VERSION).await?,
        }
        if let Some(number) = self.context.progress.generation(P::NAME) {
            self.publish(number).await?;
        }
        self.drop_unused(&all).await
    }

    /// Starts missing tasks, and stops the tasks of generations that have changed their state.
    async fn reconcile(&mut self, all: &[Generation]) {
        let is_own = |generation: &&Generation| {
            generation.version == P::VERSION || generation.state == GenerationState::Dropping
        };
        let wanted: HashMap<i64, &Generation> =
            all.iter().filter(is_own).map(|generation| (generation.number, generation)).collect();
        let is_over = |number: &i64, task: &Task| {
            let is_wanted = wanted.get(number).is_some_and(|wanted| has_same_task(wanted.state, task.state));
            !is_wanted || task.handle.is_finished()
        };
        let over: Vec<i64> = self
            .tasks
            .iter()
            .filter(|(number, task)| is_over(number, task))
            .map(|(number, _)| *number)
            .collect();
        for number in over {
            if let Some(task) = self.tasks.remove(&number) {
                task.stop.send_replace(true);
                let _ = task.handle.await;
            }
        }
        for (number, generation) in wanted {
            if !self.tasks.contains_key(&number)
                && let Some(task) = self.start_task(generation)
            {
                self.tasks.insert(number, task);
            }
        }
    }

    fn start_task(&self, generation: &Generation) -> Option<Task> {
        let (stop, stopped) = watch::channel(false);
        let context = self.context.clone();
        let handle = match generation.state {
            state if state.is_followed() => {
                let runner = Runner::<P>::new(context, generation.number, RunMode::FOLLOW);
                tokio::spawn(runner.follow(self.commits.clone(), stopped))
            }
            state if state.is_building() => {
                let build = build::<P>(context, generation.clone(), stopped, Arc::clone(&self.changed));
                let runtime = Handle::current();
                // A thread of its own, so that the computation does not delay commands.
                tokio::task::spawn_blocking(move || runtime.block_on(build))
            }
            GenerationState::Dropping if elapsed_since(generation.state_since) > DELETION_DELAY => {
                tokio::spawn(delete::<P>(context, generation.number, stopped))
            }
            _ => return None,
        };
        Some(Task { state: generation.state, stop, handle })
    }

    /// Reports from time to time which generation this node reads, so that no node deletes it.
    async fn publish(&mut self, number: i64) -> Result<()> {
        let is_recent =
            self.reported.is_some_and(|(reported, at)| reported == number && at.elapsed() < USE_TIMEOUT / 6);
        if !is_recent {
            generation::report_use(&mut self.context.store.writer().await?, P::NAME, number).await?;
            self.reported = Some((number, Instant::now()));
        }
        Ok(())
    }

    /// Gives up standby generations. The latest one of the serving version stays for a rollback, and those that nodes of
    /// other versions read stay too.
    async fn drop_unused(&self, all: &[Generation]) -> Result<()> {
        let Some(serving) = generation::serving(all) else { return Ok(()) };
        let is_standby = |known: &&Generation| known.state == GenerationState::Standby;
        let latest = generation::latest_standby(all, serving.version);
        for unused in all.iter().filter(is_standby).filter(|known| !known.is_in_use()) {
            if latest.is_none_or(|latest| latest.number != unused.number) {
                let mut connection = self.context.store.writer().await?;
                generation::change_state(&mut connection, unused, GenerationState::Dropping, None).await?;
            }
        }
        Ok(())
    }
}

/// Whether a task continues when its generation changes from one state to the other.
fn has_same_task(one: GenerationState, other: GenerationState) -> bool {
    one == other || (one.is_followed() && other.is_followed())
}

/// The time since a time in microseconds since 1970.
fn elapsed_since(time: i64) -> Duration {
    Duration::from_micros(generation::now().saturating_sub(time).try_into().unwrap_or(0))
}
