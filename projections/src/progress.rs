//! How far each projection is, for those who wait for it and those who watch it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::error::ViewError;

/// One projection's state for one merchant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectionState {
    /// The build that serves.
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

#[derive(Debug, Default)]
struct States {
    by_merchant: BTreeMap<(&'static str, String), ProjectionState>,
    /// The build of each projection that serves, also for merchants that have nothing yet.
    generations: BTreeMap<&'static str, i64>,
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

    pub(crate) fn serve(&self, projection: &'static str, generation: i64) {
        self.lock().generations.insert(projection, generation);
    }

    pub(crate) fn set(&self, projection: &'static str, merchant: &str, state: ProjectionState) {
        self.lock().by_merchant.insert((projection, merchant.to_owned()), state);
        self.changes.send_modify(|count| *count += 1);
    }

    pub(crate) fn halt(&self, projection: &'static str, merchant: &str, reason: String) {
        let state = ProjectionState { halted: Some(reason), ..self.state(projection, merchant) };
        self.set(projection, merchant, state);
    }

    /// The build of a projection that serves.
    pub fn generation(&self, projection: &'static str) -> i64 {
        self.lock().generations.get(projection).copied().unwrap_or_default()
    }

    /// Every projection's state, by projection and merchant.
    pub fn states(&self) -> Vec<(&'static str, String, ProjectionState)> {
        self.lock()
            .by_merchant
            .iter()
            .map(|((name, merchant), state)| (*name, merchant.clone(), state.clone()))
            .collect()
    }

    /// One projection's state.
    pub fn state(&self, projection: &'static str, merchant: &str) -> ProjectionState {
        let states = self.lock();
        let nothing = || ProjectionState {
            generation: states.generations.get(projection).copied().unwrap_or_default(),
            ..ProjectionState::default()
        };
        states.by_merchant.get(&(projection, merchant.to_owned())).cloned().unwrap_or_else(nothing)
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
            None => Err(ViewError::Behind { reached: state.position, wanted: position }),
        }
    }
}
