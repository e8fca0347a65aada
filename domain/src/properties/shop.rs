//! A merchant in a nutshell: orders and stock items that take part in the same decisions, as the write side
//! makes them.

use std::collections::{BTreeMap, BTreeSet};

use cqrs_es::Aggregate;

use super::{location, moment, order_id, sku};
use crate::Decide;
use crate::order::{
    CreationTerms, Disposition, FulfillmentLine, FulfillmentOrder, FulfillmentOrderLines, HoldReason,
    LineUnits, Order, OrderCommand, OrderEvent, ReservationTrigger, ReserveInventory, SourcingBasis,
};
use crate::policy::{Criterion, OnShortage, ReserveAt};
use crate::sourcing::{Candidate, Demand, SourcingRules, source};
use crate::stock::{Allocation, Condition, Share, StockCommand, StockItem};
use crate::stream::{DomainEvent, StreamId};
use crate::values::{LocationId, Sku, Text, Timestamp, Units};

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
            content: Text::new("digest").unwrap(),
        };
        let now = self.now();
        self.on_order(number, &OrderCommand::CreateOrder(Box::new(fields), terms, now))?;
        if reserve_at == ReserveAt::Creation {
            self.reserve(number, ReservationTrigger::Creation)?;
        }
        Ok(())
    }

    pub(super) fn pay(&mut self, number: usize, command: &OrderCommand) -> Result<(), Refused> {
        let events = self.on_order(number, command)?;
        let order = &self.orders[number];
        let waited = order.created.as_ref().is_some_and(|created| created.reserve_at == ReserveAt::Payment);
        let waits_for_stock = order.holds.iter().any(|hold| hold.reason == HoldReason::InventoryOutOfStock);
        let is_news = !events.is_empty() && order.is_paid() && !waits_for_stock;
        if waited && is_news && !order.pending_demand().is_empty() {
            self.reserve(number, ReservationTrigger::Existing)?;
        }
        Ok(())
    }

    fn reserve(&mut self, number: usize, trigger: ReservationTrigger) -> Result<(), Refused> {
        let order = &self.orders[number];
        let created = order.created.clone().ok_or("no order")?;
        let mut candidates: Vec<_> = (0..LOCATIONS).map(|place| self.candidate(place)).collect();
        if let Some(only) = gives_all(order) {
            candidates.retain(|candidate| candidate.location == only);
        }
        let rules = SourcingRules {
            criteria: &CRITERIA,
            allow_split: created.allow_split,
            most_locations: None,
            allow_partial: trigger == ReservationTrigger::Shortfall
                || matches!(created.on_shortage, OnShortage::CancelRemainder | OnShortage::Backorder),
        };
        let command = ReserveInventory {
            sourced: source(&order.pending_demand(), &candidates, &rules),
            criteria: CRITERIA.to_vec(),
            basis: SourcingBasis::None,
            trigger,
        };
        for event in self.on_order(number, &OrderCommand::ReserveInventory(command))? {
            match event {
                OrderEvent::InventoryReserved(reserved) => {
                    for (sku, allocations) in self.by_sku(number, &reserved.fulfillment_orders) {
                        let order_id = order_id(number);
                        self.on_item(&sku, &StockCommand::ReserveInventory { order_id, allocations })?;
                    }
                }
                OrderEvent::InventoryBackordered(waits) => self.queue(number, &waits.lines, trigger)?,
                _ => {}
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
        let order = &self.orders[number];
        let created = order.created.clone().ok_or("no order")?;
        let only_at = gives_all(order);
        let mut waiting = Demand::new();
        for units in lines {
            *waiting.entry(order.lines()[units.line.index()].sku.clone()).or_default() += units.quantity;
        }
        for (sku, quantity) in waiting {
            let (priority, whole, only_at) = (created.priority, !created.allow_split, only_at.clone());
            let (order_id, at) = (order_id(number), self.now());
            let may_be_refused = trigger == ReservationTrigger::Creation;
            let wait = StockCommand::BackorderInventory {
                order_id,
                quantity,
                priority,
                whole,
                only_at,
                not_at: None,
                may_be_refused,
                at,
            };
            self.on_item(&sku, &wait)?;
        }
        Ok(())
    }

    /// What the service does by itself after whatever adds or frees units.
    pub(super) fn earmark(&mut self, sku: &Sku) -> Result<(), Refused> {
        self.on_item(sku, &StockCommand::EarmarkInventory { closed: BTreeSet::default() })
    }

    /// What the service does by itself whenever somebody's turn has come.
    pub(super) fn fill(&mut self, sku: &Sku) -> Result<(), Refused> {
        self.earmark(sku)?;
        let due: Vec<Share> = self.items[sku].due().collect();
        for Share { order_id, allocations, .. } in due {
            let number = (0..self.orders.len()).find(|number| super::order_id(*number) == order_id);
            let number = number.ok_or("a stranger waits")?;
            let (of, given) = (sku.clone(), allocations.clone());
            self.on_order(number, &OrderCommand::FillBackorder { sku: of, allocations: given })?;
            self.on_item(sku, &StockCommand::FillBackorder { order_id, allocations })?;
        }
        Ok(())
    }

    pub(super) fn release_hold(&mut self, number: usize, command: &OrderCommand) -> Result<(), Refused> {
        let before = self.orders[number].holds.clone();
        self.on_order(number, command)?;
        let order = &self.orders[number];
        let released = before.iter().find(|hold| !order.holds.contains(hold));
        let out_of_stock = released.is_some_and(|hold| hold.reason == HoldReason::InventoryOutOfStock);
        if out_of_stock && !order.pending_demand().is_empty() {
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

    pub(super) fn cancel(&mut self, number: usize, command: &OrderCommand) -> Result<(), Refused> {
        let waited = self.orders[number].backordered_demand();
        let skus: BTreeSet<Sku> = self.orders[number].lines().iter().map(|line| line.sku.clone()).collect();
        for event in self.on_order(number, command)? {
            if let OrderEvent::InventoryReleased(released) = event {
                for (sku, allocations) in self.by_sku(number, &released.fulfillment_orders) {
                    let order_id = order_id(number);
                    self.on_item(&sku, &StockCommand::ReleaseInventory { order_id, allocations })?;
                }
            }
        }
        let waits = self.orders[number].backordered_demand();
        for sku in waited.into_keys().filter(|sku| !waits.contains_key(sku)) {
            self.on_item(&sku, &StockCommand::WithdrawBackorder { order_id: order_id(number) })?;
        }
        skus.iter().try_for_each(|sku| self.earmark(sku))
    }

    /// A location gives back what it was to ship, or says that it is not there; it is looked for elsewhere.
    pub(super) fn give_back(&mut self, number: usize, command: &OrderCommand) -> Result<(), Refused> {
        let at = self.now();
        for event in self.on_order(number, command)? {
            let (fulfillment_order_id, lines, is_missing) = match event {
                OrderEvent::FulfillmentOrderRejected(given) => {
                    (given.fulfillment_order_id, given.lines, false)
                }
                OrderEvent::PickShorted(given) => (given.fulfillment_order_id, given.lines, true),
                _ => continue,
            };
            let part = self.orders[number].fulfillment_order(fulfillment_order_id).ok_or("no part")?;
            let part = FulfillmentOrderLines { fulfillment_order_id, location: part.location.clone(), lines };
            for (sku, allocations) in self.by_sku(number, &[part]) {
                let order_id = order_id(number);
                if !is_missing {
                    self.on_item(&sku, &StockCommand::ReleaseInventory { order_id, allocations })?;
                    continue;
                }
                for Allocation { location, quantity } in allocations {
                    self.on_item(&sku, &StockCommand::ShortInventory { order_id, location, quantity, at })?;
                }
            }
        }
        if self.orders[number].pending_demand().is_empty() {
            return Ok(());
        }
        self.reserve(number, ReservationTrigger::Shortfall)
    }

    pub(super) fn come_back(&mut self, number: usize, command: &OrderCommand) -> Result<(), Refused> {
        let at = self.now();
        for event in self.on_order(number, command)? {
            let OrderEvent::ReturnReceived(received) = event else { continue };
            for units in received.lines {
                let condition = match units.disposition {
                    Disposition::Restock => Condition::Sellable,
                    Disposition::Quarantine => Condition::Quarantine,
                    Disposition::Scrap => continue,
                };
                let sku = self.orders[number].lines()[units.line.index()].sku.clone();
                let (order_id, return_id) = (order_id(number), received.return_id);
                let (location, quantity) = (received.location.clone(), units.quantity);
                let back =
                    StockCommand::ReturnInventory { order_id, return_id, location, quantity, condition, at };
                self.on_item(&sku, &back)?;
                self.earmark(&sku)?;
            }
        }
        Ok(())
    }

    pub(super) fn ship(&mut self, number: usize, command: &OrderCommand) -> Result<(), Refused> {
        let at = self.now();
        for event in self.on_order(number, command)? {
            let OrderEvent::ShipmentCreated(created) = event else { continue };
            let lines = created.packages.iter().flat_map(|package| package.lines.clone()).collect();
            let part = FulfillmentOrderLines {
                fulfillment_order_id: created.fulfillment_order_id,
                location: created.location,
                lines,
            };
            for (sku, allocations) in self.by_sku(number, &[part]) {
                for Allocation { location, quantity } in allocations {
                    let (order_id, shipment_id) = (order_id(number), created.shipment_id);
                    let left = StockCommand::ShipInventory { order_id, shipment_id, location, quantity, at };
                    self.on_item(&sku, &left)?;
                }
            }
        }
        Ok(())
    }

    fn by_sku(&self, number: usize, parts: &[FulfillmentOrderLines]) -> BTreeMap<Sku, Vec<Allocation>> {
        let mut sums: BTreeMap<(Sku, LocationId), Units> = BTreeMap::new();
        for part in parts {
            for units in &part.lines {
                let sku = self.orders[number].lines()[units.line.index()].sku.clone();
                *sums.entry((sku, part.location.clone())).or_default() += units.quantity;
            }
        }
        let mut by_sku: BTreeMap<Sku, Vec<Allocation>> = BTreeMap::new();
        for ((sku, location), quantity) in sums {
            by_sku.entry(sku).or_default().push(Allocation { location, quantity });
        }
        by_sku
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

/// The location that gives the rest of an order of which all must come from one.
fn gives_all(order: &Order) -> Option<LocationId> {
    let must_be_one = order.created.as_ref().is_some_and(|created| !created.allow_split);
    let gives = |part: &&FulfillmentOrder| !part.total(FulfillmentLine::kept).is_zero();
    order.fulfillment_orders.iter().find(gives).filter(|_| must_be_one).map(|part| part.location.clone())
}
