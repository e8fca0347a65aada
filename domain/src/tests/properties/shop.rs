//! A merchant in memory: the shipped order process over orders, stock, locations and rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use cqrs_es::Aggregate;
use serde_json::json;

use super::{location, order_id, sku, time};
use crate::Decide;
use crate::capacity::{CapacityCommand, LocationCapacity};
use crate::cart_reservation::{CartReservation, CartReservationCommand, CartReservationEvent};
use crate::fulfillment::{self, Aggregates};
use crate::network::{Network, NetworkCommand};
use crate::order::{
    AcceptCancellation, CreateOrder, CreationTerms, FulfillmentLine, MoveFulfillmentOrder, Order,
    OrderCommand, OrderEvent, OrderRefusal,
};
use crate::policy::{Criterion, Policy, ReserveAt, Rules};
use crate::stock::{PastOnHand, StockCommand, StockItem};
use crate::stream::{DomainEvent, StreamId};
use crate::values::{CartReservationId, Currency, LocationId, OrderId, Sku, Text, Timestamp, Units};

pub(crate) const SKUS: usize = 3;
pub(crate) const LOCATIONS: usize = 3;

/// Why a step was not taken.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refused(pub(crate) String);

impl From<&str> for Refused {
    fn from(reason: &str) -> Self {
        Self(reason.to_owned())
    }
}

