//! Every question that can be asked, the same for REST, GraphQL and the command line.

mod linked;
mod past;
mod waiting;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use holdfast_commands::{LocationView, PolicyView, Vault, decode, fold_order};
use holdfast_domain::network::Network;
use holdfast_domain::order::{OrderEvent, OrderView, PersonalData, PersonalDataState};
use holdfast_domain::policy::Policy;
use holdfast_domain::stock::AvailabilityView;
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::{LocationId, OrderId, Sku, Timestamp};
use holdfast_journal::{Event, Journal, JournalError};
pub use holdfast_projections::AvailabilityFilter;
use holdfast_projections::{
    Availability, BoardEntry, BoardSummary, Causation, FulfillmentOrderFilter, FulfillmentOrderRow, Metrics,
    MetricsFilter, OrderFilter, OrderRow, Orders, Page, PeriodMetrics, Progress, ProjectionState, Stage,
    ViewError, ViewStore,
};
pub(crate) use linked::{LinkedEvents, MOST_COMMANDS};
use past::MOST_EVENTS;
pub(crate) use past::{PastError, Step, StockHistoryAsked, steps};

/// How long a read model may take to reach a position that was asked for.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the list of merchants is taken to be complete.
const MERCHANTS_FRESH: Duration = Duration::from_secs(1);

/// A moment of a journal: all of what was committed by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// Up to a position.
    Position(u64),
    /// Up to a time.
    Time(Timestamp),
}

/// Not a moment of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a position (a whole number) or a time by RFC 3339, such as 2026-03-01T12:00:00Z")]
pub struct NotAMoment;

impl FromStr for AsOf {
    type Err = NotAMoment;
    fn from_str(text: &str) -> Result<Self, NotAMoment> {
        let position = text.parse::<i64>().ok().and_then(|position| u64::try_from(position).ok());
        let moment = position.map(Self::Position).or_else(|| text.parse().map(Self::Time).ok());
        moment.ok_or(NotAMoment)
    }
}

impl AsOf {
    /// Everything committed so far.
    pub const NOW: Self = Self::Position(u64::MAX);

    /// The position up to which everything was committed by then.
    pub async fn position(self, journal: &dyn Journal, merchant: &str) -> Result<u64, JournalError> {
        match self {
            Self::Position(position) => Ok(position),
            Self::Time(time) => journal.position_at(merchant, time.microseconds()).await,
        }
    }
}

/// The way to ask.
#[derive(Clone)]
pub struct Reading {
    journal: Arc<dyn Journal>,
    orders: Orders,
    availability: Availability,
    metrics: Metrics,
    causation: Causation,
    progress: Progress,
    vault: Vault,
    merchants: Arc<Mutex<KnownMerchants>>,
    /// Events that one question about the past may take.
    most_events: usize,
}

/// What was measured.
#[derive(Debug)]
pub struct Measured {
    /// Period by period.
    pub figures: Vec<PeriodMetrics>,
    /// They include everything up to here.
    pub position: u64,
    /// Whether something is missing: events of some orders could not be folded.
    pub stale: bool,
}

/// Merchants that were seen; they never go away.
#[derive(Default)]
struct KnownMerchants {
    names: BTreeSet<String>,
    /// When all of them were asked for last.
    listed: Option<Instant>,
}

