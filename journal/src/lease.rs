//! Which node writes for a merchant. For speed only: what keeps two nodes apart is the head.

use std::sync::Arc;
use std::time::Duration;

/// A node, as the others know it. A node that is started again is another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name, unique for every start.
    pub id: Arc<str>,
    /// Where it takes commands from other nodes.
    pub address: Arc<str>,
}

/// Who writes for a merchant, by the store's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenure {
    /// The node that asked. Where it was another before, the epoch was raised.
    Mine,
    /// Another node.
    Theirs {
        /// Where it takes commands.
        address: Arc<str>,
        /// How much of its term is left, unless it renews it.
        left: Duration,
    },
}
