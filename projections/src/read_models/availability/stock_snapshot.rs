//! Stock items as they were after every so many of their events: where a fold of their past begins, so that it is short
//! however long the stream is.

use holdfast_domain::stock::StockItem;
use holdfast_domain::values::Sku;

use super::unreadable;
use crate::error::ViewError;
use crate::store::{ColumnKind, Presence, Row, Scope, Statement, Table, Upsert, ViewConnection};

/// Events from one to the next.
const EVERY: u64 = 5_000;

pub(super) const TABLE: Table = Table {
    name: "stock_milestone",
    key: &[("sku", ColumnKind::Text), ("version", ColumnKind::Integer)],
    values: &[("position", ColumnKind::Integer), ("state", ColumnKind::Bytes)],
};

/// A stock item as it was after so many events.
#[derive(Debug, Clone, PartialEq)]
pub struct StockSnapshot {
    /// How many.
    pub version: u64,
    /// The end of the last one's command.
    pub position: u64,
    /// As it was.
    pub item: StockItem,
}

/// PendingSnapshots that are not written yet.
#[derive(Debug, Clone, Default)]
pub(super) struct PendingSnapshots(Vec<StockSnapshot>);

impl PendingSnapshots {
    /// An event has happened to an item: where it makes the number full, that is a milestone. Which events those are depends
    /// on nothing else, so that every build has the same.
    pub(super) fn pass(&mut self, version: u64, position: u64, item: &StockItem) {
        if version.is_multiple_of(EVERY) {
            self.0.push(StockSnapshot { version, position, item: item.clone() });
        }
    }
}

pub(super) async fn save<'a>(
    connection: &mut ViewConnection,
    scope: Scope<'_>,
    passed: impl Iterator<Item = (&'a Sku, &'a PendingSnapshots)>,
) -> Result<(), ViewError> {
    let mut rows = Vec::new();
    for (sku, PendingSnapshots(all)) in passed {
        for milestone in all {
            rows.push((sku, milestone, serde_json::to_vec(&milestone.item).map_err(unreadable)?));
        }
    }
    Upsert::into(TABLE.name, scope, &rows, Presence::New)
        .key("sku", |(sku, ..)| sku.as_str())
        .key("version", |(_, milestone, _)| milestone.version)
        .fixed("position", |(_, milestone, _)| milestone.position)
        .fixed("state", |(.., state)| state.clone())
        .run(connection)
        .await
}

/// The latest of a SKU that no command after a position had part in.
pub(super) async fn latest(
    connection: &mut ViewConnection,
    scope: Scope<'_>,
    sku: &Sku,
    up_to: u64,
) -> Result<Option<StockSnapshot>, ViewError> {
    let statement = Statement::new(
        "SELECT version, position, state FROM stock_milestone
         WHERE merchant = $1 AND generation = $2 AND sku = $3 AND position <= $4
         ORDER BY version DESC LIMIT 1",
    );
    let up_to = i64::try_from(up_to).unwrap_or(i64::MAX);
    let statement = statement.bind(scope.merchant).bind(scope.generation).bind(sku.as_str()).bind(up_to);
    let milestone = |row: &Row| {
        let item = serde_json::from_slice(row.bytes(2)?).map_err(unreadable)?;
        Ok(StockSnapshot { version: row.unsigned(0)?, position: row.unsigned(1)?, item })
    };
    connection.fetch(statement).await?.first().map(milestone).transpose()
}
