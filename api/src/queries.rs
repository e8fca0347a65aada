//! Every query, the same for REST, GraphQL and the command line.

mod as_of;
pub(crate) mod causation;
pub(crate) mod past;
mod progress;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub use as_of::AsOf;

use holdfast_commands::{Vault, decode, fold_cart_reservation, fold_order};
use holdfast_domain::cart_reservation::CartReservation;
use holdfast_domain::network::Network;
use holdfast_domain::order::{OrderEvent, PersonalData, PersonalDataState};
use holdfast_domain::policy::Policy;
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::{CartReservationId, LocationId, OrderId, Sku, Timestamp};
use holdfast_journal::{Event, Journal, JournalError};
pub use holdfast_projections::AvailabilityFilter;
use holdfast_projections::{
    Availability, BoardEntry, BoardSummary, Causation, FulfillmentOrderFilter, FulfillmentOrderRow, Metrics,
    MetricsFilter, OrderFilter, OrderRow, Orders, Page, PeriodMetrics, Progress, ProjectionState, Stage,
    ViewError, ViewStore,
};
use holdfast_views::{AvailabilityView, LocationView, OrderView, PolicyView};

/// How long a query waits until a read model has reached a position.
const POSITION_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the list of merchants is cached.
const MERCHANTS_CACHED_FOR: Duration = Duration::from_secs(1);

/// The most events that one query about the past replays: about two seconds of work.
const MAX_EVENTS: usize = 100_000;

/// The read side of the application.
#[derive(Clone)]
pub struct Queries {
    journal: Arc<dyn Journal>,
    orders: Orders,
    availability: Availability,
    metrics: Metrics,
    causation: Causation,
    progress: Progress,
    vault: Vault,
    merchants: Arc<Mutex<KnownMerchants>>,
    /// The most events that one query about the past replays.
    pub(crate) max_events: usize,
}

/// Order metrics.
#[derive(Debug)]
pub struct MetricsResult {
    /// The metrics of each period and group.
    pub metrics: Vec<PeriodMetrics>,
    /// The journal position up to which events are included.
    pub position: u64,
    /// Whether events are missing that could not be applied.
    pub stale: bool,
}

/// Merchants seen so far. A merchant is never removed.
#[derive(Default)]
struct KnownMerchants {
    names: BTreeSet<String>,
    /// When the list of all merchants was last read.
    listed_at: Option<Instant>,
}

impl Queries {
    /// The queries over a journal and its read models.
    pub fn new(journal: &Arc<dyn Journal>, views: &ViewStore, progress: &Progress, vault: &Vault) -> Self {
        Self {
            journal: Arc::clone(journal),
            orders: Orders::new(views),
            availability: Availability::new(views),
            metrics: Metrics::new(views),
            causation: Causation::new(views),
            progress: progress.clone(),
            vault: vault.clone(),
            merchants: Arc::default(),
            max_events: MAX_EVENTS,
        }
    }

    /// The progress of the read models.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Every merchant, by name. The merchant `default` always exists.
    pub async fn merchants(&self) -> Result<Vec<String>, JournalError> {
        let heads = self.journal.heads().await?;
        let known = heads.into_iter().filter(|(_, head)| head.position > 0).map(|(merchant, _)| merchant);
        let mut all: BTreeSet<String> = known.collect();
        all.insert("default".to_owned());
        let mut merchants = self.known_merchants();
        merchants.names.append(&mut all);
        merchants.listed_at = Some(Instant::now());
        Ok(merchants.names.iter().cloned().collect())
    }

    /// Whether a merchant exists.
    pub async fn knows_merchant(&self, merchant: &str) -> Result<bool, JournalError> {
        if self.known_merchants().names.contains(merchant) {
            return Ok(true);
        }
        Ok(self.merchants().await?.iter().any(|known| known == merchant))
    }

    /// The only merchant. `None` if there are several.
    pub async fn only_merchant(&self) -> Result<Option<String>, JournalError> {
        {
            let merchants = self.known_merchants();
            let is_cached = merchants.listed_at.is_some_and(|at| at.elapsed() < MERCHANTS_CACHED_FOR);
            if is_cached || merchants.names.len() > 1 {
                return Ok(only(merchants.names.iter()).cloned());
            }
        }
        match self.merchants().await {
            Ok(all) => Ok(only(all.into_iter())),
            // A merchant is never removed, so an older list is still right.
            Err(JournalError::Unavailable(_)) if self.known_merchants().listed_at.is_some() => {
                Ok(only(self.known_merchants().names.iter()).cloned())
            }
            Err(error) => Err(error),
        }
    }

