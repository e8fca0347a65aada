//! `availability`: what can still be promised, by SKU and location.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use cqrs_es::Aggregate;
use holdfast_domain::network::NetworkEvent;
use holdfast_domain::stock::{AvailabilityView, StockItem};
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::{LocationId, Sku};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use crate::error::ViewError;
use crate::projection::{Projection, Recorded, Scope};
use crate::store::{CHUNK, ViewStore};

/// A stock item, or whether a location is paused.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AvailabilityKey {
    /// A stock item.
    Sku(Sku),
    /// A location.
    Location(LocationId),
}

/// The row of either.
#[derive(Debug, Clone)]
pub enum AvailabilityRow {
    /// The stock item and the position of its last event.
    Item(Box<StockItem>, u64),
    /// Whether the location is paused.
    Location(bool),
}

/// The fold.
#[derive(Debug)]
pub struct AvailabilityProjection;

#[async_trait]
impl Projection for AvailabilityProjection {
    const NAME: &'static str = "availability";
    const VERSION: i64 = 1;

    type Key = AvailabilityKey;
    type Row = AvailabilityRow;

    fn key(event: &Recorded) -> Option<AvailabilityKey> {
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

    fn fold(row: Option<AvailabilityRow>, event: &Recorded) -> AvailabilityRow {
        match &event.event {
            DomainEvent::Stock(happened) => {
                let mut item = match row {
                    Some(AvailabilityRow::Item(item, _)) => item,
                    _ => Box::default(),
                };
                item.apply(happened.clone());
                AvailabilityRow::Item(item, event.command_end)
            }
            happened => AvailabilityRow::Location(matches!(
                happened,
                DomainEvent::Network(NetworkEvent::LocationPaused(_))
            )),
        }
    }

    async fn load(
        connection: &mut SqliteConnection,
        scope: Scope<'_>,
        keys: &[AvailabilityKey],
    ) -> Result<HashMap<AvailabilityKey, AvailabilityRow>, ViewError> {
        let skus: Vec<&Sku> = keys
            .iter()
            .filter_map(|key| if let AvailabilityKey::Sku(sku) = key { Some(sku) } else { None })
            .collect();
        let mut found = HashMap::with_capacity(skus.len());
        for chunk in skus.chunks(CHUNK) {
            for (sku, item, position) in read_items(&mut *connection, scope, chunk).await? {
                found.insert(AvailabilityKey::Sku(sku), AvailabilityRow::Item(Box::new(item), position));
            }
        }
        Ok(found)
    }

    async fn save(
        connection: &mut SqliteConnection,
        scope: Scope<'_>,
        rows: &[(AvailabilityKey, AvailabilityRow)],
    ) -> Result<(), ViewError> {
        let mut items = Vec::with_capacity(rows.len());
        for (key, row) in rows {
            match (key, row) {
                (AvailabilityKey::Sku(sku), AvailabilityRow::Item(item, position)) => {
                    items.push((sku, serde_json::to_vec(item).map_err(unreadable)?, *position));
                }
                (AvailabilityKey::Location(location), AvailabilityRow::Location(paused)) => {
                    save_location(&mut *connection, scope, location, *paused).await?;
                }
                // A key's kind decides its row's kind.
                _ => {}
            }
        }
        for chunk in items.chunks(CHUNK) {
            let mut query: QueryBuilder<Sqlite> =
                QueryBuilder::new("INSERT INTO availability (merchant, generation, sku, position, state) ");
            query.push_values(chunk, |mut row, (sku, state, position)| {
                row.push_bind(scope.merchant).push_bind(scope.generation).push_bind(sku.as_str());
                row.push_bind(position.cast_signed()).push_bind(state);
            });
            query.push(" ON CONFLICT DO UPDATE SET position = excluded.position, state = excluded.state");
            query.build().execute(&mut *connection).await?;
        }
        Ok(())
    }
}

fn unreadable(error: impl ToString) -> ViewError {
    ViewError::row(AvailabilityProjection::NAME, error)
}

async fn save_location(
    connection: &mut SqliteConnection,
    scope: Scope<'_>,
    location: &LocationId,
    paused: bool,
) -> Result<(), ViewError> {
    let change = if paused {
        sqlx::query(
            "INSERT INTO paused_location (merchant, generation, location) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        )
    } else {
        sqlx::query("DELETE FROM paused_location WHERE merchant = ? AND generation = ? AND location = ?")
    };
    change.bind(scope.merchant).bind(scope.generation).bind(location.as_str()).execute(connection).await?;
    Ok(())
}

async fn read_items(
    connection: &mut SqliteConnection,
    scope: Scope<'_>,
    skus: &[&Sku],
) -> Result<Vec<(Sku, StockItem, u64)>, ViewError> {
    let mut query: QueryBuilder<Sqlite> =
        QueryBuilder::new("SELECT sku, state, position FROM availability WHERE merchant = ");
    query
        .push_bind(scope.merchant)
        .push(" AND generation = ")
        .push_bind(scope.generation)
        .push(" AND sku IN (");
    let mut values = query.separated(", ");
    for sku in skus {
        values.push_bind(sku.as_str());
    }
    query.push(")");
    let rows = query.build().fetch_all(connection).await?;
    let item = |row: &sqlx::sqlite::SqliteRow| {
        let sku = Sku::new(row.try_get(0)?).map_err(unreadable)?;
        let item = serde_json::from_slice(row.try_get(1)?).map_err(unreadable)?;
        Ok((sku, item, row.try_get::<i64, _>(2)?.cast_unsigned()))
    };
    rows.iter().map(item).collect()
}

/// The read model.
#[derive(Debug, Clone)]
pub struct Availability {
    store: ViewStore,
}

impl Availability {
    /// The projection's name.
    pub const NAME: &'static str = AvailabilityProjection::NAME;

    /// Over a store.
    pub fn new(store: &ViewStore) -> Self {
        Self { store: store.clone() }
    }

    /// What can be promised of SKUs, in the order asked for; those never seen are left out.
    pub async fn of(
        &self,
        merchant: &str,
        generation: i64,
        skus: &[Sku],
    ) -> Result<Vec<AvailabilityView>, ViewError> {
        let scope = Scope { merchant, generation };
        // One transaction, so that stock and pauses are of the same moment.
        let mut transaction = self.store.readers.begin().await?;
        let paused = paused_locations(&mut transaction, scope).await?;
        let mut items = HashMap::with_capacity(skus.len());
        let distinct: Vec<&Sku> = skus.iter().collect::<BTreeSet<_>>().into_iter().collect();
        for chunk in distinct.chunks(CHUNK) {
            for (sku, item, _) in read_items(&mut transaction, scope, chunk).await? {
                items.insert(sku, item);
            }
        }
        transaction.commit().await?;
        let view = |sku: &Sku| AvailabilityView::of(items.get(sku)?, |location| paused.contains(location));
        Ok(skus.iter().filter_map(view).collect())
    }
}

async fn paused_locations(
    connection: &mut SqliteConnection,
    scope: Scope<'_>,
) -> Result<BTreeSet<LocationId>, ViewError> {
    let rows = sqlx::query("SELECT location FROM paused_location WHERE merchant = ? AND generation = ?")
        .bind(scope.merchant)
        .bind(scope.generation)
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| LocationId::new(row.try_get(0)?).map_err(unreadable)).collect()
}
