//! `availability`: what can still be promised, by SKU and location.

mod stock_snapshot;

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use cqrs_es::Aggregate;
use holdfast_domain::network::NetworkEvent;
use holdfast_domain::stock::{AvailabilityView, StockEvent, StockItem};
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::{ChannelName, LocationId, Sku, Timestamp};

use crate::error::ViewError;
use crate::runtime::projection::{Projection, RecordedEvent};
use crate::store::{ColumnKind, Presence, Row, Scope, Statement, Table, Upsert, ViewConnection, ViewStore};
use stock_snapshot::PendingSnapshots;

pub use stock_snapshot::StockSnapshot;

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
    /// The stock item.
    Item(Box<ItemRow>),
    /// Whether the location is paused.
    Location(bool),
}

/// The row of a stock item.
#[derive(Debug, Clone, Default)]
pub struct ItemRow {
    item: StockItem,
    /// The end of the last command that changed it.
    position: u64,
    /// The end of the last command that changed what there is of it for those who wait.
    supplied_at: u64,
    /// What was passed since it was read.
    milestones: PendingSnapshots,
}

/// A stock item of which somebody in the queue could be given something.
#[derive(Debug, Clone)]
pub struct FillableSku {
    /// Whose it is.
    pub merchant: String,
    /// Which.
    pub sku: Sku,
    /// The end of the last command that changed it.
    pub position: u64,
    /// The end of the last command that changed what there is of it for those who wait: why they can be served.
    pub supplied_at: u64,
}

/// The fold.
#[derive(Debug)]
pub struct AvailabilityProjection;

const TABLES: &[Table] = &[
    Table {
        name: "availability",
        key: &[("sku", ColumnKind::Text)],
        values: &[
            ("position", ColumnKind::Integer),
            ("supplied_at", ColumnKind::Integer),
            ("fillable", ColumnKind::Boolean),
            ("state", ColumnKind::Bytes),
            ("stale", ColumnKind::Boolean),
        ],
    },
    Table { name: "paused_location", key: &[("location", ColumnKind::Text)], values: &[] },
    stock_snapshot::TABLE,
];

#[async_trait]
impl Projection for AvailabilityProjection {
    const NAME: &'static str = "availability";
    const VERSION: i64 = 4;
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
            DomainEvent::Stock(happened) => {
                let mut row = match row {
                    Some(AvailabilityRow::Item(row)) => row,
                    _ => Box::default(),
                };
                if supplies(&happened) {
                    row.supplied_at = event.command_end;
                }
                row.item.apply(happened);
                row.position = event.command_end;
                row.milestones.pass(event.version, event.command_end, &row.item);
                AvailabilityRow::Item(row)
            }
            happened => AvailabilityRow::Location(matches!(
                happened,
                DomainEvent::Network(NetworkEvent::LocationPaused(_))
            )),
        }
    }

    async fn load(
        connection: &mut ViewConnection,
        scope: Scope<'_>,
        keys: &[AvailabilityKey],
    ) -> Result<HashMap<AvailabilityKey, AvailabilityRow>, ViewError> {
        let skus =
            keys.iter().filter_map(|key| if let AvailabilityKey::Sku(sku) = key { Some(sku) } else { None });
        let items = read_items(connection, scope, skus).await?.into_iter();
        Ok(items
            .map(|(sku, known)| (AvailabilityKey::Sku(sku), AvailabilityRow::Item(Box::new(known.row))))
            .collect())
    }

    async fn save(
        connection: &mut ViewConnection,
        scope: Scope<'_>,
        rows: &[(AvailabilityKey, AvailabilityRow)],
        presence: Presence,
    ) -> Result<(), ViewError> {
        let mut items = Vec::with_capacity(rows.len());
        for (key, row) in rows {
            match (key, row) {
                (AvailabilityKey::Sku(sku), AvailabilityRow::Item(row)) => {
                    let state = serde_json::to_vec(&row.item).map_err(unreadable)?;
                    items.push((sku, &**row, state));
                }
                (AvailabilityKey::Location(location), AvailabilityRow::Location(paused)) => {
                    save_location(connection, scope, location, *paused).await?;
                }
                // A key's kind decides its row's kind.
                _ => {}
            }
        }
        Upsert::into("availability", scope, &items, presence)
            .key("sku", |(sku, ..)| sku.as_str())
            .changing("position", |(_, row, _)| row.position)
            .changing("supplied_at", |(_, row, _)| row.supplied_at)
            .changing("fillable", |(_, row, _)| can_be_filled(&row.item))
            .changing("state", |(.., state)| state.clone())
            .changing("stale", |_| false)
            .run(connection)
            .await?;
        let passed = items.iter().map(|(sku, row, _)| (*sku, &row.milestones));
        stock_snapshot::save(connection, scope, passed).await
    }

    async fn mark_stale(
        connection: &mut ViewConnection,
        scope: Scope<'_>,
        streams: &[&str],
    ) -> Result<(), ViewError> {
        // Whether the locations' stream is parked is looked up when it is asked: it counts for every row.
        let skus = streams.iter().filter_map(|stream| match stream.parse() {
            Ok(StreamId::Stock(sku)) => Some(sku),
            _ => None,
        });
        for sku in skus {
            let mark = Statement::new(
                "UPDATE availability SET stale = TRUE WHERE merchant = $1 AND generation = $2 AND sku = $3",
            );
            let mark = mark.bind(scope.merchant).bind(scope.generation).bind(sku.as_str());
            connection.execute(mark).await?;
        }
        Ok(())
    }
}

