//! The commands that are due, according to the read models.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;
use holdfast_commands::{AnyCommand, DueCommand, DueWork};
use holdfast_domain::cart_reservation::ExpireCartReservation;
use holdfast_domain::order::AttendOrder;
use holdfast_domain::stock::FillBackorders;
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{CartReservationId, LocationId, MerchantId, OrderId, Sku, Timestamp};
use holdfast_projections::{
    Availability, CartReservations, Due, FillableSku, Orders, Progress, ViewError, ViewStore,
};

/// The maximum number of stock items, orders and carts in `Attempts`.
const MAX_ATTEMPTS: usize = 10_000;
/// The longest time between two attempts that had no effect.
const MAX_INTERVAL_MICROSECONDS: i64 = 60_000_000;
/// The time before the second attempt. The interval doubles with every attempt that has no effect.
const FIRST_INTERVAL_MICROSECONDS: i64 = 250_000;

/// The due work of all merchants.
pub(crate) struct ReadModelDueWork {
    availability: Availability,
    orders: Orders,
    carts: CartReservations,
    progress: Progress,
    /// The last stock item that was found in the current round: merchant and SKU.
    after: (String, String),
    /// The last order that was found in the current round.
    after_order: Option<Due<OrderId>>,
    /// The last cart reservation that was found in the current round.
    after_cart: Option<Due<CartReservationId>>,
    attempts: Attempts,
    pauses: Pauses,
}

/// The last attempt on each stock item and order, by merchant and stream.
#[derive(Debug, Default)]
struct Attempts(HashMap<(String, StreamId), Attempt>);

#[derive(Debug)]
struct Attempt {
    /// The position of the last command that had changed the stock item or order before the attempt.
    position: u64,
    /// The time until the next attempt, in microseconds.
    interval: i64,
    /// When the next attempt is due, unless the stock item or order changes earlier.
    next: Timestamp,
}

impl Attempts {
    /// Records an attempt and returns true if one is due: the stock item or order has changed since the last
    /// attempt, or the interval is over.
    fn record_if_due(&mut self, key: (String, StreamId), position: u64, now: Timestamp) -> bool {
        if self.0.len() >= MAX_ATTEMPTS {
            self.0.clear();
        }
        let interval = match self.0.get(&key) {
            Some(last) if last.position == position && now < last.next => return false,
            Some(last) if last.position == position => (last.interval * 2).min(MAX_INTERVAL_MICROSECONDS),
            _ => FIRST_INTERVAL_MICROSECONDS,
        };
        let next = Timestamp::from_microseconds(now.microseconds().saturating_add(interval));
        self.0.insert(key, Attempt { position, interval, next });
        true
    }

    /// Forgets the attempts on a merchant's stock items.
    fn forget_stock_of(&mut self, merchant: &str) {
        self.0.retain(|(owner, stream), _| owner != merchant || !matches!(stream, StreamId::Stock(_)));
    }
}

type PausedLocations = BTreeMap<String, BTreeSet<LocationId>>;

/// The paused locations, and the merchants whose earmarks must be checked because a location was paused or
/// resumed.
#[derive(Debug, Default)]
struct Pauses {
    paused: PausedLocations,
    /// The last SKU that was checked, by merchant. Empty if no SKU was checked yet.
    unchecked: BTreeMap<String, String>,
}

impl Pauses {
    /// Stores the paused locations. Returns the merchants whose paused locations have changed.
    fn update(&mut self, paused: PausedLocations) -> Vec<String> {
        let merchants: BTreeSet<&String> = self.paused.keys().chain(paused.keys()).collect();
        let has_changed = |merchant: &&String| self.paused.get(*merchant) != paused.get(*merchant);
        let changed: Vec<String> = merchants.into_iter().filter(has_changed).cloned().collect();
        self.unchecked.extend(changed.iter().map(|merchant| (merchant.clone(), String::new())));
        self.paused = paused;
        changed
    }
}

impl ReadModelDueWork {
    /// The due work according to the read models of a store.
    pub(crate) fn new(views: &ViewStore, progress: Progress) -> Self {
        Self {
            availability: Availability::new(views),
            orders: Orders::new(views),
            carts: CartReservations::new(views),
            progress,
            after: Default::default(),
            after_order: None,
            after_cart: None,
            attempts: Attempts::default(),
            pauses: Pauses::default(),
        }
    }

