//! The progress of a node's projections, for queries that wait for a position and for monitoring.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::generation::Generation;
use crate::error::{Result, ViewError};

/// The state of one generation for one merchant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectionState {
    /// The number of the generation. 0 if the projection has no complete generation.
    pub generation: i64,
    /// Every event up to this position is folded or parked.
    pub position: u64,
    /// The number of folded events.
    pub folded: u64,
    /// The number of parked events. `folded + parked = position`.
    pub parked: u64,
    /// Why the generation has halted for this merchant. `None` while it runs.
    pub halted: Option<String>,
}

#[derive(Debug, Default)]
struct States {
    /// The states by merchant, of each projection and generation.
    all: BTreeMap<(&'static str, i64), BTreeMap<String, ProjectionState>>,
    /// The generation of each projection that queries read. None is complete for a projection without an entry.
    readable: BTreeMap<&'static str, i64>,
    /// All generations of each projection.
    generations: BTreeMap<&'static str, Vec<Generation>>,
}

/// The progress of a node's projections. Clones share the same state.
#[derive(Debug, Clone)]
pub struct Progress {
    states: Arc<Mutex<States>>,
    changes: Arc<watch::Sender<u64>>,
}

impl Default for Progress {
    fn default() -> Self {
        Self { states: Arc::default(), changes: Arc::new(watch::Sender::new(0)) }
    }
}

impl Progress {
    fn lock(&self) -> MutexGuard<'_, States> {
        // No code that holds the lock can panic.
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn notify(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Sets the generations that exist, and forgets the states of all others.
    pub(crate) fn set_generations(&self, projection: &'static str, generations: Vec<Generation>) {
        let mut states = self.lock();
        let exists = |number: i64| generations.iter().any(|known| known.number == number);
        states.all.retain(|(name, number), _| *name != projection || exists(*number));
        states.generations.insert(projection, generations);
    }

    /// Lets queries read a generation, unless it is behind the one that they read now: answers never go back in time.
    /// Returns whether queries read it.
    pub(crate) fn switch_to(&self, projection: &'static str, generation: i64) -> bool {
        let mut states = self.lock();
        let next = states.all.get(&(projection, generation));
        let position =
            |merchant: &str| next.and_then(|next| next.get(merchant)).map_or(0, |state| state.position);
        let readable = states.readable.get(projection);
        let current = readable.and_then(|number| states.all.get(&(projection, *number)));
        let is_reached =
            current.into_iter().flatten().all(|(merchant, state)| position(merchant) >= state.position);
        if is_reached {
            states.readable.insert(projection, generation);
            drop(states);
            self.notify();
        }
        is_reached
    }

    /// Stops queries from reading a generation that has been deleted. Returns whether it was.
    pub(crate) fn stop_reading_deleted(&self, projection: &'static str) -> bool {
        let mut states = self.lock();
        let Some(readable) = states.readable.get(projection).copied() else { return false };
        let all = states.generations.get(projection);
        let exists = |known: &Generation| known.number == readable && known.state.is_followed();
        let is_deleted = !all.is_some_and(|all| all.iter().any(exists));
        if is_deleted {
            states.readable.remove(projection);
        }
        is_deleted
    }

    /// Sets the state of a generation for a merchant.
    pub(crate) fn set_state(&self, projection: &'static str, merchant: &str, state: &ProjectionState) {
        let has_changed = {
            let mut states = self.lock();
            let of_generation = states.all.entry((projection, state.generation)).or_default();
            of_generation.insert(merchant.to_owned(), state.clone()).as_ref() != Some(state)
        };
        if has_changed {
            self.notify();
        }
    }

    /// Marks a generation as halted for a merchant.
    pub(crate) fn halt(&self, projection: &'static str, generation: i64, merchant: &str, reason: String) {
        let known = self.generation_state(projection, generation, merchant);
        self.set_state(projection, merchant, &ProjectionState { halted: Some(reason), ..known });
    }

    /// The state of a generation for a merchant.
    pub(crate) fn generation_state(
        &self,
        projection: &'static str,
        generation: i64,
        merchant: &str,
    ) -> ProjectionState {
        let states = self.lock();
        let state = states.all.get(&(projection, generation)).and_then(|states| states.get(merchant));
        state.cloned().unwrap_or_else(|| ProjectionState { generation, ..ProjectionState::default() })
    }

    /// Why a generation has halted for some merchant, if it has.
    pub(crate) fn halt_reason(&self, projection: &'static str, generation: i64) -> Option<String> {
        let states = self.lock();
        let mut of_generation = states.all.get(&(projection, generation))?.iter();
        of_generation.find_map(|(merchant, state)| Some(format!("{merchant}: {}", state.halted.as_ref()?)))
    }

    /// Clears the halts of a projection, so that its runners try again.
    pub(crate) fn clear_halts(&self, projection: &'static str) {
        let mut states = self.lock();
        let of_projection = states.all.iter_mut().filter(|((name, _), _)| *name == projection);
        of_projection.flat_map(|(_, states)| states.values_mut()).for_each(|state| state.halted = None);
        drop(states);
        self.notify();
    }

    /// The generation that queries read. `None` while the first generation of this program's version is being built.
    pub fn generation(&self, projection: &'static str) -> Option<i64> {
        self.lock().readable.get(projection).copied()
    }

    /// All generations of a projection, oldest first.
    pub fn generations(&self, projection: &str) -> Vec<Generation> {
        self.lock().generations.get(projection).cloned().unwrap_or_default()
    }

    /// The states of the generations that queries read, by projection and merchant.
    pub fn states(&self) -> Vec<(&'static str, String, ProjectionState)> {
        let states = self.lock();
        let readable =
            states.all.iter().filter(|((name, number), _)| states.readable.get(name) == Some(number));
        let of_merchants = readable.flat_map(|((name, _), of_generation)| {
            of_generation.iter().map(|(merchant, state)| (*name, merchant.clone(), state.clone()))
        });
        of_merchants.collect()
    }

    /// The states of all generations of a projection, by merchant.
    pub fn generation_states(&self, projection: &str) -> Vec<(String, ProjectionState)> {
        let states = self.lock();
        let of_projection = states.all.iter().filter(|((name, _), _)| *name == projection);
        let of_merchants = of_projection.flat_map(|(_, of_generation)| of_generation);
        of_merchants.map(|(merchant, state)| (merchant.clone(), state.clone())).collect()
    }

    /// The state of the generation that queries read.
    pub fn state(&self, projection: &'static str, merchant: &str) -> ProjectionState {
        match self.generation(projection) {
            Some(generation) => self.generation_state(projection, generation, merchant),
            None => ProjectionState::default(),
        }
    }

    /// Waits until queries see every event up to a position. Fails with [`ViewError::Behind`] after the timeout, with
    /// [`ViewError::Halted`] if the projection has halted for the merchant, and with [`ViewError::Building`] if no
    /// generation is complete.
    pub async fn wait_for(
        &self,
        projection: &'static str,
        merchant: &str,
        position: u64,
        timeout: Duration,
    ) -> Result<()> {
        let mut changes = self.changes.subscribe();
        let reached = async {
            loop {
                let state = self.state(projection, merchant);
                if state.position >= position {
                    return;
                }
                // `self` owns the sender, so waiting for a change cannot fail.
                if state.halted.is_some() || changes.changed().await.is_err() {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(timeout, reached).await;
        let state = self.state(projection, merchant);
        match state.halted {
            _ if state.position >= position => Ok(()),
            Some(reason) => Err(ViewError::Halted {
                projection,
                merchant: merchant.to_owned(),
                position: state.position,
                reason,
            }),
            None if self.generation(projection).is_none() => Err(ViewError::Building(projection)),
            None => Err(ViewError::Behind { reached: state.position, wanted: position }),
        }
    }
}