/// Whether somebody in the queue could be given something, or be told when that is expected, or more is promised than is
/// there, as far as this row tells.
fn can_be_filled(item: &StockItem) -> bool {
    let is_overcommitted = item.bins.values().any(|bin| bin.reserved > bin.on_hand);
    is_overcommitted
        || item.due().next().is_some()
        || !item.earmarks(&BTreeSet::new()).is_empty()
        || !item.untold().is_empty()
}

/// Whether an event changes what there is of a SKU, or is expected, or is set aside for those who wait: not what only
/// passes between them and what is there.
fn supplies(event: &StockEvent) -> bool {
    !matches!(
        event,
        StockEvent::StockReserved(_)
            | StockEvent::StockReleased(_)
            | StockEvent::StockReservationsExpired(_)
            | StockEvent::StockReservationExtended(_)
            | StockEvent::StockShipped(_)
            | StockEvent::StockBackordered(_)
            | StockEvent::StockBackorderWithdrawn(_)
            | StockEvent::StockBackorderFilled(_)
            | StockEvent::StockPromised(_)
    )
}

fn unreadable(error: impl ToString) -> ViewError {
    ViewError::row(AvailabilityProjection::NAME, error)
}

async fn save_location(
    connection: &mut ViewConnection,
    scope: Scope<'_>,
    location: &LocationId,
    paused: bool,
) -> Result<(), ViewError> {
    let change = Statement::new(if paused {
        "INSERT INTO paused_location (merchant, generation, location) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM paused_location WHERE merchant = $1 AND generation = $2 AND location = $3"
    });
    let change = change.bind(scope.merchant).bind(scope.generation).bind(location.as_str());
    connection.execute(change).await?;
    Ok(())
}

const ITEM: &str = "SELECT sku, state, position, supplied_at, stale FROM availability";

/// A row as it is kept.
struct Known {
    row: ItemRow,
    stale: bool,
}

impl Known {
    fn view(&self, paused: &BTreeSet<LocationId>, no_network: bool) -> Option<AvailabilityView> {
        let view = AvailabilityView::of(&self.row.item, |location| paused.contains(location))?;
        Some(AvailabilityView { stale: self.stale || no_network, ..view })
    }
}

fn item(row: &Row) -> Result<(Sku, Known), ViewError> {
    let sku = Sku::new(row.text(0)?).map_err(unreadable)?;
    let item = ItemRow {
        item: serde_json::from_slice(row.bytes(1)?).map_err(unreadable)?,
        position: row.unsigned(2)?,
        supplied_at: row.unsigned(3)?,
        milestones: PendingSnapshots::default(),
    };
    Ok((sku, Known { row: item, stale: row.boolean(4)? }))
}

async fn read_items(
    connection: &mut ViewConnection,
    scope: Scope<'_>,
    skus: impl Iterator<Item = &Sku> + Send,
) -> Result<Vec<(Sku, Known)>, ViewError> {
    let skus: Vec<String> = skus.map(Sku::to_string).collect();
    connection.find(ITEM, scope, "sku", &skus).await?.iter().map(item).collect()
}

/// For whom and by when something is to be promised.
#[derive(Debug, Clone, Default)]
pub struct AvailabilityFilter {
    /// By this channel, which may have a limit.
    pub channel: Option<ChannelName>,
    /// By this moment; now where not given.
    pub by: Option<Timestamp>,
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