    /// Adds a merchant that has just been registered to the cached list.
    pub fn add_merchant(&self, merchant: &str) {
        self.known_merchants().names.insert(merchant.to_owned());
    }

    fn known_merchants(&self) -> MutexGuard<'_, KnownMerchants> {
        // No code that can panic runs under the lock.
        self.merchants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An order with its personal data: from the read model, or from the journal if the read model has halted or does not
    /// contain the order yet.
    pub async fn order(&self, merchant: &str, id: OrderId) -> Result<Option<OrderView>, ViewError> {
        let row = match self.generation(Orders::NAME, merchant) {
            Ok(generation) => self.orders.get(merchant, generation, id).await?,
            Err(_) => None,
        };
        let view = match row {
            Some(row) => row.view(),
            None => self.order_as_of(merchant, id, AsOf::NOW).await?,
        };
        match view {
            Some(view) => Ok(Some(self.with_personal(merchant, view).await?)),
            None => Ok(None),
        }
    }

    /// A cart reservation and the position of the last command that changed it, from the journal: it has few events.
    pub async fn cart_reservation(
        &self,
        merchant: &str,
        id: CartReservationId,
    ) -> Result<(Arc<CartReservation>, u64), JournalError> {
        let stream = StreamId::CartReservation(id).to_string();
        fold_cart_reservation(id, &self.journal.read_stream(merchant, &stream, u64::MAX).await?)
    }

    /// An order at a past time, without personal data.
    pub async fn order_as_of(
        &self,
        merchant: &str,
        id: OrderId,
        as_of: AsOf,
    ) -> Result<Option<OrderView>, ViewError> {
        let position = as_of.position(&*self.journal, merchant).await?;
        let events = self.journal.read_stream(merchant, &StreamId::Order(id).to_string(), position).await?;
        let (order, version, position) = fold_order(id, &events)?;
        Ok(OrderView::of(&order, version, position))
    }

    /// An order after a command, with its personal data, and whether no later command has changed it.
    pub(crate) async fn order_after(
        &self,
        merchant: &str,
        id: OrderId,
        position: u64,
    ) -> Result<Option<(OrderView, bool)>, ViewError> {
        let stream = StreamId::Order(id).to_string();
        let mut events = self.journal.read_stream(merchant, &stream, u64::MAX).await?;
        let end = events.partition_point(|event| event.position <= position);
        let is_latest = end == events.len();
        events.truncate(end);
        let (order, version, position) = fold_order(id, &events)?;
        let Some(view) = OrderView::of(&order, version, position) else { return Ok(None) };
        if view.personal_data != PersonalDataState::Sealed {
            return Ok(Some((view, is_latest)));
        }
        let view = match self.journal.subject_key(merchant, &stream).await? {
            Some(key) => self.decrypt(&key, &stream, view, &events)?,
            None => view,
        };
        Ok(Some((view, is_latest)))
    }

    /// Every event of an order, in order. With `as_of`, those committed by then.
    pub async fn order_history(
        &self,
        merchant: &str,
        id: OrderId,
        as_of: Option<AsOf>,
    ) -> Result<Vec<Event>, JournalError> {
        let end = match as_of {
            Some(as_of) => as_of.position(&*self.journal, merchant).await?,
            None => u64::MAX,
        };
        self.journal.read_stream(merchant, &StreamId::Order(id).to_string(), end).await
    }

    /// Decrypts the personal data of an order, unless it has been erased.
    async fn with_personal(&self, merchant: &str, view: OrderView) -> Result<OrderView, ViewError> {
        if view.personal_data != PersonalDataState::Sealed {
            return Ok(view);
        }
        let stream = StreamId::Order(view.order_id).to_string();
        let Some(key) = self.journal.subject_key(merchant, &stream).await? else {
            return Ok(view);
        };
        // The address is as old as the rest of the view.
        let events = self.journal.read_stream(merchant, &stream, view.position).await?;
        Ok(self.decrypt(&key, &stream, view, &events)?)
    }

