//! What is complete: kept beside the files, and written anew after each.

use holdfast_domain::values::{Day, Timestamp};
use serde::{Deserialize, Serialize};

/// The version of manifests that this program writes and reads.
pub const KNOWN: u32 = 1;

/// What there is of a merchant's rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest<D> {
    /// The version of the manifest.
    pub manifest: u32,
    /// Which table.
    pub table: String,
    /// Whose rows.
    pub merchant: String,
    /// What there is.
    #[serde(flatten)]
    pub content: D,
}

/// Events: every one from a position to another, each once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Events {
    /// The first position.
    pub from: u64,
    /// The last position; one less than the first where there is none yet.
    pub position: u64,
    /// The hash of the event there, in hexadecimal.
    pub hash: String,
    /// The files, in order.
    pub files: Vec<EventsFile>,
}

/// A file with the events of one date, or some of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventsFile {
    /// Where it is, from the manifest's directory on.
    pub path: String,
    /// The first event's position.
    pub first: u64,
    /// The last event's position.
    pub last: u64,
    /// How many events it has.
    pub rows: u64,
    /// How many bytes it has.
    pub bytes: u64,
}

/// Rows of a read model, as they were at a position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rows {
    /// The position that all of them are as of, once they are complete.
    pub position: u64,
    /// Whether they are: while a run lasts, and after one that was interrupted, some are older than others.
    pub complete: bool,
    /// The files, by date.
    pub files: Vec<RowsFile>,
}

/// The rows of one date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowsFile {
    /// The date.
    pub date: Day,
    /// Where they are, from the manifest's directory on; nothing where there are none.
    pub path: Option<String>,
    /// How many rows it has.
    pub rows: u64,
    /// How many bytes it has.
    pub bytes: u64,
    /// The position of the first event of the date's last order; nothing where rows are not of orders.
    pub last_order: Option<u64>,
    /// What they are as of. A later export writes it anew only if something has changed since.
    pub as_of: AsOf,
}

/// A moment of a read model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AsOf {
    /// Everything up to here is in it.
    pub position: u64,
    /// The hash of the event there, in hexadecimal.
    pub hash: String,
    /// When that event was recorded.
    pub recorded_at: Timestamp,
    /// The build of the read model.
    pub generation: i64,
    /// Events that could not be folded.
    pub parked: u64,
}

impl AsOf {
    /// Whether rows of this moment can still be those of another one, if none of them has changed: both are of one build,
    /// and nothing is or was set aside, which is taken up without a change of position.
    pub fn may_be(&self, later: &Self) -> bool {
        self.generation == later.generation && (self.parked, later.parked) == (0, 0)
    }
}
