//! `ReserveInventory`: find locations for what an order still waits for, and hold the units at each stock item.
//!
//! Not a command from outside: it is part of creating an order, of confirming its payment, of releasing the hold that it
//! waited under, and of what a location rejects or does not find.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::distance::{self, Coordinates};
use holdfast_domain::network::Network;
use holdfast_domain::order::{
    DeliveryMethod, FulfillmentLine, FulfillmentOrder, InventoryReserved, LineUnits, Order, OrderCommand,
    OrderEvent, ReservationTrigger, ReserveInventory, SourcingBasis,
};
use holdfast_domain::policy::OnShortage;
use holdfast_domain::sourcing::{Candidate, Demand, Exclusion, SourcingRules, source};
use holdfast_domain::stock::{Allocation, StockCommand, StockItem};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{LocationId, OrderId, Sku, Units};

use super::{Stop, World};

/// Why and how an order is sourced.
pub(super) struct Sourcing {
    trigger: ReservationTrigger,
    /// Where it goes, as long as that is known: it is personal, and sealed once the order is taken.
    place: Option<Coordinates>,
    /// The location that has just given units back.
    gave_back: Option<LocationId>,
    /// Whether that is its last word for this order.
    for_good: bool,
}

impl Sourcing {
    /// Of a new order.
    pub(super) fn at_creation(place: Option<Coordinates>) -> Self {
        Self { trigger: ReservationTrigger::Creation, place, gave_back: None, for_good: false }
    }

    /// Of an order that waited for it.
    pub(super) fn later() -> Self {
        Self { trigger: ReservationTrigger::Existing, place: None, gave_back: None, for_good: false }
    }

    /// Of what a location does not find.
    pub(super) fn after_short_pick_at(location: &LocationId) -> Self {
        let (trigger, gave_back) = (ReservationTrigger::Shortfall, Some(location.clone()));
        Self { trigger, place: None, gave_back, for_good: false }
    }

    /// Of what a location does not ship, now or later.
    pub(super) fn after_rejection_by(location: &LocationId) -> Self {
        Self { for_good: true, ..Self::after_short_pick_at(location) }
    }
}

/// The stock items of an order's lines.
pub(super) fn stock_of(order: &Order) -> impl Iterator<Item = StreamId> + use<> {
    let skus: BTreeSet<Sku> = order.lines().iter().map(|line| line.sku.clone()).collect();
    skus.into_iter().map(StreamId::Stock)
}

/// Sources an order's pending units and reserves them.
pub(super) fn reserve_inventory(world: &mut World<'_>, id: OrderId, how: &Sourcing) -> Result<(), Stop> {
    let order = world.order(id)?;
    let demand = order.pending_demand();
    world
        .want(demand.keys().cloned().map(StreamId::Stock).chain([StreamId::Network, StreamId::Policy]), [])?;
    let Some(created) = order.created.clone() else {
        return Err(Stop::Failed(format!("order {id} does not exist")));
    };
    let criteria = world.policy()?.for_channel(&created.channel).sourcing;
    let rules = SourcingRules {
        criteria: &criteria,
        allow_split: created.allow_split,
        most_locations: None,
        allow_partial: how.trigger == ReservationTrigger::Shortfall
            || matches!(created.on_shortage, OnShortage::CancelRemainder | OnShortage::Backorder),
    };
    let candidates = candidates(world, &order, &demand, how)?;
    let command = ReserveInventory {
        sourced: source(&demand, &candidates, &rules),
        criteria: criteria.clone(),
        basis: if how.place.is_some() { SourcingBasis::Coordinates } else { SourcingBasis::None },
        trigger: how.trigger,
    };
    let (order, events) =
        world.decide::<Order>(&StreamId::Order(id), &OrderCommand::ReserveInventory(command))?;
    for event in &events {
        match event {
            OrderEvent::InventoryReserved(reserved) => hold(world, id, &order, reserved)?,
            OrderEvent::InventoryBackordered(waits) => queue(world, id, &order, &waits.lines, how)?,
            _ => {}
        }
    }
    Ok(())
}