    /// Decrypts the addresses in an order's events.
    fn decrypt(
        &self,
        key: &[u8],
        stream: &str,
        view: OrderView,
        events: &[Event],
    ) -> Result<OrderView, JournalError> {
        let Addresses { current, requested } = last_addresses(events)?;
        let open = |address: Option<(&Event, OrderEvent)>| -> Result<Option<PersonalData>, JournalError> {
            let Some((event, mut decoded)) = address else { return Ok(None) };
            let Some(sealed) = &event.sealed else { return Ok(None) };
            let clear = self.vault.open(key, stream, sealed);
            let clear = clear.map_err(|error| JournalError::corrupt_at(event.position, error))?;
            decoded
                .restore_personal(&clear)
                .map_err(|error| JournalError::corrupt_at(event.position, error))?;
            Ok(decoded.into_personal())
        };
        Ok(view.with_personal(open(current)?, open(requested)?))
    }

    /// The positions of the first events of orders created after one time and before another. `None` without either time.
    /// The times of a journal's events never decrease.
    pub async fn created_between(
        &self,
        merchant: &str,
        after: Option<Timestamp>,
        before: Option<Timestamp>,
    ) -> Result<Option<RangeInclusive<u64>>, JournalError> {
        if after.is_none() && before.is_none() {
            return Ok(None);
        }
        let last_by = async |time: i64| self.journal.position_at(merchant, time).await;
        let first = match after {
            Some(time) => last_by(time.microseconds()).await? + 1,
            None => 1,
        };
        let last = match before {
            Some(time) => last_by(time.microseconds().saturating_sub(1)).await?,
            None => i64::MAX.unsigned_abs(),
        };
        Ok(Some(first..=last))
    }

