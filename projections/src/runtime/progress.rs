//! How far each projection is, for those who wait for it and those who watch it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::error::ViewError;
use crate::runtime::generation::Generation;

/// One generation's state for one merchant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectionState {
    /// The build.
    pub generation: i64,
    /// Everything up to here is folded or parked.
    pub position: u64,
    /// Events folded.
    pub folded: u64,
    /// Events of poisoned entities, set aside.
    pub parked: u64,
    /// Why it has stopped, where it has.
    pub halted: Option<String>,
}

/// Which projection, of which build, of which merchant.
type Key = (&'static str, i64, String);

#[derive(Debug, Default)]
struct States {
    all: BTreeMap<Key, ProjectionState>,
    /// The build of each projection that questions are answered from, where there is one that is complete.
    answering: BTreeMap<&'static str, i64>,
    /// Every build of each projection that there is.
    generations: BTreeMap<&'static str, Vec<Generation>>,
}

/// How far each projection is. Shared by the runners and those who wait for them.
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
        // Nothing that can panic happens under the lock.
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Takes note of which builds there are.
    pub(crate) fn know(&self, projection: &'static str, generations: Vec<Generation>) {
        let mut states = self.lock();
        let is_there = |number: i64| generations.iter().any(|known| known.number == number);
        states.all.retain(|(name, number, _), _| *name != projection || is_there(*number));
        states.generations.insert(projection, generations);
    }

    /// Answers from a build from now on, unless what it would answer is older than what was answered before. Gives whether
    /// it does.
    pub(crate) fn answer_from(&self, projection: &'static str, generation: i64) -> bool {
        let mut states = self.lock();
        let Some(before) = states.answering.get(projection).copied() else {
            states.answering.insert(projection, generation);
            drop(states);
            self.changed();
            return true;
        };
        let position = |number: i64, merchant: &str| {
            states.all.get(&(projection, number, merchant.to_owned())).map_or(0, |state| state.position)
        };
        let mut of_before =
            states.all.iter().filter(|((name, number, _), _)| *name == projection && *number == before);
        let is_reached =
            of_before.all(|((.., merchant), state)| position(generation, merchant) >= state.position);
        if is_reached {
            states.answering.insert(projection, generation);
            drop(states);
            self.changed();
        }
        is_reached
    }

    /// Answers from nothing any more, where what was answered from is gone. Gives whether it was.
    pub(crate) fn stop_answering_from_what_is_gone(&self, projection: &'static str) -> bool {
        let mut states = self.lock();
        let Some(answering) = states.answering.get(projection).copied() else { return false };
        let all = states.generations.get(projection);
        let is_there = |known: &Generation| known.number == answering && known.state.is_followed();
        let is_gone = !all.is_some_and(|all| all.iter().any(is_there));
        if is_gone {
            states.answering.remove(projection);
        }
        is_gone
    }

    pub(crate) fn set(&self, projection: &'static str, merchant: &str, state: ProjectionState) {
        let key = (projection, state.generation, merchant.to_owned());
        let is_news = {
            let mut states = self.lock();
            let is_news = states.all.get(&key) != Some(&state);
            states.all.insert(key, state);
            is_news
        };
        if is_news {
            self.changed();
        }
    }

    pub(crate) fn halt(&self, projection: &'static str, generation: i64, merchant: &str, reason: String) {
        let known = self.of_generation(projection, generation, merchant);
        self.set(projection, merchant, ProjectionState { halted: Some(reason), ..known });
    }

    /// One build's state for a merchant.
    pub(crate) fn of_generation(
        &self,
        projection: &'static str,
        generation: i64,
        merchant: &str,
    ) -> ProjectionState {
        let nothing = || ProjectionState { generation, ..ProjectionState::default() };
        let key = (projection, generation, merchant.to_owned());
        self.lock().all.get(&key).cloned().unwrap_or_else(nothing)
    }

    /// Why a build has halted for some merchant, where it has.
    pub(crate) fn halted(&self, projection: &'static str, generation: i64) -> Option<String> {
        let states = self.lock();
        let mut own =
            states.all.iter().filter(|((name, number, _), _)| *name == projection && *number == generation);
        own.find_map(|((.., merchant), state)| Some(format!("{merchant}: {}", state.halted.as_ref()?)))
    }

    /// Takes back that a build has halted, so that it is tried again.
    pub(crate) fn go_on(&self, projection: &'static str) {
        let mut states = self.lock();
        let own = states.all.iter_mut().filter(|((name, ..), _)| *name == projection);
        own.for_each(|(_, state)| state.halted = None);
        drop(states);
        self.changed();
    }

    /// The build of a projection that questions are answered from; nothing while the first of this program's version is
    /// being built.
    pub fn generation(&self, projection: &'static str) -> Option<i64> {
        self.lock().answering.get(projection).copied()
    }

    /// Every build of a projection, the oldest first.
    pub fn generations(&self, projection: &str) -> Vec<Generation> {
        self.lock().generations.get(projection).cloned().unwrap_or_default()
    }

    /// The state of what is answered from, by projection and merchant.
    pub fn states(&self) -> Vec<(&'static str, String, ProjectionState)> {
        let states = self.lock();
        let answers = |(name, number, _): &Key| states.answering.get(name) == Some(number);
        let own = states.all.iter().filter(|(key, _)| answers(key));
        own.map(|((name, _, merchant), state)| (*name, merchant.clone(), state.clone())).collect()
    }

    /// The state of every build of a projection, by merchant.
    pub fn generation_states(&self, projection: &str) -> Vec<(String, ProjectionState)> {
        let states = self.lock();
        let own = states.all.iter().filter(|((name, ..), _)| *name == projection);
        own.map(|((.., merchant), state)| (merchant.clone(), state.clone())).collect()
    }

    /// The state of what is answered from.
    pub fn state(&self, projection: &'static str, merchant: &str) -> ProjectionState {
        match self.generation(projection) {
            Some(generation) => self.of_generation(projection, generation, merchant),
            None => ProjectionState::default(),
        }
    }

    /// Waits until a projection has reached a position, but not for ever.
    pub async fn wait_for(
        &self,
        projection: &'static str,
        merchant: &str,
        position: u64,
        patience: Duration,
    ) -> Result<(), ViewError> {
        let mut changes = self.changes.subscribe();
        let reached = async {
            loop {
                let state = self.state(projection, merchant);
                if state.position >= position {
                    return;
                }
                // The sender lives as long as this does.
                if state.halted.is_some() || changes.changed().await.is_err() {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(patience, reached).await;
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
