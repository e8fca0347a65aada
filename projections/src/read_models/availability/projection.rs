//! The fold of the read model: stock items by their own `apply`, and the paused locations.

use std::collections::BTreeSet;

use async_trait::async_trait;
use cqrs_es::Aggregate;
use holdfast_domain::network::NetworkEvent;
use holdfast_domain::stock::{StockEvent, StockItem};
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::{LocationId, Sku};

use super::row::{self, ItemRow, unreadable};
use super::stock_snapshot;
use crate::error::Result;
use crate::runtime::projection::{Projection, RecordedEvent, RowsByKey};
use crate::store::ColumnKind::{Boolean, Bytes, Integer, Text};
use crate::store::{Presence, Table, Tables, Upsert};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AvailabilityKey {
    Sku(Sku),
    Location(LocationId),
}

#[derive(Debug, Clone)]
pub enum AvailabilityRow {
    Item(Box<ItemRow>),
    /// Whether the location is paused.
    Location(bool),
}

/// The projection `availability`.
#[derive(Debug)]
pub struct AvailabilityProjection;

const TABLES: &[Table] = &[
    Table {
        name: "availability",
        key: &[("sku", Text)],
        values: &[
            ("position", Integer),
            ("supply_position", Integer),
            ("fillable", Boolean),
            ("earmarked", Boolean),
            ("state", Bytes),
            ("stale", Boolean),
        ],
    },
    Table { name: "paused_location", key: &[("location", Text)], values: &[] },
    stock_snapshot::TABLE,
];

#[async_trait]
impl Projection for AvailabilityProjection {
    const NAME: &'static str = row::NAME;
    const VERSION: i64 = 12;
    const TABLES: &'static [Table] = TABLES;

    type Key = AvailabilityKey;
    type Row = AvailabilityRow;

    fn concerns(stream: &StreamId) -> bool {
        matches!(stream, StreamId::Stock(_) | StreamId::Network)
    }

    fn key(event: &RecordedEvent) -> Option<AvailabilityKey> {
        match (&event.stream, &event.event) {
            (StreamId::Stock(sku), _) => Some(AvailabilityKey::Sku(sku.clone())),
            (_, DomainEvent::Network(NetworkEvent::LocationPaused(paused))) => {
                Some(AvailabilityKey::Location(paused.location.clone()))
            }
            (_, DomainEvent::Network(NetworkEvent::LocationResumed(resumed))) => {
                Some(AvailabilityKey::Location(resumed.location.clone()))
            }
            _ => None,
        }
    }

    fn fold(row: Option<AvailabilityRow>, event: RecordedEvent) -> AvailabilityRow {
        match event.event {
            DomainEvent::Stock(stock_event) => {
                let mut row = match row {
                    Some(AvailabilityRow::Item(row)) => row,
                    _ => Box::default(),
                };
                if changes_supply(&stock_event) {
                    row.supply_position = event.command_end;
                }
                row.item.apply(stock_event);
                row.position = event.command_end;
                row.snapshots.take_if_due(event.version, event.command_end, &row.item);
                AvailabilityRow::Item(row)
            }
            other => AvailabilityRow::Location(matches!(
                other,
                DomainEvent::Network(NetworkEvent::LocationPaused(_))
            )),
        }
    }

    async fn load(tables: &mut Tables<'_>, keys: &[AvailabilityKey]) -> Result<RowsByKey<Self>> {
        let skus =
            keys.iter().filter_map(|key| if let AvailabilityKey::Sku(sku) = key { Some(sku) } else { None });
        let items = row::load(tables, skus).await?.into_iter();
        let entry = |(sku, stored): (Sku, row::StoredItem)| {
            (AvailabilityKey::Sku(sku), AvailabilityRow::Item(Box::new(stored.row)))
        };
        Ok(items.map(entry).collect())
    }

