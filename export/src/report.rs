//! The report of a run.

use holdfast_domain::values::MerchantId;
use serde::Serialize;

use super::table_file::Finished;

/// The rows that a run has written for a merchant and a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Exported {
    /// The table.
    pub table: &'static str,
    /// The merchant.
    pub merchant: String,
    /// Number of written files.
    pub files: u64,
    /// Number of written rows.
    pub rows: u64,
    /// Total size of the written files.
    pub bytes: u64,
    /// The position in the journal up to which the table is complete.
    pub position: u64,
    /// Number of events in the journal that the read model has not applied yet; absent for the journal itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<u64>,
}

impl Exported {
    /// No files yet; the table is already complete up to a position.
    pub fn new(table: &'static str, merchant: &MerchantId, position: u64) -> Self {
        let merchant = merchant.to_string();
        Self { table, merchant, files: 0, rows: 0, bytes: 0, position, behind: None }
    }

    /// Adds the position of the end of the journal, for a read model.
    #[must_use]
    pub fn with_head(self, head: u64) -> Self {
        Self { behind: Some(head.saturating_sub(self.position)), ..self }
    }

    /// Adds a file.
    pub fn add(&mut self, finished: Finished, position: u64) {
        self.files += 1;
        self.rows += finished.rows;
        self.bytes += finished.bytes;
        self.position = position;
    }
}