/// Gives the order its places in the queues of what it waits for.
fn queue(
    world: &mut World<'_>,
    id: OrderId,
    order: &Order,
    lines: &[LineUnits],
    how: &Sourcing,
) -> Result<(), Stop> {
    let Some(created) = &order.created else { return Ok(()) };
    let only_at = handed_out_at(order).or_else(|| gives_all(order));
    let mut waiting = Demand::new();
    for units in lines {
        if let Some(line) = order.lines().get(units.line.index()) {
            *waiting.entry(line.sku.clone()).or_default() += units.quantity;
        }
    }
    for (sku, quantity) in waiting {
        let command = StockCommand::BackorderInventory {
            order_id: id,
            quantity,
            priority: match how.trigger {
                // Who had them already does not go to the end.
                ReservationTrigger::Shortfall => created.priority.raised(),
                _ => created.priority,
            },
            whole: !created.allow_split,
            only_at: only_at.cloned(),
            not_at: how.gave_back.clone().filter(|_| how.for_good),
            may_be_refused: how.trigger == ReservationTrigger::Creation,
            at: world.at,
        };
        world.decide::<StockItem>(&StreamId::Stock(sku), &command)?;
    }
    Ok(())
}

/// Every location of the network, with what it could give.
fn candidates(
    world: &mut World<'_>,
    order: &Order,
    demand: &Demand,
    how: &Sourcing,
) -> Result<Vec<Candidate>, Stop> {
    let network = world.network()?;
    let mut items = Vec::with_capacity(demand.len());
    for sku in demand.keys() {
        items.push((sku.clone(), world.stock(sku)?));
    }
    let (handed_out_at, gives_all) = (handed_out_at(order), gives_all(order));
    let candidate = |(id, location): (&LocationId, &holdfast_domain::network::Location)| {
        let here = |(sku, item): &(Sku, std::sync::Arc<StockItem>)| (sku.clone(), item.available_at(id));
        Candidate {
            location: id.clone(),
            distance: how.place.map(|place| distance::between(place, location.coordinates())),
            rank: location.details.rank,
            ships_at: None,
            available: items.iter().map(here).filter(|(_, units)| !units.is_zero()).collect(),
            excluded: if location.paused.is_some() {
                Some(Exclusion::Paused)
            } else if how.gave_back.as_ref() == Some(id) {
                Some(Exclusion::GaveBack)
            } else if handed_out_at.is_some_and(|there| there != id) {
                Some(Exclusion::NotTheDeliveryLocation)
            } else {
                gives_all.filter(|there| *there != id).map(|_| Exclusion::WouldSplit)
            },
        }
    };
    let Network { locations } = &*network;
    Ok(locations.iter().map(candidate).collect())
}

/// The location that gives the rest of an order of which all must come from one.
fn gives_all(order: &Order) -> Option<&LocationId> {
    let must_be_one = order.created.as_ref().is_some_and(|created| !created.allow_split);
    let gives = |part: &&FulfillmentOrder| !part.total(FulfillmentLine::kept).is_zero();
    order.fulfillment_orders.iter().find(gives).filter(|_| must_be_one).map(|part| &part.location)
}

/// The location that goods are handed out at, for pickup and local delivery.
fn handed_out_at(order: &Order) -> Option<&LocationId> {
    let delivery = order.created.as_ref()?.delivery.as_ref()?;
    let by_hand = matches!(delivery.method, DeliveryMethod::Pickup | DeliveryMethod::Local);
    delivery.location.as_ref().filter(|_| by_hand)
}

/// Holds the units at each stock item, in the order of SKUs.
fn hold(world: &mut World<'_>, id: OrderId, order: &Order, reserved: &InventoryReserved) -> Result<(), Stop> {
    for (sku, allocations) in by_sku(order, reserved.fulfillment_orders.iter()) {
        let command = StockCommand::ReserveInventory { order_id: id, allocations };
        world.decide::<StockItem>(&StreamId::Stock(sku), &command)?;
    }
    Ok(())
}

/// Units of fulfillment orders' lines by SKU and location.
pub(super) fn by_sku<'a>(
    order: &Order,
    parts: impl Iterator<Item = &'a holdfast_domain::order::FulfillmentOrderLines>,
) -> BTreeMap<Sku, Vec<Allocation>> {
    let mut sums: BTreeMap<Sku, BTreeMap<LocationId, Units>> = BTreeMap::new();
    for part in parts {
        for units in &part.lines {
            if let Some(line) = order.lines().get(units.line.index()) {
                let at = sums.entry(line.sku.clone()).or_default();
                *at.entry(part.location.clone()).or_default() += units.quantity;
            }
        }
    }
    let allocations = |at: BTreeMap<LocationId, Units>| {
        at.into_iter().map(|(location, quantity)| Allocation { location, quantity }).collect()
    };
    sums.into_iter().map(|(sku, at)| (sku, allocations(at))).collect()
}
