//! What all tasks of a node's projections share.

use std::sync::Arc;
use std::time::Duration;

use holdfast_journal::Journal;

use super::progress::Progress;
use super::rebuild_throttle::RebuildSlots;
use crate::store::ViewStore;

/// The interval at which a task looks for new work if no commit wakes it.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// The interval at which a task checks work that another node does.
pub(crate) const FOLLOW_INTERVAL: Duration = Duration::from_millis(25);

/// What all tasks of a node's projections share.
#[derive(Clone)]
pub(crate) struct ProjectionContext {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) store: ViewStore,
    pub(crate) progress: Progress,
    /// The unique name of this node.
    pub(crate) node: Arc<str>,
    pub(crate) rebuild_slots: RebuildSlots,
}