impl Reading {
    /// Over a journal and its read models.
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
            most_events: MOST_EVENTS,
        }
    }

    /// How far the read models are.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Every merchant, by name. The one called `default` always exists.
    pub async fn merchants(&self) -> Result<Vec<String>, JournalError> {
        let heads = self.journal.heads().await?;
        let known = heads.into_iter().filter(|(_, head)| head.position > 0).map(|(merchant, _)| merchant);
        let mut all: BTreeSet<String> = known.collect();
        all.insert("default".to_owned());
        let mut merchants = self.known_merchants();
        merchants.names.append(&mut all);
        merchants.listed = Some(Instant::now());
        Ok(merchants.names.iter().cloned().collect())
    }

    /// Whether a merchant is known.
    pub async fn knows_merchant(&self, merchant: &str) -> Result<bool, JournalError> {
        if self.known_merchants().names.contains(merchant) {
            return Ok(true);
        }
        Ok(self.merchants().await?.iter().any(|known| known == merchant))
    }

    /// The only merchant, where there are no others.
    pub async fn only_merchant(&self) -> Result<Option<String>, JournalError> {
        {
            let merchants = self.known_merchants();
            let fresh = merchants.listed.is_some_and(|at| at.elapsed() < MERCHANTS_FRESH);
            if fresh || merchants.names.len() > 1 {
                return Ok(only(merchants.names.iter()).cloned());
            }
        }
        match self.merchants().await {
            Ok(all) => Ok(only(all.into_iter())),
            // Merchants never go away: what was known a moment ago still is.
            Err(JournalError::Unavailable(_)) if self.known_merchants().listed.is_some() => {
                Ok(only(self.known_merchants().names.iter()).cloned())
            }
            Err(error) => Err(error),
        }
    }

    /// Takes note of a merchant that has just become known.
    pub fn learn_merchant(&self, merchant: &str) {
        self.known_merchants().names.insert(merchant.to_owned());
    }

    fn known_merchants(&self) -> MutexGuard<'_, KnownMerchants> {
        // Nothing that can panic happens under the lock.
        self.merchants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An order with its personal data, as the read model has it, or as the journal has it where the read model does
    /// not have it yet or has halted.
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

    /// An order as it was, without personal data.
    pub async fn order_as_of(
        &self,
        merchant: &str,
        id: OrderId,
        moment: AsOf,
    ) -> Result<Option<OrderView>, ViewError> {
        let position = moment.position(&*self.journal, merchant).await?;
        let events = self.journal.read_stream(merchant, &StreamId::Order(id).to_string(), position).await?;
        let (order, version, position) = fold_order(&events)?;
        Ok(OrderView::of(&order, version, position))
    }

    /// An order as a command left it, with its personal data, and whether no command has changed it since.
    pub(crate) async fn order_left_at(
        &self,
        merchant: &str,
        id: OrderId,
        position: u64,
    ) -> Result<Option<(OrderView, bool)>, ViewError> {
        let stream = StreamId::Order(id).to_string();
        let mut events = self.journal.read_stream(merchant, &stream, u64::MAX).await?;
        let then = events.partition_point(|event| event.position <= position);
        let is_latest = then == events.len();
        events.truncate(then);
        let (order, version, position) = fold_order(&events)?;
        let Some(view) = OrderView::of(&order, version, position) else { return Ok(None) };
        if view.personal_data != PersonalDataState::Sealed {
            return Ok(Some((view, is_latest)));
        }
        let key = self.journal.subject_key(merchant, &stream).await?;
        let view = key
            .map(|key| self.open_personal(&key, &stream, view.clone(), &events))
            .transpose()?
            .unwrap_or(view);
        Ok(Some((view, is_latest)))
    }

    /// Every event of an order, in order, or those of a moment.
    pub async fn order_history(
        &self,
        merchant: &str,
        id: OrderId,
        moment: Option<AsOf>,
    ) -> Result<Vec<Event>, JournalError> {
        let up_to = match moment {
            Some(moment) => moment.position(&*self.journal, merchant).await?,
            None => u64::MAX,
        };
        self.journal.read_stream(merchant, &StreamId::Order(id).to_string(), up_to).await
    }

    /// Opens what was sealed of an order, where it was not erased.
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
        Ok(self.open_personal(&key, &stream, view, &events)?)
    }

    /// Opens the addresses that an order's events sealed under its key.
    fn open_personal(
        &self,
        key: &[u8],
        stream: &str,
        view: OrderView,
        events: &[Event],
    ) -> Result<OrderView, JournalError> {
        let Told { now, asked } = last_told(events)?;
        let open = |told: Option<(&Event, OrderEvent)>| -> Result<Option<PersonalData>, JournalError> {
            let Some((event, mut told)) = told else { return Ok(None) };
            let Some(sealed) = &event.sealed else { return Ok(None) };
            let clear = self.vault.open(key, stream, sealed);
            let clear = clear.map_err(|error| JournalError::corrupt_at(event.position, error))?;
            told.restore_personal(&clear).map_err(|error| JournalError::corrupt_at(event.position, error))?;
            Ok(told.into_personal())
        };
        Ok(view.with_personal(open(now)?, open(asked)?))
    }

    /// The positions in which orders were begun that were created after a moment, or before one; nothing where neither is
    /// asked. Time never runs backwards along a journal.
    pub async fn begun_within(
        &self,
        merchant: &str,
        after: Option<Timestamp>,
        before: Option<Timestamp>,
    ) -> Result<Option<RangeInclusive<u64>>, JournalError> {
        if after.is_none() && before.is_none() {
            return Ok(None);
        }
        let last_by = async |moment: i64| self.journal.position_at(merchant, moment).await;
        let first = match after {
            Some(moment) => last_by(moment.microseconds()).await? + 1,
            None => 1,
        };
        let last = match before {
            Some(moment) => last_by(moment.microseconds().saturating_sub(1)).await?,
            None => i64::MAX.unsigned_abs(),
        };
        Ok(Some(first..=last))
    }

    /// Orders that match.
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

    /// What locations have to do, the oldest order first.
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

    /// What a location has to do next in a stage, the most urgent first.
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

    /// How much there is to do at a moment, by location and stage; at one location where it is given.
    pub async fn board_summary(
        &self,
        merchant: &str,
        location: Option<&LocationId>,
        now: Timestamp,
    ) -> Result<Vec<BoardSummary>, ViewError> {
        let generation = self.generation(Orders::NAME, merchant)?;
        self.orders.board_summary(merchant, generation, location, now).await
    }

    /// What was measured of orders on their way. Waits until it includes a position, where one is given.
    pub async fn metrics(
        &self,
        merchant: &str,
        filter: &MetricsFilter,
        min_position: Option<u64>,
    ) -> Result<Measured, ViewError> {
        if let Some(position) = min_position {
            self.wait_for_one(Metrics::NAME, merchant, position, PATIENCE).await?;
        }
        let generation = self.generation(Metrics::NAME, merchant)?;
        let ProjectionState { position, parked, .. } = self.progress.state(Metrics::NAME, merchant);
        let figures = self.metrics.by_period(merchant, generation, filter).await?;
        Ok(Measured { figures, position, stale: parked > 0 })
    }

    /// What can be promised of SKUs; those never seen are left out.
    pub async fn availability(
        &self,
        merchant: &str,
        skus: &[Sku],
        asked: &AvailabilityFilter,
    ) -> Result<Vec<AvailabilityView>, ViewError> {
        let generation = self.generation(Availability::NAME, merchant)?;
        self.availability.get(merchant, generation, skus, asked).await
    }

    /// Events after a position, about `limit`, ending at a command's end.
    pub async fn events(&self, merchant: &str, after: u64, limit: usize) -> Result<Vec<Event>, JournalError> {
        self.journal.read(merchant, after, limit).await
    }

    /// The journal's last position.
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

