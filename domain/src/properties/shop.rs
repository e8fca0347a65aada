//! A merchant in a nutshell: orders and stock items that take part in the same decisions, as the write side
//! makes them.

use std::collections::{BTreeMap, BTreeSet};

use cqrs_es::Aggregate;

use super::{location, moment, order_id, sku};
use crate::Decide;
use crate::consequences::{consequences, waits_no_more};
use crate::order::{
    AcceptCancellation, CreationTerms, FulfillmentLine, HoldReason, LineUnits, Order, OrderCommand,
    OrderEvent, Promises, ReservationTrigger, ReserveInventory, SourcingBasis, Takeover,
};
use crate::policy::{Criterion, OnShortage, ReserveAt};
use crate::sourcing::{Candidate, Demand, SourcingRules, source};
use crate::stock::{Eligibility, Share, StockCommand, StockItem};
use crate::stream::{DomainEvent, StreamId};
use crate::values::{FulfillmentOrderId, LocationId, Sku, Text, Timestamp, Units};

pub(super) const SKUS: usize = 3;
pub(super) const LOCATIONS: usize = 3;

const CRITERIA: [Criterion; 2] = [Criterion::FewestLocations, Criterion::Rank];

/// Why a step was not taken.
pub(super) type Refused = String;

#[derive(Debug, Clone, Default)]
pub(super) struct Shop {
    pub(super) second: i64,
    pub(super) items: BTreeMap<Sku, StockItem>,
    pub(super) orders: Vec<Order>,
    /// Everything that happened.
    pub(super) journal: Vec<(StreamId, DomainEvent)>,
}

impl Shop {
    pub(super) fn now(&self) -> Timestamp {
        moment(self.second)
    }

    /// Takes a step whole or not at all.
    pub(super) fn attempt(
        &mut self,
        step: impl FnOnce(&mut Self) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        let mut next = self.clone();
        step(&mut next)?;
        *self = next;
        Ok(())
    }

    // ---- one aggregate ----

    pub(super) fn on_order(
        &mut self,
        number: usize,
        command: &OrderCommand,
    ) -> Result<Vec<OrderEvent>, Refused> {
        let order = &mut self.orders[number];
        let events = order.decide(command).map_err(|refusal| refusal.to_string())?;
        for event in &events {
            order.apply(event.clone());
            let stream = StreamId::Order(order_id(number));
            self.journal.push((stream, DomainEvent::Order(event.clone())));
        }
        Ok(events)
    }

    pub(super) fn on_item(&mut self, sku: &Sku, command: &StockCommand) -> Result<(), Refused> {
        let item = self.items.entry(sku.clone()).or_default();
        for event in item.decide(command).map_err(|refusal| refusal.to_string())? {
            item.apply(event.clone());
            self.journal.push((StreamId::Stock(sku.clone()), DomainEvent::Stock(event)));
        }
        Ok(())
    }

    // ---- order and stock together ----

    /// A command on an order: what time has brought, the decision, and what it asks of stock items.
    pub(super) fn change(
        &mut self,
        number: usize,
        command: &OrderCommand,
    ) -> Result<Vec<OrderEvent>, Refused> {
        self.bring_up_to_date(number)?;
        self.decide(number, command)
    }

    pub(super) fn bring_up_to_date(&mut self, number: usize) -> Result<(), Refused> {
        let now = self.now();
        self.decide(number, &OrderCommand::ExpireReservation(now))?;
        self.decide(number, &OrderCommand::AttendOrder(now)).map(drop)
    }