    /// Finds stock items with backorders that can be filled, or with earmarks that may have to move.
    async fn backorders(&mut self, now: Timestamp, limit: usize) -> Result<Vec<DueCommand>, ViewError> {
        let Some(generation) = self.progress.generation(Availability::NAME) else { return Ok(Vec::new()) };
        for merchant in self.pauses.update(self.availability.paused_locations(generation).await?) {
            self.attempts.forget_stock_of(&merchant);
        }
        let mut due = self.earmarks(generation, now, limit / 2).await?;
        let (merchant, sku) = &self.after;
        let limit = limit.saturating_sub(due.len());
        let found = self.availability.fillable(generation, (merchant, sku), limit).await?;
        self.after = match found.last() {
            Some(last) if found.len() == limit => (last.merchant.clone(), last.sku.to_string()),
            _ => Default::default(),
        };
        due.extend(found.into_iter().filter_map(|item| self.fill(item, now)));
        Ok(due)
    }

    /// Finds the stock items with earmarked units of one merchant whose paused locations have changed. Each
    /// stock item is checked once.
    async fn earmarks(
        &mut self,
        generation: i64,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<DueCommand>, ViewError> {
        let Some((merchant, after)) = self.pauses.unchecked.pop_first() else { return Ok(Vec::new()) };
        let found = self.availability.earmarked(generation, (&merchant, &after), limit).await?;
        if let Some(last) = found.last().filter(|_| found.len() == limit) {
            self.pauses.unchecked.insert(merchant, last.sku.to_string());
        }
        Ok(found.into_iter().filter_map(|item| self.fill(item, now)).collect())
    }

    fn fill(&mut self, item: FillableSku, now: Timestamp) -> Option<DueCommand> {
        let FillableSku { merchant, sku, position, supply_position } = item;
        let owner = MerchantId::new(&merchant).ok()?;
        let is_due = self.attempts.record_if_due((merchant, StreamId::Stock(sku.clone())), position, now);
        is_due.then(|| DueCommand { merchant: owner, command: fill_backorders(sku), cause: supply_position })
    }

    /// Finds orders with a reservation or hold that ends, or with a stuck package.
    async fn orders(&mut self, now: Timestamp, limit: usize) -> Result<Vec<DueCommand>, ViewError> {
        let Some(generation) = self.progress.generation(Orders::NAME) else { return Ok(Vec::new()) };
        let found = self.orders.due(generation, now, self.after_order.as_ref(), limit).await?;
        self.after_order = found.last().filter(|_| found.len() == limit).cloned();
        Ok(self.commands(found, now, StreamId::Order, |order_id| {
            AttendOrder { order_id, occurred_at: None, not_after: None }.into()
        }))
    }

    /// Finds cart reservations whose time is over.
    async fn carts(&mut self, now: Timestamp, limit: usize) -> Result<Vec<DueCommand>, ViewError> {
        let Some(generation) = self.progress.generation(CartReservations::NAME) else {
            return Ok(Vec::new());
        };
        let found = self.carts.due(generation, now, self.after_cart.as_ref(), limit).await?;
        self.after_cart = found.last().filter(|_| found.len() == limit).cloned();
        Ok(self.commands(found, now, StreamId::CartReservation, |reservation_id| {
            ExpireCartReservation { reservation_id, occurred_at: None, not_after: None }.into()
        }))
    }

    /// The commands for due objects, without those that were attempted a short time ago.
    fn commands<Id: Copy>(
        &mut self,
        found: Vec<Due<Id>>,
        now: Timestamp,
        stream: fn(Id) -> StreamId,
        command: fn(Id) -> AnyCommand,
    ) -> Vec<DueCommand> {
        let due = |Due { merchant, id, position, .. }: Due<Id>| {
            let owner = MerchantId::new(&merchant).ok()?;
            let is_due = self.attempts.record_if_due((merchant, stream(id)), position, now);
            // The cause is the last command on the object: since then only time has passed.
            is_due.then(|| DueCommand { merchant: owner, command: command(id), cause: position })
        };
        found.into_iter().filter_map(due).collect()
    }
}

fn fill_backorders(sku: Sku) -> AnyCommand {
    FillBackorders { sku, occurred_at: None, not_after: None }.into()
}

#[async_trait]
impl DueWork for ReadModelDueWork {
    async fn due(&mut self, now: Timestamp, limit: usize) -> Result<Vec<DueCommand>, String> {
        let text = |error: ViewError| error.to_string();
        let mut due = self.orders(now, limit / 2).await.map_err(text)?;
        due.extend(self.carts(now, limit.saturating_sub(due.len()) / 2).await.map_err(text)?);
        due.extend(self.backorders(now, limit.saturating_sub(due.len())).await.map_err(text)?);
        Ok(due)
    }
}

#[cfg(test)]
mod tests;
