//! Queries for availability.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{ChannelName, LocationId, Sku, Timestamp};
use holdfast_views::AvailabilityView;
use schemars::JsonSchema;
use serde::Deserialize;

use super::row::{self, NAME, SELECT, StoredItem, stored_item, unreadable};
use super::stock_snapshot::{self, StockSnapshot};
use crate::error::Result;
use crate::store::{Row, Scope, Statement, Tables, ViewStore};

/// A SKU for which the command `FillBackorders` has something to do.
#[derive(Debug, Clone)]
pub struct FillableSku {
    /// The merchant's name.
    pub merchant: String,
    /// The SKU.
    pub sku: Sku,
    /// The position of the last event of the last command that changed the stock item.
    pub position: u64,
    /// The position of the last event of the last command that changed the supply for backorders. That command is the
    /// cause of the fill.
    pub supply_position: u64,
}

/// For which channel and time availability is computed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct AvailabilityFilter {
    /// The sales channel, whose quota limits the available units. Default: no quota.
    pub channel: Option<ChannelName>,
    /// The time by which the units must be available; expected supply until then counts. Default: now.
    pub by: Option<Timestamp>,
}

/// The read model `availability`.
#[derive(Debug, Clone)]
pub struct Availability {
    store: ViewStore,
}

impl Availability {
    /// The name of the projection.
    pub const NAME: &'static str = NAME;

    /// Reads from a store.
    pub fn new(store: &ViewStore) -> Self {
        Self { store: store.clone() }
    }

    /// Lists up to `limit` fillable SKUs of all merchants after a merchant and SKU, sorted by both. Start with two empty
    /// texts.
    pub async fn fillable(
        &self,
        generation: i64,
        (merchant, sku): (&str, &str),
        limit: usize,
    ) -> Result<Vec<FillableSku>> {
        let query = Statement::new(
            "SELECT merchant, sku, position, supply_position FROM availability
             WHERE fillable AND generation = $1 AND (merchant, sku) > ($2, $3)
             ORDER BY merchant, sku LIMIT $4",
        );
        self.skus(query.bind(generation).bind(merchant).bind(sku).bind(limit as u64)).await
    }

    /// Lists up to `limit` SKUs of one merchant after a SKU that have units earmarked for backorders, sorted by SKU. Start
    /// with an empty text.
    pub async fn earmarked(
        &self,
        generation: i64,
        (merchant, sku): (&str, &str),
        limit: usize,
    ) -> Result<Vec<FillableSku>> {
        let query = Statement::new(
            "SELECT merchant, sku, position, supply_position FROM availability
             WHERE earmarked AND generation = $1 AND merchant = $2 AND sku > $3
             ORDER BY sku LIMIT $4",
        );
        self.skus(query.bind(generation).bind(merchant).bind(sku).bind(limit as u64)).await
    }

    async fn skus(&self, query: Statement) -> Result<Vec<FillableSku>> {
        let mut snapshot = self.store.snapshot().await?;
        let rows = snapshot.fetch(query).await?;
        snapshot.commit().await?;
        let sku = |row: &Row| {
            Ok(FillableSku {
                merchant: row.text(0)?.to_owned(),
                sku: Sku::new(row.text(1)?).map_err(unreadable)?,
                position: row.unsigned(2)?,
                supply_position: row.unsigned(3)?,
            })
        };
        rows.iter().map(sku).collect()
    }

    /// Returns the paused locations of all merchants. Merchants without a paused location are absent.
    pub async fn paused_locations(&self, generation: i64) -> Result<BTreeMap<String, BTreeSet<LocationId>>> {
        let query = Statement::new("SELECT merchant, location FROM paused_location WHERE generation = $1");
        let mut reader = self.store.reader().await?;
        let mut paused: BTreeMap<String, BTreeSet<LocationId>> = BTreeMap::new();
        for row in reader.fetch(query.bind(generation)).await? {
            let location = LocationId::new(row.text(1)?).map_err(unreadable)?;
            paused.entry(row.text(0)?.to_owned()).or_default().insert(location);
        }
        Ok(paused)
    }