    fn decide(&mut self, number: usize, command: &OrderCommand) -> Result<Vec<OrderEvent>, Refused> {
        let mut order = self.orders[number].clone();
        let waited = order.backordered_demand();
        let events = self.on_order(number, command)?;
        let mut touched = BTreeSet::new();
        for event in &events {
            for (sku, command) in consequences(&order, event, self.now()) {
                self.on_item(&sku, &command)?;
                if !matches!(command, StockCommand::ReserveInventory { .. }) {
                    touched.insert(sku);
                }
            }
            order.apply(event.clone());
        }
        let waits = order.backordered_demand();
        for (sku, units) in waited {
            if waits.get(&sku).is_none_or(|left| *left < units) {
                if let Some(command) = waits_no_more(&order, &self.items[&sku]) {
                    self.on_item(&sku, &command)?;
                }
                touched.insert(sku);
            }
        }
        touched.iter().try_for_each(|sku| self.settle(sku))?;
        if self.orders[number].amendment_is_settled() {
            self.on_order(number, &OrderCommand::SettleAmendment(self.now()))?;
            self.wait_anew(number)?;
        }
        Ok(events)
    }

    pub(super) fn create(
        &mut self,
        fields: crate::order::CreateOrder,
        reserve_at: ReserveAt,
    ) -> Result<(), Refused> {
        let number = self.orders.len();
        self.orders.push(Order::default());
        let terms = CreationTerms {
            order_id: order_id(number),
            reserve_at,
            on_shortage: OnShortage::Reject,
            allow_split: true,
            reserve_for: None,
            content: Text::new("digest").unwrap(),
        };
        let now = self.now();
        self.decide(number, &OrderCommand::CreateOrder(Box::new(fields), terms, now))?;
        if reserve_at == ReserveAt::Creation {
            self.reserve(number, ReservationTrigger::Creation)?;
        }
        Ok(())
    }

    pub(super) fn amend(&mut self, number: usize, command: &OrderCommand) -> Result<(), Refused> {
        self.bring_up_to_date(number)?;
        let had_all = self.orders[number].pending_demand().is_empty();
        self.decide(number, command)?;
        let order = &self.orders[number];
        if had_all && order.wants_units() {
            self.reserve(number, ReservationTrigger::Creation)?;
        }
        self.wait_anew(number)
    }

    /// A location goes on as it was told before.
    pub(super) fn keep_as_it_was(&mut self, number: usize, command: &OrderCommand) -> Result<(), Refused> {
        self.change(number, command)?;
        self.wait_anew(number)
    }

    pub(super) fn pay(&mut self, number: usize, command: &OrderCommand) -> Result<(), Refused> {
        let events = self.change(number, command)?;
        let order = &self.orders[number];
        let is_news = !events.is_empty() && order.is_paid();
        if is_news && order.waits_to_be_paid() && order.wants_units() {
            self.reserve(number, ReservationTrigger::Existing)?;
        }
        Ok(())
    }

    fn reserve(&mut self, number: usize, trigger: ReservationTrigger) -> Result<(), Refused> {
        let demand = self.orders[number].pending_demand();
        demand.keys().try_for_each(|sku| self.settle(sku))?;
        let order = &self.orders[number];
        if order.needs_decision() {
            return self.on_order(number, &OrderCommand::AwaitDecision).map(drop);
        }
        let created = order.created.clone().ok_or("no order")?;
        let mut candidates: Vec<_> = (0..LOCATIONS).map(|place| self.candidate(place)).collect();
        candidates.retain(|candidate| {
            let is_other = order.gives_all().is_some_and(|only| *only != candidate.location);
            let is_elsewhere = order.bound_to().is_some_and(|only| *only != candidate.location);
            !is_other && !is_elsewhere && !order.rejected_by.contains(&candidate.location)
        });
        let rules = SourcingRules {
            criteria: &CRITERIA,
            allow_split: created.allow_split,
            most_locations: None,
            used: order.locations_in_use(),
            allow_partial: trigger.takes_part(created.on_shortage),
        };
        let command = ReserveInventory {
            sourced: source(&demand, &candidates, &rules),
            criteria: CRITERIA.to_vec(),
            basis: SourcingBasis::None,
            trigger,
            promises: Promises::new(),
            quotas: Demand::new(),
            at: self.now(),
        };
        for event in self.decide(number, &OrderCommand::ReserveInventory(command))? {
            if let OrderEvent::InventoryBackordered(waits) = event {
                self.queue(number, &waits.lines, trigger)?;
            }
        }
        Ok(())
    }