    async fn save(
        tables: &mut Tables<'_>,
        rows: &[(AvailabilityKey, AvailabilityRow)],
        presence: Presence,
    ) -> Result<()> {
        let mut items = Vec::with_capacity(rows.len());
        for (key, row) in rows {
            match (key, row) {
                (AvailabilityKey::Sku(sku), AvailabilityRow::Item(row)) => {
                    let state = serde_json::to_vec(&row.item).map_err(unreadable)?;
                    items.push((sku, &**row, state));
                }
                (AvailabilityKey::Location(location), AvailabilityRow::Location(paused)) => {
                    save_location(tables, location, *paused).await?;
                }
                // The fold gives a key and its row the same variant.
                _ => {}
            }
        }
        Upsert::into("availability", &items, presence)
            .key("sku", |(sku, ..)| sku.as_str())
            .updated("position", |(_, row, _)| row.position)
            .updated("supply_position", |(_, row, _)| row.supply_position)
            .updated("fillable", |(_, row, _)| is_fillable(&row.item))
            .updated("earmarked", |(_, row, _)| has_earmarks(&row.item))
            .updated("state", |(.., state)| state.clone())
            .updated("stale", |_| false)
            .run(tables)
            .await?;
        let snapshots = items.iter().map(|(sku, row, _)| (*sku, &row.snapshots));
        stock_snapshot::save(tables, snapshots).await
    }

    async fn mark_stale(tables: &mut Tables<'_>, streams: &[&str]) -> Result<()> {
        // The stream of locations concerns every row. Queries check whether it is parked.
        let skus = streams.iter().filter_map(|stream| match stream.parse() {
            Ok(StreamId::Stock(sku)) => Some(sku),
            _ => None,
        });
        for sku in skus {
            let mark = tables.statement(
                "UPDATE availability SET stale = TRUE WHERE merchant = $1 AND generation = $2 AND sku = $3",
            );
            let mark = mark.bind(sku.as_str());
            tables.execute(mark).await?;
        }
        Ok(())
    }
}

/// Whether the command `FillBackorders` has something to do for the item if no location is paused: backorders can be filled,
/// a promised date has changed, or more units are reserved than exist.
fn is_fillable(item: &StockItem) -> bool {
    let is_overcommitted = item.levels.values().any(|level| !level.overcommitted().is_zero());
    is_overcommitted
        || item.due().next().is_some()
        || !item.earmarks(&BTreeSet::new()).is_empty()
        || !item.stale_promises().is_empty()
}

fn has_earmarks(item: &StockItem) -> bool {
    item.levels.values().any(|level| !level.earmarked.is_zero())
}

/// Whether an event changes the supply for backorders: the units on hand, expected or earmarked. Reservations and
/// backorders only consume supply.
fn changes_supply(event: &StockEvent) -> bool {
    !matches!(
        event,
        StockEvent::StockReserved(_)
            | StockEvent::StockReleased(_)
            | StockEvent::StockReservationsExpired(_)
            | StockEvent::StockReservationExtended(_)
            | StockEvent::StockCartReserved(_)
            | StockEvent::StockCartReleased(_)
            | StockEvent::StockCartExtended(_)
            | StockEvent::StockShipped(_)
            | StockEvent::StockBackordered(_)
            | StockEvent::StockBackorderWithdrawn(_)
            | StockEvent::StockBackorderFilled(_)
            | StockEvent::StockPromised(_)
            | StockEvent::StockLow(_)
            | StockEvent::StockOut(_)
            | StockEvent::BackInStock(_)
    )
}

async fn save_location(tables: &mut Tables<'_>, location: &LocationId, paused: bool) -> Result<()> {
    let change = tables.statement(if paused {
        "INSERT INTO paused_location (merchant, generation, location) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM paused_location WHERE merchant = $1 AND generation = $2 AND location = $3"
    });
    let change = change.bind(location.as_str());
    tables.execute(change).await?;
    Ok(())
}