    /// Orders that match a filter.
    pub async fn orders(
        &self,
        merchant: &str,
        filter: &OrderFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<OrderRow>, ViewError> {
        let generation = self.generation(Orders::NAME, merchant)?;
        self.orders.list(merchant, generation, filter, after, limit).await
    }

    /// Orders by id, in no particular order.
    pub async fn orders_by_id(
        &self,
        merchant: &str,
        ids: &[OrderId],
    ) -> Result<Vec<(OrderId, OrderRow)>, ViewError> {
        let generation = self.generation(Orders::NAME, merchant)?;
        self.orders.get_many(merchant, generation, ids).await
    }

    /// The fulfillment orders of locations, oldest order first.
    pub async fn fulfillment_orders(
        &self,
        merchant: &str,
        filter: &FulfillmentOrderFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<FulfillmentOrderRow>, ViewError> {
        let generation = self.generation(Orders::NAME, merchant)?;
        self.orders.fulfillment_orders(merchant, generation, filter, after, limit).await
    }

    /// The fulfillment orders of a location in a stage, most urgent first.
    pub async fn board(
        &self,
        merchant: &str,
        of: (&LocationId, Stage),
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<BoardEntry>, ViewError> {
        let generation = self.generation(Orders::NAME, merchant)?;
        self.orders.board(merchant, generation, of, after, limit).await
    }

    /// The number of fulfillment orders by location and stage, for all locations or one.
    pub async fn board_summary(
        &self,
        merchant: &str,
        location: Option<&LocationId>,
        now: Timestamp,
    ) -> Result<Vec<BoardSummary>, ViewError> {
        let generation = self.generation(Orders::NAME, merchant)?;
        self.orders.board_summary(merchant, generation, location, now).await
    }

    /// Order metrics. Waits until they include `min_position`.
    pub async fn metrics(
        &self,
        merchant: &str,
        filter: &MetricsFilter,
        min_position: Option<u64>,
    ) -> Result<MetricsResult, ViewError> {
        if let Some(position) = min_position {
            self.wait_for_one(Metrics::NAME, merchant, position, POSITION_TIMEOUT).await?;
        }
        let generation = self.generation(Metrics::NAME, merchant)?;
        let ProjectionState { position, parked, .. } = self.progress.state(Metrics::NAME, merchant);
        let metrics = self.metrics.by_period(merchant, generation, filter).await?;
        Ok(MetricsResult { metrics, position, stale: parked > 0 })
    }

    /// The availability of SKUs. SKUs without stock records are left out.
    pub async fn availability(
        &self,
        merchant: &str,
        skus: &[Sku],
        filter: &AvailabilityFilter,
    ) -> Result<Vec<AvailabilityView>, ViewError> {
        let generation = self.generation(Availability::NAME, merchant)?;
        self.availability.get(merchant, generation, skus, filter).await
    }

    /// About `limit` events after a position. The page ends with the last event of a command.
    pub async fn events(&self, merchant: &str, after: u64, limit: usize) -> Result<Vec<Event>, JournalError> {
        self.journal.read(merchant, after, limit).await
    }

    /// The last position of the journal.
    pub async fn head(&self, merchant: &str) -> Result<u64, JournalError> {
        Ok(self.journal.head(merchant).await?.position)
    }

    /// The merchant's policy.
    pub async fn policy(&self, merchant: &str) -> Result<PolicyView, JournalError> {
        self.policy_as_of(merchant, AsOf::NOW).await
    }

    /// The merchant's policy as it was.
    pub async fn policy_as_of(&self, merchant: &str, as_of: AsOf) -> Result<PolicyView, JournalError> {
        let mut policy = Policy::default();
        self.fold_stream(merchant, &StreamId::Policy, as_of, |event| {
            if let DomainEvent::Policy(event) = event {
                cqrs_es::Aggregate::apply(&mut policy, event);
            }
        })
        .await?;
        Ok(PolicyView::of(&policy))
    }

    /// The merchant's locations, by id.
    pub async fn locations(&self, merchant: &str) -> Result<Vec<LocationView>, JournalError> {
        self.locations_as_of(merchant, AsOf::NOW).await
    }

    /// The merchant's locations as they were, by id.
    pub async fn locations_as_of(
        &self,
        merchant: &str,
        as_of: AsOf,
    ) -> Result<Vec<LocationView>, JournalError> {
        let mut network = Network::default();
        self.fold_stream(merchant, &StreamId::Network, as_of, |event| {
            if let DomainEvent::Network(event) = event {
                cqrs_es::Aggregate::apply(&mut network, event);
            }
        })
        .await?;
        Ok(network.locations.iter().map(|(id, location)| LocationView::of(id, location)).collect())
    }

    async fn fold_stream(
        &self,
        merchant: &str,
        stream: &StreamId,
        as_of: AsOf,
        mut fold: impl FnMut(DomainEvent) + Send,
    ) -> Result<(), JournalError> {
        let end = as_of.position(&*self.journal, merchant).await?;
        for event in self.journal.read_stream(merchant, &stream.to_string(), end).await? {
            fold(decode(&event)?);
        }
        Ok(())
    }
}

fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    all.next().filter(|_| all.next().is_none())
}

/// The events with the addresses of an order.
#[derive(Default)]
struct Addresses<'a> {
    current: Option<(&'a Event, OrderEvent)>,
    /// The address of an amendment that locations have not answered.
    requested: Option<(&'a Event, OrderEvent)>,
}

fn last_addresses(events: &[Event]) -> Result<Addresses<'_>, JournalError> {
    const WITH_ADDRESS: [&str; 4] =
        ["OrderCreated", "OrderAmended", "AmendmentRequested", "AmendmentRejected"];
    let mut addresses = Addresses::default();
    for event in events.iter().filter(|event| WITH_ADDRESS.contains(&&*event.kind)) {
        let DomainEvent::Order(order_event) = decode(event)? else { continue };
        match &order_event {
            OrderEvent::OrderCreated(_) => addresses.current = Some((event, order_event)),
            OrderEvent::OrderAmended(amended) if amended.was_requested => {
                let requested = addresses.requested.take();
                addresses.current = requested.or(addresses.current);
            }
            OrderEvent::OrderAmended(amended) if amended.has_new_address => {
                addresses.current = Some((event, order_event));
            }
            OrderEvent::AmendmentRequested(requested) if requested.has_new_address => {
                addresses.requested = Some((event, order_event));
            }
            OrderEvent::AmendmentRejected(_) => addresses.requested = None,
            _ => {}
        }
    }
    Ok(addresses)
}