    fn queue(
        &mut self,
        number: usize,
        lines: &[LineUnits],
        trigger: ReservationTrigger,
    ) -> Result<(), Refused> {
        let order = self.orders[number].clone();
        let created = order.created.clone().ok_or("no order")?;
        let priority = match trigger {
            ReservationTrigger::Shortfall => created.priority.raised(),
            ReservationTrigger::Creation | ReservationTrigger::Existing => created.priority,
        };
        for (sku, quantity) in order.demand_of(lines) {
            let wait = StockCommand::BackorderInventory {
                order_id: order_id(number),
                channel: created.channel.clone(),
                ordered_at: created.at,
                quantity,
                priority,
                eligibility: eligibility(&order),
                may_be_refused: trigger == ReservationTrigger::Creation,
                at: self.now(),
            };
            self.on_item(&sku, &wait)?;
            self.promise(number, &sku)?;
        }
        Ok(())
    }

    /// What the service does by itself after whatever adds or frees units.
    pub(super) fn settle(&mut self, sku: &Sku) -> Result<(), Refused> {
        self.on_item(sku, &StockCommand::ExpireReservations(self.now()))?;
        self.on_item(sku, &StockCommand::EarmarkInventory { closed: BTreeSet::default() })
    }

    fn promise(&mut self, number: usize, sku: &Sku) -> Result<(), Refused> {
        let order_id = order_id(number);
        let told = self.orders[number].promised.get(sku).copied();
        let Some(promised_at) = self.items[sku].news_for(order_id, told) else { return Ok(()) };
        self.on_order(number, &OrderCommand::ChangePromise { sku: sku.clone(), promised_at })?;
        self.on_item(sku, &StockCommand::PromiseBackorder { order_id, promised_at })
    }

    /// What the service does by itself whenever somebody's turn has come, or is expected at another time.
    pub(super) fn fill(&mut self, sku: &Sku) -> Result<(), Refused> {
        self.settle(sku)?;
        let of = |orders: &[Order], id| {
            (0..orders.len()).find(|number| order_id(*number) == id).ok_or("a stranger waits")
        };
        let at = self.now();
        // What has expired waits no more, though nobody has told it so yet.
        for order_id in self.items[sku].due().map(|share| share.order_id).collect::<Vec<_>>() {
            self.bring_up_to_date(of(&self.orders, order_id)?)?;
        }
        // Every turn divides anew what is set aside.
        let next_due = |shop: &Shop| shop.items[sku].due().next();
        while let Some(Share { order_id, allocations, .. }) = next_due(self) {
            let number = of(&self.orders, order_id)?;
            self.bring_up_to_date(number)?;
            let waited = self.items[sku].waiting_for(order_id);
            self.decide(
                number,
                &OrderCommand::FillBackorder { sku: sku.clone(), allocations, promises: Promises::new(), at },
            )?;
            assert!(self.items[sku].waiting_for(order_id) < waited, "whose turn it is is served");
        }
        let untold = self.items[sku].untold().into_iter();
        untold
            .map(|(order_id, _)| order_id)
            .collect::<Vec<_>>()
            .into_iter()
            .try_for_each(|order_id| self.promise(of(&self.orders, order_id)?, sku))
    }

    pub(super) fn release_hold(&mut self, number: usize, command: &OrderCommand) -> Result<(), Refused> {
        self.bring_up_to_date(number)?;
        let before = self.orders[number].holds.clone();
        self.decide(number, command)?;
        let order = &self.orders[number];
        let released = before.iter().find(|hold| !order.holds.contains(hold));
        let out_of_stock = released.is_some_and(|hold| hold.reason == HoldReason::InventoryOutOfStock);
        if out_of_stock && order.wants_units() {
            self.reserve(number, ReservationTrigger::Existing)?;
        }
        Ok(())
    }