    /// Stock items of which somebody in the queue could be given something, in order, behind one of them or from the first.
    pub async fn fillable(
        &self,
        generation: i64,
        (merchant, sku): (&str, &str),
        most: usize,
    ) -> Result<Vec<FillableSku>, ViewError> {
        let statement = Statement::new(
            "SELECT merchant, sku, position, supplied_at FROM availability
             WHERE fillable AND generation = $1 AND (merchant, sku) > ($2, $3)
             ORDER BY merchant, sku LIMIT $4",
        );
        let statement = statement.bind(generation).bind(merchant).bind(sku).bind(most as u64);
        let mut snapshot = self.store.snapshot().await?;
        let rows = snapshot.fetch(statement).await?;
        snapshot.commit().await?;
        let found = |row: &Row| {
            Ok(FillableSku {
                merchant: row.text(0)?.to_owned(),
                sku: Sku::new(row.text(1)?).map_err(unreadable)?,
                position: row.unsigned(2)?,
                supplied_at: row.unsigned(3)?,
            })
        };
        rows.iter().map(found).collect()
    }

    /// The latest milestone of a stock item that no command after a position had part in.
    pub async fn stock_snapshot(
        &self,
        merchant: &str,
        generation: i64,
        sku: &Sku,
        up_to: u64,
    ) -> Result<Option<StockSnapshot>, ViewError> {
        let mut reader = self.store.reader().await?;
        stock_snapshot::latest(&mut reader, Scope { merchant, generation }, sku, up_to).await
    }

    /// What can be promised of SKUs, in the order asked for; those never seen are left out.
    pub async fn get(
        &self,
        merchant: &str,
        generation: i64,
        skus: &[Sku],
        asked: &AvailabilityFilter,
    ) -> Result<Vec<AvailabilityView>, ViewError> {
        let scope = Scope { merchant, generation };
        // One transaction, so that stock and pauses are of the same moment.
        let mut snapshot = self.store.snapshot().await?;
        let paused = paused_locations(&mut snapshot, scope).await?;
        let distinct: BTreeSet<&Sku> = skus.iter().collect();
        let items = read_items(&mut snapshot, scope, distinct.into_iter()).await?;
        let no_network = is_network_parked(&mut snapshot, scope).await?;
        snapshot.commit().await?;
        let items: HashMap<Sku, Known> = items.into_iter().collect();
        let view = |sku: &Sku| {
            let known = items.get(sku)?;
            Some(known.view(&paused, no_network)?.narrowed(&known.row.item, asked.channel.as_ref(), asked.by))
        };
        Ok(skus.iter().filter_map(view).collect())
    }
}

/// What can be promised of SKUs behind one of them or from the first, in the order of the store.
pub(crate) async fn following(
    snapshot: &mut ViewConnection,
    scope: Scope<'_>,
    after: Option<&Sku>,
    most: usize,
) -> Result<Vec<AvailabilityView>, ViewError> {
    let paused = paused_locations(snapshot, scope).await?;
    let no_network = is_network_parked(snapshot, scope).await?;
    let mut query = Statement::new(ITEM).bind(scope.merchant).bind(scope.generation);
    query.push(" WHERE merchant = $1 AND generation = $2");
    if let Some(after) = after {
        query.push(" AND sku > ").push_bind(after.as_str());
    }
    query.push(" ORDER BY sku LIMIT ").push_bind(most as u64);
    let rows = snapshot.fetch(query).await?;
    let view = |row: &Row| {
        let (sku, known) = item(row)?;
        known.view(&paused, no_network).ok_or_else(|| unreadable(format!("{sku} was never seen")))
    };
    rows.iter().map(view).collect()
}

/// How many SKUs there are.
pub(crate) async fn count(connection: &mut ViewConnection, scope: Scope<'_>) -> Result<u64, ViewError> {
    let count = Statement::new("SELECT count(*) FROM availability WHERE merchant = $1 AND generation = $2");
    let rows = connection.fetch(count.bind(scope.merchant).bind(scope.generation)).await?;
    rows.first().map_or(Ok(0), |row| row.unsigned(0))
}

async fn paused_locations(
    connection: &mut ViewConnection,
    scope: Scope<'_>,
) -> Result<BTreeSet<LocationId>, ViewError> {
    let paused =
        Statement::new("SELECT location FROM paused_location WHERE merchant = $1 AND generation = $2");
    let rows = connection.fetch(paused.bind(scope.merchant).bind(scope.generation)).await?;
    rows.iter().map(|row| LocationId::new(row.text(0)?).map_err(unreadable)).collect()
}

/// Whether it is not known which locations are paused.
async fn is_network_parked(connection: &mut ViewConnection, scope: Scope<'_>) -> Result<bool, ViewError> {
    let parked = Statement::new(
        "SELECT stream FROM parked_stream
         WHERE merchant = $1 AND generation = $2 AND projection = $3 AND stream = $4",
    );
    let parked = parked.bind(scope.merchant).bind(scope.generation).bind(AvailabilityProjection::NAME);
    let network = StreamId::Network.to_string();
    Ok(!connection.fetch(parked.bind(network.as_str())).await?.is_empty())
}
