//! Sourcing of an order's pending units: the candidate locations, exclusion rules and reservation.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::aggregates::Aggregates;
use super::cart_reservations::convert_cart;
use super::decision::{decide_once, reallocate};
use super::deferral::{deferred, without};
use super::reactions::{Reaction, SourcingRequest};
use super::ship_dates::{Departure, Registered, capacity_streams, departure, promised_dates};
use crate::distance::{self, Coordinates};
use crate::geography::{Basis, place_of};
use crate::order::{
    Order, OrderCommand, OrderCreated, OrderEvent, ReservationTrigger, ReserveInventory, SourcingBasis,
};
use crate::sourcing::{Candidate, Demand, Exclusion, Sourced, SourcingRules, source_within};
use crate::stock::{CartUnits, StockItem};
use crate::stream::StreamId;
use crate::values::{LocationId, OrderId, Sku, Text, Timestamp};

/// The units that a cart has freed for an order: they stay promised to it when the safety stock is raised or a quota is lowered.
pub(super) type CartUnitsBySku = BTreeMap<Sku, CartUnits>;

/// Sources an order's pending units and reserves them: gives what follows.
pub(super) fn source<A: Aggregates>(
    aggregates: &mut A,
    id: OrderId,
    request: &SourcingRequest,
) -> Result<Vec<Reaction>, A::Error> {
    let order = aggregates.order(id)?;
    let Some(created) = order.created.clone().filter(|_| order.needs_sourcing()) else {
        return Ok(Vec::new());
    };
    if order.needs_decision() {
        return decide_once(aggregates, id, &OrderCommand::AwaitDecision).map(|(_, due)| due);
    }
    let demand = order.pending_demand();
    reallocate_all(aggregates, demand.keys())?;
    // The units of the cart are free for this order only: the backorder queue gets them when the order is reserved.
    let freed = match request.cart {
        Some(cart) => convert_cart(aggregates, cart, id)?,
        None => CartUnitsBySku::new(),
    };
    let command = choose_locations(aggregates, &order, &created, &demand, request, &freed)?;
    let (events, mut due) = decide_once(aggregates, id, &OrderCommand::ReserveInventory(command))?;
    due.extend(queue(&*aggregates.order(id)?, &events, request));
    due.extend(freed.into_keys().map(Reaction::Reallocate));
    Ok(due)
}

/// Ends expired reservations of SKUs, and earmarks their free units for the backorder queue.
pub(super) fn reallocate_all<'a, A: Aggregates>(
    aggregates: &mut A,
    skus: impl Iterator<Item = &'a Sku>,
) -> Result<(), A::Error> {
    let skus: BTreeSet<&Sku> = skus.collect();
    let streams = skus.iter().copied().cloned().map(StreamId::Stock);
    aggregates.require(streams.chain([StreamId::Network, StreamId::Policy]))?;
    skus.into_iter().try_for_each(|sku| reallocate(aggregates, sku))
}

/// Chooses the locations that supply an order's pending units, or finds those that are missing.
pub(super) fn choose_locations<A: Aggregates>(
    aggregates: &mut A,
    order: &Order,
    created: &OrderCreated,
    demand: &Demand,
    request: &SourcingRequest,
    freed: &CartUnitsBySku,
) -> Result<ReserveInventory, A::Error> {
    let policy = aggregates.policy()?.for_channel(&created.channel);
    let rules = SourcingRules {
        criteria: &policy.sourcing,
        allow_split: created.allow_split,
        split_limit: policy.split_limit,
        used: order.locations_in_use(),
        allow_partial: request.trigger.takes_part(created.on_shortage),
    };
    let (destination, basis) = destination(created, request.destination);
    let quotas = channel_quotas(aggregates, created, demand, request.trigger, freed)?;
    let deferred = deferred(aggregates, order, demand, &quotas)?;
    let quotas = without(&deferred, quotas);
    let mut left = Cow::Borrowed(demand);
    if !deferred.is_empty() {
        left = Cow::Owned(without(&deferred, demand.clone()));
        left.to_mut().retain(|_, units| !units.is_zero());
    }
    let demand = left.as_ref();
    let candidates = candidates(aggregates, order, demand, request, destination, freed)?;
    let sourced = source_within(&quotas, demand, &candidates, &rules);
    let ships_too_late = ships_too_late(&sourced, &quotas, demand, &candidates, &rules);
    let chosen: BTreeSet<LocationId> =
        sourced.allocations.iter().map(|(location, _)| location.clone()).collect();
    let promises = promised_dates(aggregates, order, &chosen)?;
    let (criteria, trigger, at) = (policy.sourcing.clone(), request.trigger, aggregates.now());
    let mut backorder_limits = Demand::new();
    for sku in demand.keys() {
        backorder_limits
            .extend(aggregates.stock(sku)?.remaining_backorders().map(|units| (sku.clone(), units)));
    }
    let backorder_limits = without(&deferred, backorder_limits);
    Ok(ReserveInventory {
        sourced,
        criteria,
        basis,
        trigger,
        promises,
        quotas,
        backorder_limits,
        deferred,
        ships_too_late,
        at,
    })
}

