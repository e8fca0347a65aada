//! How urgent something is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How urgent an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// As everyone.
    Standard,
    /// Before standard.
    Express,
    /// Before everything.
    Critical,
}
