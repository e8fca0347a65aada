//! Past states of stock, replayed from the journal. The number of events is limited, because a stream has no limit.

use std::collections::{BTreeSet, HashMap};

use cqrs_es::Aggregate as _;
use holdfast_commands::decode;
use holdfast_domain::network::Network;
use holdfast_domain::stock::Movement;
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::{LocationId, Sku};
use holdfast_journal::{Event, JournalError};
use holdfast_projections::{Availability, AvailabilityFilter, ViewError};
use holdfast_views::AvailabilityView;

use super::{AsOf, Queries};
use crate::error::ApiError;
use crate::history::stock::StockReplay;

/// The most events that are examined for one page of a stock history with a location.
const MAX_EXAMINED: usize = 10_000;

/// The events of the location stream that are read at once.
const PAGE_SIZE: usize = 1_000;

/// A page of a stock history, oldest first.
#[derive(Debug)]
pub(crate) struct StockHistory {
    /// The movements.
    pub(crate) items: Vec<(Event, Movement)>,
    /// The next page begins after this position. `None` on the last page.
    pub(crate) next: Option<u64>,
    /// The journal position that the history includes.
    pub(crate) position: u64,
}

/// Which page of a stock history.
#[derive(Debug)]
pub(crate) struct StockHistoryQuery {
    /// The SKU.
    pub(crate) sku: Sku,
    /// Only movements at this location.
    pub(crate) location: Option<LocationId>,
    /// Only movements after this position.
    pub(crate) after: u64,
    /// The most movements.
    pub(crate) limit: usize,
    /// Only movements committed by then.
    pub(crate) as_of: Option<AsOf>,
}

impl Queries {
    /// The position of a past state, at most the end of the journal. Without `as_of`, the end.
    async fn position_of(&self, merchant: &str, as_of: Option<AsOf>) -> Result<u64, JournalError> {
        let head = self.head(merchant).await?;
        match as_of {
            Some(as_of) => Ok(as_of.position(&*self.journal, merchant).await?.min(head)),
            None => Ok(head),
        }
    }

    /// Replays a SKU from the last stock snapshot before `begin` to `end`. Without snapshots it replays from the first event.
    async fn replay(
        &self,
        merchant: &str,
        sku: &Sku,
        begin: u64,
        end: u64,
    ) -> Result<StockReplay, ViewError> {
        // The snapshots of a read model that has halted may come from another journal.
        let snapshot = match self.generation(Availability::NAME, merchant).ok() {
            Some(generation) => self.availability.stock_snapshot(merchant, generation, sku, begin).await?,
            None => None,
        };
        Ok(StockReplay::new(&self.journal, merchant, sku, snapshot, end))
    }

    /// The movements of a SKU, with the stock after each. `None` if the SKU has no stock records.
    pub(crate) async fn stock_history(
        &self,
        merchant: &str,
        query: &StockHistoryQuery,
    ) -> Result<Option<StockHistory>, ApiError> {
        let end = self.position_of(merchant, query.as_of).await?;
        let mut replay = self.replay(merchant, &query.sku, query.after.min(end), end).await?;
        let (mut items, mut next) = (Vec::new(), None);
        let (mut skipped, mut examined, mut last) = (0, 0, query.after);
        while let Some(event) = replay.next().await? {
            if event.position <= query.after {
                skipped += 1;
                if skipped > self.max_events {
                    return Err(ApiError::TooManyEvents(self.max_events));
                }
                replay.apply(&event)?;
                continue;
            }
            if items.len() == query.limit || examined == MAX_EXAMINED {
                next = Some(last);
                break;
            }
            examined += 1;
            last = event.position;
            let movement = replay.movement(&event, query.location.as_ref())?;
            items.extend(movement.map(|movement| (event, movement)));
        }
        let has_records = replay.item().is_known();
        Ok(has_records.then_some(StockHistory { items, next, position: end }))
    }

    /// The availability of SKUs at a past time, and its position. SKUs without stock records by then are left out.
    pub(crate) async fn availability_as_of(
        &self,
        merchant: &str,
        skus: &[Sku],
        filter: &AvailabilityFilter,
        as_of: AsOf,
    ) -> Result<(u64, Vec<AvailabilityView>), ApiError> {
        let end = self.position_of(merchant, Some(as_of)).await?;
        let mut remaining = self.max_events;
        let network = self.network_at(merchant, end, &mut remaining).await?;
        let is_paused = |location: &LocationId| network.is_paused(location);
        let mut views: HashMap<Sku, AvailabilityView> = HashMap::with_capacity(skus.len());
        let requested: BTreeSet<&Sku> = skus.iter().collect();
        let mut wanted: BTreeSet<Sku> = skus.iter().cloned().collect();
        while let Some(sku) = wanted.pop_first() {
            let mut replay = self.replay(merchant, &sku, end, end).await?;
            while let Some(event) = replay.next().await? {
                remaining = remaining.checked_sub(1).ok_or(ApiError::TooManyEvents(self.max_events))?;
                replay.apply(&event)?;
            }
            let item = replay.into_item();
            let Some(view) = AvailabilityView::of(&item, is_paused) else { continue };
            if requested.contains(&sku) {
                let components = item.components.iter().map(|component| &component.sku);
                wanted.extend(components.filter(|sku| !views.contains_key(*sku)).cloned());
            }
            views.insert(sku, view.narrowed(&item, filter.channel.as_ref(), filter.by));
        }
        Ok((end, AvailabilityView::with_bundles(skus, &views)))
    }

    /// The locations at a position.
    async fn network_at(&self, merchant: &str, end: u64, remaining: &mut usize) -> Result<Network, ApiError> {
        let (mut network, mut version) = (Network::default(), 0);
        let name = StreamId::Network.to_string();
        loop {
            let page = self.journal.read_stream_page(merchant, &name, version, end, PAGE_SIZE).await?;
            let Some(last) = page.last() else { return Ok(network) };
            version = last.version;
            *remaining = remaining.checked_sub(page.len()).ok_or(ApiError::TooManyEvents(self.max_events))?;
            for event in &page {
                if let DomainEvent::Network(event) = decode(event)? {
                    network.apply(event);
                }
            }
        }
    }
}
