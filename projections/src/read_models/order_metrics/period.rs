//! The periods by which metrics are summed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The length of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
}

impl Period {
    pub(super) const ALL: [Self; 2] = [Self::Minute, Self::Hour];

    /// The length in microseconds.
    pub const fn microseconds(self) -> i64 {
        match self {
            Self::Minute => 60_000_000,
            Self::Hour => 3_600_000_000,
        }
    }

    /// The name of the period in the database.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
        }
    }

    /// The start of the period that contains a time, in UTC. Both are in microseconds since 1970.
    pub fn begins_at(self, time: i64) -> i64 {
        time - time.rem_euclid(self.microseconds())
    }
}