impl From<OrderRefusal> for Refused {
    fn from(refusal: OrderRefusal) -> Self {
        Self(refusal.to_string())
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Shop {
    pub(crate) second: i64,
    pub(crate) items: BTreeMap<Sku, Arc<StockItem>>,
    pub(crate) orders: Vec<Arc<Order>>,
    pub(crate) carts: BTreeMap<CartReservationId, Arc<CartReservation>>,
    network: Arc<Network>,
    policy: Arc<Policy>,
    capacity: BTreeMap<LocationId, Arc<LocationCapacity>>,
    /// Every event, in order.
    pub(crate) journal: Vec<(StreamId, DomainEvent)>,
}

impl Shop {
    /// A shop with its locations, and no stock.
    pub(crate) fn open(second: i64) -> Self {
        let rules = Rules { sourcing: vec![Criterion::FewestLocations, Criterion::Rank], ..Rules::default() };
        let mut shop = Self {
            second,
            items: BTreeMap::new(),
            orders: Vec::new(),
            carts: BTreeMap::new(),
            network: Arc::default(),
            policy: Arc::new(Policy { rules, ..Policy::default() }),
            capacity: BTreeMap::new(),
            journal: Vec::new(),
        };
        for place in 0..LOCATIONS {
            let details =
                json!({ "location": location(place), "latitude": 0, "longitude": place, "rank": place });
            shop.on_network(&NetworkCommand::RegisterLocation(serde_json::from_value(details).unwrap()));
        }
        shop
    }

    pub(crate) fn on_network(&mut self, command: &NetworkCommand) {
        let network = Arc::make_mut(&mut self.network);
        for event in network.decide(command).unwrap() {
            network.apply(event);
        }
    }

    pub(crate) fn limit_split(&mut self, limit: u32) {
        Arc::make_mut(&mut self.policy).rules.split_limit = Some(limit);
    }

    /// Takes a step whole or not at all.
    pub(crate) fn attempt(
        &mut self,
        step: impl FnOnce(&mut Self) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        let mut next = self.clone();
        step(&mut next)?;
        *self = next;
        Ok(())
    }

    pub(crate) fn change_stock(&mut self, sku: &Sku, command: &StockCommand) -> Result<(), Refused> {
        fulfillment::change_stock(self, sku, command).map(drop)
    }

    pub(crate) fn change(&mut self, number: usize, command: &OrderCommand) -> Result<(), Refused> {
        match command {
            OrderCommand::AmendOrder(..) => fulfillment::amend(self, order_id(number), command).map(drop),
            _ => fulfillment::change(self, order_id(number), command).map(drop),
        }
    }

    pub(crate) fn bring_up_to_date(&mut self, number: usize) -> Result<(), Refused> {
        let attend = OrderCommand::AttendOrder(self.now());
        fulfillment::change(self, order_id(number), &attend).map(drop)
    }

    pub(crate) fn create(&mut self, mut order: CreateOrder, reserve_at: ReserveAt) -> Result<(), Refused> {
        let number = self.orders.len();
        let digits = order.currency.as_ref().map(Currency::digits);
        order.lines = fulfillment::complete_lines(self, order.lines, digits)?;
        self.orders.push(Arc::default());
        let terms = CreationTerms {
            order_id: order_id(number),
            rules: Rules { reserve_at, ..Rules::default() },
            content: Text::new("digest").unwrap(),
        };
        let command = OrderCommand::CreateOrder(Box::new(order), terms, self.now());
        fulfillment::create(self, order_id(number), &command).map(drop)
    }

    pub(crate) fn relocate(&mut self, command: &MoveFulfillmentOrder) -> Result<(), Refused> {
        fulfillment::move_fulfillment_order(self, command).map(drop)
    }

    pub(crate) fn accept_cancellation(&mut self, command: &AcceptCancellation) -> Result<(), Refused> {
        fulfillment::accept_cancellation(self, command).map(drop)
    }

    /// What the process manager does whenever an order can be served, or is expected at another time.
    pub(crate) fn fill(&mut self, sku: &Sku) -> Result<(), Refused> {
        fulfillment::fill_backorders(self, sku)
    }

    /// Units of a SKU that the orders hold at a location.
    pub(crate) fn held(&self, sku: &Sku, place: &LocationId) -> Units {
        let mut held = Units::ZERO;
        for order in &self.orders {
            for part in order.fulfillment_orders.iter().filter(|part| part.location == *place) {
                let of_sku = part.lines.iter().filter(|line| order.lines()[line.line.index()].sku == *sku);
                held += of_sku.map(FulfillmentLine::outstanding).sum();
            }
        }
        held
    }

    /// Units of a SKU that orders wait for.
    pub(crate) fn waited_for(&self, sku: &Sku) -> Units {
        let of_sku = self.orders.iter().filter_map(|order| order.backordered_demand().get(sku).copied());
        of_sku.sum()
    }

    /// Every SKU with every location.
    pub(crate) fn places() -> impl Iterator<Item = (Sku, LocationId)> {
        (0..SKUS).flat_map(|of| (0..LOCATIONS).map(move |at| (sku(of), location(at))))
    }

    fn number(&self, id: OrderId) -> Result<usize, Refused> {
        (0..self.orders.len()).find(|number| order_id(*number) == id).ok_or_else(|| "no such order".into())
    }
}

impl Aggregates for Shop {
    type Error = Refused;

    fn now(&self) -> Timestamp {
        time(self.second)
    }

    fn require(&mut self, _: impl IntoIterator<Item = StreamId>) -> Result<(), Refused> {
        Ok(())
    }

    fn order(&mut self, id: OrderId) -> Result<Arc<Order>, Refused> {
        Ok(Arc::clone(&self.orders[self.number(id)?]))
    }

    fn cart_reservation(&mut self, id: CartReservationId) -> Result<Arc<CartReservation>, Refused> {
        Ok(self.carts.get(&id).cloned().unwrap_or_default())
    }

    fn stock(&mut self, sku: &Sku) -> Result<Arc<StockItem>, Refused> {
        Ok(self.items.get(sku).cloned().unwrap_or_default())
    }

    fn past_on_hand(&mut self, sku: &Sku, place: &LocationId, at: Timestamp) -> Result<PastOnHand, Refused> {
        let stream = StreamId::Stock(sku.clone());
        let mut past = self.items[sku].recorded_on_hand(place);
        for (written, event) in &self.journal {
            if let DomainEvent::Stock(event) = event
                && *written == stream
            {
                past.undo(event, place, at);
            }
        }
        Ok(past)
    }

    fn changed_stock(&self) -> Vec<Sku> {
        self.items.keys().cloned().collect()
    }

    fn network(&mut self) -> Result<Arc<Network>, Refused> {
        Ok(Arc::clone(&self.network))
    }

    fn policy(&mut self) -> Result<Arc<Policy>, Refused> {
        Ok(Arc::clone(&self.policy))
    }

    fn capacity(&mut self, location: &LocationId) -> Result<Arc<LocationCapacity>, Refused> {
        Ok(self.capacity.get(location).cloned().unwrap_or_default())
    }

    fn reserving_orders(&mut self, _: &Sku, _: &LocationId) -> Result<Vec<OrderId>, Refused> {
        Ok((0..self.orders.len()).map(order_id).collect())
    }

    fn reserving_carts(&mut self, _: &Sku, _: &LocationId) -> Result<Vec<CartReservationId>, Refused> {
        Ok(self.carts.keys().copied().collect())
    }

    fn decide_order(
        &mut self,
        id: OrderId,
        command: &OrderCommand,
    ) -> Result<(Arc<Order>, Vec<OrderEvent>), Refused> {
        let number = self.number(id)?;
        let events = self.orders[number].decide(command)?;
        for event in &events {
            Arc::make_mut(&mut self.orders[number]).apply(event.clone());
            self.journal.push((StreamId::Order(id), DomainEvent::Order(event.clone())));
        }
        Ok((Arc::clone(&self.orders[number]), events))
    }

    fn decide_cart_reservation(
        &mut self,
        id: CartReservationId,
        command: &CartReservationCommand,
    ) -> Result<(Arc<CartReservation>, Vec<CartReservationEvent>), Refused> {
        let cart = self.carts.entry(id).or_default();
        let events = cart.decide(command).map_err(|refusal| Refused(refusal.to_string()))?;
        for event in &events {
            Arc::make_mut(cart).apply(event.clone());
            let stream = StreamId::CartReservation(id);
            self.journal.push((stream, DomainEvent::CartReservation(event.clone())));
        }
        Ok((Arc::clone(cart), events))
    }

    fn decide_stock(&mut self, sku: &Sku, command: &StockCommand) -> Result<bool, Refused> {
        let item = Arc::make_mut(self.items.entry(sku.clone()).or_default());
        let events = item.decide(command).map_err(|refusal| Refused(refusal.to_string()))?;
        let any = !events.is_empty();
        for event in events {
            item.apply(event.clone());
            self.journal.push((StreamId::Stock(sku.clone()), DomainEvent::Stock(event)));
        }
        Ok(any)
    }

    fn decide_capacity(&mut self, location: &LocationId, command: &CapacityCommand) -> Result<(), Refused> {
        let bookings = Arc::make_mut(self.capacity.entry(location.clone()).or_default());
        for event in bookings.decide(command).map_err(|refusal| Refused(refusal.to_string()))? {
            bookings.apply(event.clone());
            self.journal.push((StreamId::Capacity(location.clone()), DomainEvent::Capacity(event)));
        }
        Ok(())
    }
}