    /// Returns the latest snapshot of a stock item whose command ended at a position or before.
    pub async fn stock_snapshot(
        &self,
        merchant: &str,
        generation: i64,
        sku: &Sku,
        position: u64,
    ) -> Result<Option<StockSnapshot>> {
        let mut reader = self.store.reader().await?;
        stock_snapshot::latest(&mut reader.scoped(Scope { merchant, generation }), sku, position).await
    }

    /// Returns the availability of SKUs in the given order. Unknown SKUs are skipped.
    pub async fn get(
        &self,
        merchant: &str,
        generation: i64,
        skus: &[Sku],
        filter: &AvailabilityFilter,
    ) -> Result<Vec<AvailabilityView>> {
        let scope = Scope { merchant, generation };
        // One transaction, so that stock and paused locations have the same position.
        let mut snapshot = self.store.snapshot().await?;
        let tables = &mut snapshot.scoped(scope);
        let locations = Locations::read(tables).await?;
        let distinct: BTreeSet<&Sku> = skus.iter().collect();
        let mut items: HashMap<Sku, StoredItem> =
            row::load(tables, distinct.into_iter()).await?.into_iter().collect();
        let components: BTreeSet<Sku> = items
            .values()
            .flat_map(|stored| &stored.row.item.components)
            .map(|one| one.sku.clone())
            .collect();
        let missing = components.iter().filter(|sku| !items.contains_key(*sku)).collect::<Vec<_>>();
        items.extend(row::load(tables, missing.into_iter()).await?);
        snapshot.commit().await?;
        let view = |(sku, stored): (&Sku, &StoredItem)| {
            let view = locations.view(stored)?;
            Some((sku.clone(), view.narrowed(&stored.row.item, filter.channel.as_ref(), filter.by)))
        };
        let views: HashMap<Sku, AvailabilityView> = items.iter().filter_map(view).collect();
        Ok(AvailabilityView::with_bundles(skus, &views))
    }
}

/// Reads the availability of up to `limit` SKUs after a SKU, or from the first, sorted by SKU.
pub(crate) async fn list(
    tables: &mut Tables<'_>,
    after: Option<&Sku>,
    limit: usize,
) -> Result<Vec<AvailabilityView>> {
    let locations = Locations::read(tables).await?;
    let mut query = tables.statement(SELECT);
    query.push(" WHERE merchant = $1 AND generation = $2");
    if let Some(after) = after {
        query.push(" AND sku > ").push_bind(after.as_str());
    }
    query.push(" ORDER BY sku LIMIT ").push_bind(limit as u64);
    let rows = tables.fetch(query).await?;
    let view = |row: &Row| {
        let (sku, stored) = stored_item(row)?;
        locations.view(&stored).ok_or_else(|| unreadable(format!("{sku} has no events")))
    };
    rows.iter().map(view).collect()
}

/// Counts the SKUs.
pub(crate) async fn sku_count(tables: &mut Tables<'_>) -> Result<u64> {
    let count = tables.statement("SELECT count(*) FROM availability WHERE merchant = $1 AND generation = $2");
    tables.count(count).await
}

/// Which locations are paused.
struct Locations {
    paused: BTreeSet<LocationId>,
    /// Whether the stream of locations is parked, so that the paused locations may be out of date.
    is_stale: bool,
}

impl Locations {
    async fn read(tables: &mut Tables<'_>) -> Result<Self> {
        let paused =
            tables.statement("SELECT location FROM paused_location WHERE merchant = $1 AND generation = $2");
        let paused = tables.fetch(paused).await?;
        let parked = tables.statement(
            "SELECT stream FROM parked_stream
             WHERE merchant = $1 AND generation = $2 AND projection = $3 AND stream = $4",
        );
        let parked = parked.bind(NAME);
        let network = StreamId::Network.to_string();
        let is_stale = !tables.fetch(parked.bind(network.as_str())).await?.is_empty();
        let location = |row: &Row| LocationId::new(row.text(0)?).map_err(unreadable);
        Ok(Self { paused: paused.iter().map(location).collect::<Result<_, _>>()?, is_stale })
    }

    fn view(&self, stored: &StoredItem) -> Option<AvailabilityView> {
        let view = AvailabilityView::of(&stored.row.item, |location| self.paused.contains(location))?;
        Some(AvailabilityView { stale: stored.stale || self.is_stale, ..view })
    }
}
