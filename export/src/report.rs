//! What a run has exported.

use holdfast_domain::values::MerchantId;
use serde::Serialize;

use super::sheet::Finished;

/// What a run has written of a merchant's rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Exported {
    /// Which table.
    pub table: &'static str,
    /// Whose rows.
    pub merchant: String,
    /// Files that were written.
    pub files: u64,
    /// Rows that were written.
    pub rows: u64,
    /// Bytes that were written.
    pub bytes: u64,
    /// What the table is complete up to.
    pub position: u64,
    /// How many events the read model has not folded that the journal had; nothing for the journal itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<u64>,
}

impl Exported {
    /// Nothing yet; the table is complete up to a position already.
    pub fn none(table: &'static str, merchant: &MerchantId, position: u64) -> Self {
        let merchant = merchant.to_string();
        Self { table, merchant, files: 0, rows: 0, bytes: 0, position, behind: None }
    }

    /// The same of a read model of a journal that ended at a position.
    #[must_use]
    pub fn behind(self, head: u64) -> Self {
        Self { behind: Some(head.saturating_sub(self.position)), ..self }
    }

    /// One more file.
    pub fn add(&mut self, finished: Finished, position: u64) {
        self.files += 1;
        self.rows += finished.rows;
        self.bytes += finished.bytes;
        self.position = position;
    }
}
