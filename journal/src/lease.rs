//! Leases: which node writes for a merchant.
//!
//! A lease only avoids conflicts between nodes. The conditional append, not the lease, prevents two nodes from overwriting
//! each other.

use std::sync::Arc;
use std::time::Duration;

/// The id and address of a node. A restarted node has a new id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The node's id, unique to each start of the program.
    pub id: Arc<str>,
    /// The address at which the node accepts commands from other nodes.
    pub address: Arc<str>,
}

/// The result of claiming a merchant's lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseStatus {
    /// The claiming node holds the lease. If another node held it before, the merchant's epoch was raised.
    Own,
    /// Another node holds the lease.
    HeldBy {
        /// The address at which that node accepts commands.
        address: Arc<str>,
        /// The time until the lease ends unless that node renews it, by the store's clock.
        remaining: Duration,
    },
}