/// Backordered units join the queues of their SKUs.
fn queue(order: &Order, events: &[OrderEvent], request: &SourcingRequest) -> Vec<Reaction> {
    let mut reactions = Vec::new();
    for event in events {
        if let OrderEvent::InventoryBackordered(backordered) = event {
            let demand = order.demand_of(&backordered.lines);
            let skus: Vec<Sku> = demand.keys().cloned().collect();
            reactions.push(Reaction::JoinQueue { demand, trigger: request.trigger });
            reactions.extend(skus.into_iter().map(Reaction::UpdatePromise));
        }
    }
    reactions
}

/// Present when the missing units are in stock and only leave too late: the earliest time at which a location could ship
/// them, or none when no location has capacity.
fn ships_too_late(
    sourced: &Sourced,
    quotas: &Demand,
    demand: &Demand,
    candidates: &[Candidate],
    rules: &SourcingRules<'_>,
) -> Option<Option<Timestamp>> {
    let is_late = |candidate: &Candidate| {
        matches!(candidate.excluded, Some(Exclusion::TooLate | Exclusion::NoCapacity))
    };
    if sourced.shortages.is_empty() || !candidates.iter().any(is_late) {
        return None;
    }
    let mut without_limits = candidates.to_vec();
    for candidate in without_limits.iter_mut().filter(|candidate| is_late(candidate)) {
        candidate.excluded = None;
    }
    let by_any_date = source_within(quotas, demand, &without_limits, rules);
    let earliest =
        || candidates.iter().filter(|candidate| is_late(candidate)).filter_map(|late| late.ships_at).min();
    by_any_date.shortages.is_empty().then(earliest)
}

/// The destination of an order, where it is known, and its basis.
fn destination(created: &OrderCreated, exact: Option<Coordinates>) -> (Option<Coordinates>, SourcingBasis) {
    if exact.is_some() {
        return (exact, SourcingBasis::Coordinates);
    }
    let approximate = || {
        let to = created.destination.as_ref()?;
        let postal_code = to.postal_code.as_ref().map(Text::as_str);
        place_of(to.country.as_ref()?.as_str(), postal_code)
    };
    match approximate() {
        Some((place, Basis::PostalCode)) => (Some(place), SourcingBasis::PostalCode),
        Some((place, Basis::Country)) => (Some(place), SourcingBasis::Country),
        None => (None, SourcingBasis::None),
    }
}

/// Units of each SKU that the order's channel may still promise to it, for the SKUs that have a quota. Quotas do not limit
/// the replacement of units that the order has lost in this command.
fn channel_quotas<A: Aggregates>(
    aggregates: &mut A,
    created: &OrderCreated,
    demand: &Demand,
    trigger: ReservationTrigger,
    freed: &CartUnitsBySku,
) -> Result<Demand, A::Error> {
    let mut quotas = Demand::new();
    if trigger == ReservationTrigger::Shortfall {
        return Ok(quotas);
    }
    for sku in demand.keys() {
        if let Some(remaining) = aggregates.stock(sku)?.remaining_quota(&created.channel, created.at) {
            let of_cart = freed.get(sku).filter(|units| units.channel == created.channel);
            let promised = of_cart.map(CartUnits::total).unwrap_or_default();
            quotas.insert(sku.clone(), remaining.max(promised));
        }
    }
    Ok(quotas)
}

/// Every location of the network, with its available units and the reason of its exclusion.
fn candidates<A: Aggregates>(
    aggregates: &mut A,
    order: &Order,
    demand: &Demand,
    request: &SourcingRequest,
    destination: Option<Coordinates>,
    freed: &CartUnitsBySku,
) -> Result<Vec<Candidate>, A::Error> {
    let network = aggregates.network()?;
    aggregates.require(capacity_streams(&network.locations))?;
    let mut items = Vec::with_capacity(demand.len());
    for sku in demand.keys() {
        items.push((sku.clone(), aggregates.stock(sku)?));
    }
    let mut candidates = Vec::with_capacity(network.locations.len());
    for (id, location) in &network.locations {
        let here = |(sku, item): &(Sku, Arc<StockItem>)| {
            let of_cart = freed.get(sku).map(|units| units.at(id)).unwrap_or_default();
            (sku.clone(), item.available_after_cart(id, of_cart))
        };
        let departure = departure(aggregates, order, (id, location))?;
        candidates.push(Candidate {
            location: id.clone(),
            distance: destination.map(|place| distance::between(place, location.coordinates())),
            rank: location.details.rank,
            available: items.iter().map(here).filter(|(_, units)| !units.is_zero()).collect(),
            excluded: exclusion(order, request, (id, location), departure),
            ships_at: departure.time(),
        });
    }
    Ok(candidates)
}

/// The first reason that excludes a location from sourcing.
fn exclusion(
    order: &Order,
    request: &SourcingRequest,
    (id, location): Registered<'_>,
    departure: Departure,
) -> Option<Exclusion> {
    let is_other = |only: Option<&LocationId>| only.is_some_and(|only| only != id);
    let reasons = [
        (location.paused.is_some(), Exclusion::Paused),
        (order.rejected_by.contains(id), Exclusion::RejectedOrder),
        (request.excluded.contains(id), Exclusion::ReturnedUnits),
        (is_other(order.pinned_location()), Exclusion::NotTheDeliveryLocation),
        (is_other(order.supply_location()), Exclusion::WouldSplit),
        (departure == Departure::Never, Exclusion::NoCapacity),
        (departure.is_too_late(order), Exclusion::TooLate),
    ];
    reasons.into_iter().filter(|(holds, _)| *holds).map(|(_, exclusion)| exclusion).min()
}