/// The events that tell to whom and where an order goes, and is to go.
#[derive(Default)]
struct Told<'a> {
    /// As it is.
    now: Option<(&'a Event, OrderEvent)>,
    /// As locations were asked.
    asked: Option<(&'a Event, OrderEvent)>,
}

/// What an order's events tell of its address.
fn last_told(events: &[Event]) -> Result<Told<'_>, JournalError> {
    const TELLING: [&str; 4] = ["OrderCreated", "OrderAmended", "AmendmentRequested", "AmendmentRejected"];
    let mut told = Told::default();
    for event in events.iter().filter(|event| TELLING.contains(&&*event.kind)) {
        let DomainEvent::Order(order_event) = decode(event)? else { continue };
        match &order_event {
            OrderEvent::OrderCreated(_) => told.now = Some((event, order_event)),
            OrderEvent::OrderAmended(amended) if amended.was_requested => {
                let asked = told.asked.take();
                told.now = asked.or(told.now);
            }
            OrderEvent::OrderAmended(amended) if amended.has_new_address => {
                told.now = Some((event, order_event));
            }
            OrderEvent::AmendmentRequested(asked) if asked.has_new_address => {
                told.asked = Some((event, order_event));
            }
            OrderEvent::AmendmentRejected(_) => told.asked = None,
            _ => {}
        }
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_position_or_a_time() {
        assert_eq!("12".parse(), Ok(AsOf::Position(12)));
        assert!(matches!("2026-03-01T12:00:00Z".parse(), Ok(AsOf::Time(_))));
        for bad in ["yesterday", "-1", "", "9223372036854775808"] {
            assert_eq!(bad.parse::<AsOf>(), Err(NotAMoment), "{bad}");
        }
    }
}
