//! The manifest of a table: which rows are complete. It is next to the files, and replaced after each of them.

use holdfast_domain::values::{Day, Timestamp};
use serde::{Deserialize, Serialize};

/// The supported version of manifests.
pub const MANIFEST_VERSION: u32 = 1;

/// The manifest of a merchant's rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest<D> {
    /// [`MANIFEST_VERSION`].
    pub manifest: u32,
    pub table: String,
    pub merchant: String,
    #[serde(flatten)]
    pub content: D,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Events {
    /// The first position.
    pub from: u64,
    /// The last position; one less than `from` if there are no events yet.
    pub position: u64,
    /// The hash of the event at `position`, in hexadecimal.
    pub hash: String,
    /// Sorted by position.
    pub files: Vec<EventsFile>,
}

/// A file with events of one date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventsFile {
    /// Relative to the manifest.
    pub path: String,
    pub first: u64,
    pub last: u64,
    pub rows: u64,
    pub bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rows {
    /// The position of all rows, if they are complete.
    pub position: u64,
    /// False during a run and after an interrupted one: some rows are older than others.
    pub complete: bool,
    /// Sorted by date.
    pub files: Vec<RowsFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowsFile {
    pub date: Day,
    /// Relative to the manifest; absent if the date has no rows.
    pub path: Option<String>,
    pub rows: u64,
    pub bytes: u64,
    /// The position of the first event of the date's last order; absent if rows are not of orders.
    pub last_order: Option<u64>,
    /// The state of the read model. A later export replaces the file only if its rows have changed since.
    pub as_of: AsOf,
}

/// A state of a read model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AsOf {
    pub position: u64,
    /// The hash of the event at `position`, in hexadecimal.
    pub hash: String,
    /// The time when that event was recorded.
    pub recorded_at: Timestamp,
    /// The build of the read model.
    pub generation: i64,
    /// Number of events that could not be applied.
    pub parked: u64,
}

impl AsOf {
    /// True if rows that no event has changed are the same in a later state: both states belong to one build, and neither
    /// has parked events, which are applied later without a change of the position.
    pub fn is_comparable(&self, later: &Self) -> bool {
        self.generation == later.generation && (self.parked, later.parked) == (0, 0)
    }
}
