//! The row of a stock item.

use holdfast_domain::stock::StockItem;
use holdfast_domain::values::Sku;

use super::stock_snapshot::PendingSnapshots;
use crate::error::{Result, ViewError};
use crate::store::{Row, Tables};

pub(super) const NAME: &str = "availability";

/// Reads all columns that [`StoredItem`] needs.
pub(super) const SELECT: &str = "SELECT sku, state, position, supply_position, stale FROM availability";

/// The error of a row that cannot be decoded.
pub(super) fn unreadable(error: impl ToString) -> ViewError {
    ViewError::row(NAME, error)
}

/// A stock item, as the fold changes it.
#[derive(Debug, Clone, Default)]
pub struct ItemRow {
    pub(super) item: StockItem,
    /// The position of the last event of the last command that changed the item.
    pub(super) position: u64,
    /// The position of the last event of the last command that changed the supply for backorders.
    pub(super) supply_position: u64,
    /// Snapshots that the fold has taken since the row was loaded.
    pub(super) snapshots: PendingSnapshots,
}

/// A stock item, as read from the store.
pub(super) struct StoredItem {
    pub(super) row: ItemRow,
    /// Whether events of the item are parked, so that this is an older state.
    pub(super) stale: bool,
}

/// Decodes the columns of [`SELECT`].
pub(super) fn stored_item(row: &Row) -> Result<(Sku, StoredItem)> {
    let sku = Sku::new(row.text(0)?).map_err(unreadable)?;
    let item = ItemRow {
        item: serde_json::from_slice(row.bytes(1)?).map_err(unreadable)?,
        position: row.unsigned(2)?,
        supply_position: row.unsigned(3)?,
        snapshots: PendingSnapshots::default(),
    };
    Ok((sku, StoredItem { row: item, stale: row.boolean(4)? }))
}

/// Loads stock items by SKU. Unknown SKUs are skipped.
pub(super) async fn load(
    tables: &mut Tables<'_>,
    skus: impl Iterator<Item = &Sku> + Send,
) -> Result<Vec<(Sku, StoredItem)>> {
    let skus: Vec<String> = skus.map(Sku::to_string).collect();
    tables.find(SELECT, "sku", &skus).await?.iter().map(stored_item).collect()
}
