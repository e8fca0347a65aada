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
    /// Long before the others.
    Critical,
}

impl Priority {
    /// The next higher one.
    #[must_use]
    pub const fn raised(self) -> Self {
        match self {
            Self::Standard => Self::Express,
            Self::Express | Self::Critical => Self::Critical,
        }
    }
}