    fn candidate(&self, place: usize) -> Candidate {
        let place_name = location(place);
        let available = self.items.iter().map(|(sku, item)| (sku.clone(), item.available_at(&place_name)));
        Candidate {
            available: available.collect::<Demand>(),
            location: place_name,
            distance: None,
            rank: u32::try_from(place).unwrap(),
            ships_at: None,
            excluded: None,
        }
    }

    /// A location gives back what it was to ship, or says that it is not there; it is looked for elsewhere.
    pub(super) fn give_back(&mut self, number: usize, command: &OrderCommand) -> Result<(), Refused> {
        self.bring_up_to_date(number)?;
        let waited = self.orders[number].pending_demand();
        self.decide(number, command)?;
        let order = &self.orders[number];
        if order.wants_more_than(&waited) && order.may_have_units() {
            self.reserve(number, ReservationTrigger::Shortfall)?;
        }
        self.wait_anew(number)
    }

    /// New places in the queues where what may serve the order is other than it was.
    fn wait_anew(&mut self, number: usize) -> Result<(), Refused> {
        let order = self.orders[number].clone();
        let Some(created) = &order.created else { return Ok(()) };
        if order.needs_decision() {
            return self.on_order(number, &OrderCommand::AwaitDecision).map(drop);
        }
        let order_id = order_id(number);
        for sku in order.backordered_demand().keys() {
            let item = &self.items[sku];
            let eligibility = eligibility(&order);
            if item.entries_of(order_id).all(|entry| entry.eligibility == eligibility) {
                continue;
            }
            let (channel, ordered_at) = (created.channel.clone(), created.at);
            self.on_item(
                sku,
                &StockCommand::RequeueBackorder { order_id, channel, ordered_at, eligibility },
            )?;
            self.settle(sku)?;
            self.promise(number, sku)?;
        }
        Ok(())
    }

    /// A location leaves units to nobody, or to another location where that has them.
    pub(super) fn leave(
        &mut self,
        number: usize,
        id: FulfillmentOrderId,
        command: AcceptCancellation,
    ) -> Result<(), Refused> {
        self.bring_up_to_date(number)?;
        let takeover = match self.orders[number].takeover_of(id) {
            Some((taker, demand)) => {
                let taker = taker.clone();
                demand.keys().try_for_each(|sku| self.settle(sku))?;
                if demand.iter().all(|(sku, units)| self.items[sku].available_at(&taker) >= *units) {
                    Takeover::Possible
                } else {
                    Takeover::Impossible
                }
            }
            None => Takeover::Possible,
        };
        self.give_back(number, &OrderCommand::AcceptCancellation(command, Promises::new(), takeover))
    }

    // ---- what is known ----

    /// What the open orders hold of a SKU at a location.
    pub(super) fn held(&self, sku: &Sku, place: &LocationId) -> Units {
        let mut held = Units::ZERO;
        for order in &self.orders {
            for part in order.fulfillment_orders.iter().filter(|part| part.location == *place) {
                let of_sku = part.lines.iter().filter(|line| order.lines()[line.line.index()].sku == *sku);
                held += of_sku.map(FulfillmentLine::open).sum();
            }
        }
        held
    }

    /// What orders wait for of a SKU.
    pub(super) fn waited_for(&self, sku: &Sku) -> Units {
        let of_sku = self.orders.iter().filter_map(|order| order.backordered_demand().get(sku).copied());
        of_sku.sum()
    }

    /// Every SKU with every location.
    pub(super) fn places() -> impl Iterator<Item = (Sku, LocationId)> {
        (0..SKUS).flat_map(|of| (0..LOCATIONS).map(move |at| (sku(of), location(at))))
    }
}

/// Which locations may serve what an order waits for.
fn eligibility(order: &Order) -> Eligibility {
    Eligibility {
        only_at: order.waits_only_at().cloned(),
        not_at: order.rejected_by.clone(),
        split: None,
        whole: order.must_come_from_one(),
    }
}
