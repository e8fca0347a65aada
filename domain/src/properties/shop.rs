//! A merchant in a nutshell: orders and stock items that take part in the same decisions, as the write side
//! makes them.

use std::collections::BTreeMap;

use cqrs_es::Aggregate;

use super::{location, moment, order_id, sku};
use crate::Decide;
use crate::order::{
    CreationTerms, FulfillmentOrderLines, Order, OrderCommand, OrderEvent, ReservationTrigger,
    ReserveInventory, SourcingBasis,
};
use crate::policy::{Criterion, OnShortage, ReserveAt};
use crate::sourcing::{Candidate, Demand, SourcingRules, source};
use crate::stock::{Allocation, StockCommand, StockItem};
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
        if waited && order.payments.len() == 1 && !events.is_empty() && !order.pending_demand().is_empty() {
            self.reserve(number, ReservationTrigger::Payment)?;
        }
        Ok(())
    }

    fn reserve(&mut self, number: usize, trigger: ReservationTrigger) -> Result<(), Refused> {
        let order = &self.orders[number];
        let created = order.created.clone().ok_or("no order")?;
        let candidates: Vec<_> = (0..LOCATIONS).map(|place| self.candidate(place)).collect();
        let rules = SourcingRules {
            criteria: &CRITERIA,
            allow_split: created.allow_split,
            allow_partial: created.on_shortage == OnShortage::CancelRemainder,
        };
        let command = ReserveInventory {
            sourced: source(&order.pending_demand(), &candidates, &rules),
            criteria: CRITERIA.to_vec(),
            basis: SourcingBasis::None,
            trigger,
        };
        for event in self.on_order(number, &OrderCommand::ReserveInventory(command))? {
            if let OrderEvent::InventoryReserved(reserved) = event {
                for (sku, allocations) in self.by_sku(number, &reserved.fulfillment_orders) {
                    let order_id = order_id(number);
                    self.on_item(&sku, &StockCommand::ReserveInventory { order_id, allocations })?;
                }
            }
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
            excluded: None,
        }
    }

    pub(super) fn cancel(&mut self, number: usize, command: &OrderCommand) -> Result<(), Refused> {
        for event in self.on_order(number, command)? {
            if let OrderEvent::InventoryReleased(released) = event {
                for (sku, allocations) in self.by_sku(number, &released.fulfillment_orders) {
                    let order_id = order_id(number);
                    self.on_item(&sku, &StockCommand::ReleaseInventory { order_id, allocations })?;
                }
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
                held += of_sku.map(crate::order::FulfillmentLine::open).sum();
            }
        }
        held
    }

    /// Every SKU with every location.
    pub(super) fn places() -> impl Iterator<Item = (Sku, LocationId)> {
        (0..SKUS).flat_map(|of| (0..LOCATIONS).map(move |at| (sku(of), location(at))))
    }
}
