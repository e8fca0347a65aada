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

/// How far each projection is. Shared by the runners and those who wait for them.
#[derive(Debug, Clone)]
pub struct Progress {
    states: Arc<Mutex<BTreeMap<(&'static str, String), ProjectionState>>>,
    changes: Arc<watch::Sender<u64>>,
}

impl Default for Progress {
    fn default() -> Self {
        Self { states: Arc::default(), changes: Arc::new(watch::Sender::new(0)) }
    }
}

impl Progress {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(&'static str, String), ProjectionState>> {
        // Nothing that can panic happens under the lock.
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, projection: &'static str, merchant: &str, state: ProjectionState) {
        self.lock().insert((projection, merchant.to_owned()), state);
        self.changes.send_modify(|count| *count += 1);
    }

    pub(crate) fn halt(&self, projection: &'static str, merchant: &str, reason: String) {
        self.lock().entry((projection, merchant.to_owned())).or_default().halted = Some(reason);
        self.changes.send_modify(|count| *count += 1);
    }

    /// Every projection's state, by projection and merchant.
    pub fn states(&self) -> Vec<(&'static str, String, ProjectionState)> {
        self.lock().iter().map(|((name, merchant), state)| (*name, merchant.clone(), state.clone())).collect()
    }

    /// One projection's state.
    pub fn state(&self, projection: &'static str, merchant: &str) -> ProjectionState {
        self.lock().get(&(projection, merchant.to_owned())).cloned().unwrap_or_default()
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
