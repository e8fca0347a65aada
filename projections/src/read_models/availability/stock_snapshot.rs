//! Snapshots of stock items at regular intervals. A query about the past starts at a snapshot, so that it reads few
//! events however long the stream is.

use holdfast_domain::stock::StockItem;
use holdfast_domain::values::Sku;

use crate::error::{Result, ViewError};
use crate::store::ColumnKind::{Bytes, Integer, Text};
use crate::store::{Presence, Row, Table, Tables, Upsert};

/// The number of events between two snapshots.
const SNAPSHOT_INTERVAL: u64 = 5_000;

pub(super) const TABLE: Table = Table {
    name: "stock_snapshot",
    key: &[("sku", Text), ("version", Integer)],
    values: &[("position", Integer), ("state", Bytes)],
};

/// The state of a stock item after a number of events.
#[derive(Debug, Clone, PartialEq)]
pub struct StockSnapshot {
    /// The number of events.
    pub version: u64,
    /// The position of the last event of the same command.
    pub position: u64,
    /// The state.
    pub item: StockItem,
}

/// Snapshots that have not been saved.
#[derive(Debug, Clone, Default)]
pub(super) struct PendingSnapshots(Vec<StockSnapshot>);

impl PendingSnapshots {
    /// Takes a snapshot after every [`SNAPSHOT_INTERVAL`] events. This depends on the stream only, so that every
    /// generation has the same snapshots.
    pub(super) fn take_if_due(&mut self, version: u64, position: u64, item: &StockItem) {
        if version.is_multiple_of(SNAPSHOT_INTERVAL) {
            self.0.push(StockSnapshot { version, position, item: item.clone() });
        }
    }
}

fn unreadable(error: impl ToString) -> ViewError {
    ViewError::row(TABLE.name, error)
}

/// Saves pending snapshots.
pub(super) async fn save<'a>(
    tables: &mut Tables<'_>,
    pending: impl Iterator<Item = (&'a Sku, &'a PendingSnapshots)>,
) -> Result<()> {
    let mut rows = Vec::new();
    for (sku, PendingSnapshots(snapshots)) in pending {
        for snapshot in snapshots {
            rows.push((sku, snapshot, serde_json::to_vec(&snapshot.item).map_err(unreadable)?));
        }
    }
    Upsert::into(TABLE.name, &rows, Presence::New)
        .key("sku", |(sku, ..)| sku.as_str())
        .key("version", |(_, snapshot, _)| snapshot.version)
        .fixed("position", |(_, snapshot, _)| snapshot.position)
        .fixed("state", |(.., state)| state.clone())
        .run(tables)
        .await
}

/// Reads the latest snapshot of a SKU whose command ended at a position or before.
pub(super) async fn latest(
    tables: &mut Tables<'_>,
    sku: &Sku,
    position: u64,
) -> Result<Option<StockSnapshot>> {
    let query = tables.statement(
        "SELECT version, position, state FROM stock_snapshot
         WHERE merchant = $1 AND generation = $2 AND sku = $3 AND position <= $4
         ORDER BY version DESC LIMIT 1",
    );
    let position = i64::try_from(position).unwrap_or(i64::MAX);
    let query = query.bind(sku.as_str()).bind(position);
    let snapshot = |row: &Row| {
        let item = serde_json::from_slice(row.bytes(2)?).map_err(unreadable)?;
        Ok(StockSnapshot { version: row.unsigned(0)?, position: row.unsigned(1)?, item })
    };
    tables.fetch(query).await?.first().map(snapshot).transpose()
}
