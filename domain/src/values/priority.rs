//! The priority of an order.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How urgent an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// The default: no boost.
    Standard,
    /// Before the standard orders of the last day.
    Express,
    /// Before the standard orders of the last 30 days.
    Critical,
}

impl Priority {
    /// The next higher priority, or the highest.
    #[must_use]
    pub const fn raised(self) -> Self {
        match self {
            Self::Standard => Self::Express,
            Self::Express | Self::Critical => Self::Critical,
        }
    }
}
