//! `ReserveInventory`: find locations for what an order still waits for, and hold the units at each stock item.
//!
//! Not a command from outside: it is part of creating an order, of confirming its payment, of releasing the hold that it
//! waited under, and of what a location rejects or does not find.

use std::collections::BTreeSet;

use holdfast_domain::distance::{self, Coordinates};
use holdfast_domain::geography::{Basis, place_of};
use holdfast_domain::network::Location;
use holdfast_domain::order::{
    LineUnits, Order, OrderCommand, OrderCreated, OrderEvent, ReservationTrigger, ReserveInventory,
    SourcingBasis,
};
use holdfast_domain::sourcing::{Candidate, Demand, Exclusion, SourcingRules, source_within};
use holdfast_domain::stock::{Eligibility, SplitAllowance, StockCommand, StockItem};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{LocationId, OrderId, Sku, Text, Units};

use super::changing::{decide, promise, settle};
use super::promising::{Leaves, leaves, promises, workloads};
use super::{Stop, World};

/// Why and how an order is sourced.
pub(super) struct Sourcing {
    trigger: ReservationTrigger,
    /// Where it goes, as long as that is known: it is personal, and sealed once the order is taken.
    place: Option<Coordinates>,
    /// The location that has just given units back: it may ship later what it did not find now.
    gave_back: Option<LocationId>,
}

impl Sourcing {
    /// Of what is newly ordered, and may be refused.
    pub(super) fn of_new_units(place: Option<Coordinates>) -> Self {
        Self { trigger: ReservationTrigger::Creation, place, gave_back: None }
    }

    /// Of an order that waited for it.
    pub(super) fn later() -> Self {
        Self { trigger: ReservationTrigger::Existing, place: None, gave_back: None }
    }
}

/// Frees what has expired of an order's SKUs, before units of them are held elsewhere.
pub(super) fn make_room(world: &mut World<'_>, order: &Order) -> Result<(), Stop> {
    let skus: BTreeSet<&Sku> = order.lines().iter().map(|line| &line.sku).collect();
    world.want(skus.iter().copied().cloned().map(StreamId::Stock).chain([StreamId::Network]), [])?;
    skus.into_iter().try_for_each(|sku| settle(world, sku))
}

/// Looks elsewhere for units that a location gave back, where any are wanted.
pub(super) fn look_elsewhere(
    world: &mut World<'_>,
    id: OrderId,
    gave_back: Option<LocationId>,
) -> Result<(), Stop> {
    if !world.order(id)?.wants_units() {
        return Ok(());
    }
    let trigger = ReservationTrigger::Shortfall;
    reserve_inventory(world, id, &Sourcing { trigger, place: None, gave_back })
}

/// Changes which locations may serve what an order waits for, where that is not what the queues say. It keeps its age.
pub(super) fn wait_anew(world: &mut World<'_>, id: OrderId) -> Result<(), Stop> {
    let order = world.order(id)?;
    let Some(created) = &order.created else { return Ok(()) };
    let waits = order.backordered_demand();
    if !waits.is_empty() && order.needs_decision() {
        return await_decision(world, id);
    }
    let skus = waits.keys().cloned().map(StreamId::Stock);
    world.want(skus.chain([StreamId::Network, StreamId::Policy]), [])?;
    for sku in waits.into_keys() {
        let requeue = StockCommand::RequeueBackorder {
            order_id: id,
            channel: created.channel.clone(),
            ordered_at: created.at,
            eligibility: eligibility(world, &order)?,
        };
        let (_, events) = world.decide::<StockItem>(&StreamId::Stock(sku.clone()), &requeue)?;
        if events.is_empty() {
            continue;
        }
        settle(world, &sku)?;
        promise(world, id, &sku)?;
    }
    Ok(())
}

/// What waits of an order comes from where its split limit allows by now, or from where all of it must come from.
pub(super) fn follow_the_rest(world: &mut World<'_>, id: OrderId) -> Result<(), Stop> {
    let order = world.order(id)?;
    let is_limited = order.must_come_from_one() || eligibility(world, &order)?.split.is_some();
    if is_limited { wait_anew(world, id) } else { Ok(()) }
}

/// Sources an order's pending units and reserves them.
pub(super) fn reserve_inventory(world: &mut World<'_>, id: OrderId, how: &Sourcing) -> Result<(), Stop> {
    let order = world.order(id)?;
    if order.needs_decision() {
        return await_decision(world, id);
    }
    let demand = order.pending_demand();
    world
        .want(demand.keys().cloned().map(StreamId::Stock).chain([StreamId::Network, StreamId::Policy]), [])?;
    let Some(created) = order.created.clone() else {
        return Err(Stop::Failed(format!("order {id} does not exist")));
    };
    for sku in demand.keys() {
        settle(world, sku)?;
    }
    let known = world.policy()?.for_channel(&created.channel);
    let rules = SourcingRules {
        criteria: &known.sourcing,
        allow_split: created.allow_split,
        most_locations: known.split_limit,
        used: order.locations_in_use(),
        allow_partial: how.trigger.takes_part(created.on_shortage),
    };
    let (place, basis) = destination(&created, how.place);
    let candidates = candidates(world, &order, &demand, how, place)?;
    let quotas = quotas(world, &created, &demand, how.trigger)?;
    let sourced = source_within(&quotas, &demand, &candidates, &rules);
    let chosen: BTreeSet<LocationId> =
        sourced.allocations.iter().map(|(location, _)| location.clone()).collect();
    let promises = promises(world, &order, &chosen)?;
    let (criteria, trigger, at) = (known.sourcing.clone(), how.trigger, world.at);
    let command = ReserveInventory { sourced, criteria, basis, trigger, promises, quotas, at };
    let (order, events) = decide(world, id, &OrderCommand::ReserveInventory(command))?;
    for event in &events {
        if let OrderEvent::InventoryBackordered(waits) = event {
            queue(world, id, &order, &waits.lines, how.trigger)?;
        }
    }
    Ok(())
}

/// Lets an order wait for a decision: the only location that might ship what is missing does not.
fn await_decision(world: &mut World<'_>, id: OrderId) -> Result<(), Stop> {
    decide(world, id, &OrderCommand::AwaitDecision).map(drop)
}

/// Where an order goes, as far as that is known, and from what.
fn destination(created: &OrderCreated, exactly: Option<Coordinates>) -> (Option<Coordinates>, SourcingBasis) {
    if exactly.is_some() {
        return (exactly, SourcingBasis::Coordinates);
    }
    let about = || {
        let to = created.destination.as_ref()?;
        let postal_code = to.postal_code.as_ref().map(Text::as_str);
        place_of(to.country.as_ref()?.as_str(), postal_code)
    };
    match about() {
        Some((place, Basis::PostalCode)) => (Some(place), SourcingBasis::PostalCode),
        Some((place, Basis::Country)) => (Some(place), SourcingBasis::Country),
        None => (None, SourcingBasis::None),
    }
}

/// Units of each SKU that the order's channel may still promise to it, for the SKUs that have a quota. Units that the order
/// has given back in this decision are promised to it again, whatever the quota.
fn quotas(
    world: &mut World<'_>,
    created: &OrderCreated,
    demand: &Demand,
    trigger: ReservationTrigger,
) -> Result<Demand, Stop> {
    let mut quotas = Demand::new();
    if trigger == ReservationTrigger::Shortfall {
        return Ok(quotas);
    }
    for sku in demand.keys() {
        if let Some(remaining) = world.stock(sku)?.remaining_quota(&created.channel, created.at) {
            quotas.insert(sku.clone(), remaining);
        }
    }
    Ok(quotas)
}

/// Gives the order its places in the queues of what it waits for.
fn queue(
    world: &mut World<'_>,
    id: OrderId,
    order: &Order,
    lines: &[LineUnits],
    trigger: ReservationTrigger,
) -> Result<(), Stop> {
    for (sku, quantity) in order.demand_of(lines) {
        join_queue(world, order, (&sku, quantity), trigger)?;
        promise(world, id, &sku)?;
    }
    Ok(())
}

/// Gives an order a place in the queue of a SKU.
fn join_queue(
    world: &mut World<'_>,
    order: &Order,
    (sku, quantity): (&Sku, Units),
    trigger: ReservationTrigger,
) -> Result<(), Stop> {
    let Some(created) = &order.created else { return Ok(()) };
    let command = StockCommand::BackorderInventory {
        order_id: created.order_id,
        channel: created.channel.clone(),
        ordered_at: created.at,
        quantity,
        priority: match trigger {
            // Who had them already does not go to the end.
            ReservationTrigger::Shortfall => created.priority.raised(),
            ReservationTrigger::Creation | ReservationTrigger::Existing => created.priority,
        },
        eligibility: eligibility(world, order)?,
        may_be_refused: trigger == ReservationTrigger::Creation,
        at: world.at,
    };
    world.decide::<StockItem>(&StreamId::Stock(sku.clone()), &command)?;
    Ok(())
}

/// Which locations may serve what an order waits for.
fn eligibility(world: &mut World<'_>, order: &Order) -> Result<Eligibility, Stop> {
    let may_split = order.created.as_ref().filter(|created| created.allow_split);
    let split_limit = match may_split {
        Some(created) => world.policy()?.for_channel(&created.channel).split_limit,
        None => None,
    };
    Ok(Eligibility {
        only_at: order.waits_only_at().cloned(),
        not_at: order.rejected_by.clone(),
        split: split_limit.map(|limit| SplitAllowance::within(limit, order.locations_in_use())),
        whole: order.must_come_from_one(),
    })
}

/// Every location of the network, with what it could give.
fn candidates(
    world: &mut World<'_>,
    order: &Order,
    demand: &Demand,
    how: &Sourcing,
    place: Option<Coordinates>,
) -> Result<Vec<Candidate>, Stop> {
    let network = world.network()?;
    world.want(workloads(&network.locations), [])?;
    let mut items = Vec::with_capacity(demand.len());
    for sku in demand.keys() {
        items.push((sku.clone(), world.stock(sku)?));
    }
    let mut candidates = Vec::with_capacity(network.locations.len());
    for (id, location) in &network.locations {
        let here = |(sku, item): &(Sku, std::sync::Arc<StockItem>)| (sku.clone(), item.available_at(id));
        let leaves = leaves(world, order, (id, location))?;
        candidates.push(Candidate {
            location: id.clone(),
            distance: place.map(|place| distance::between(place, location.coordinates())),
            rank: location.details.rank,
            available: items.iter().map(here).filter(|(_, units)| !units.is_zero()).collect(),
            excluded: excluded(order, how, (id, location), &leaves),
            ships_at: match leaves {
                Leaves::At(moment) => Some(moment),
                Leaves::Unknown | Leaves::Never => None,
            },
        });
    }
    Ok(candidates)
}

/// Why a location takes no part, where it does not.
fn excluded(
    order: &Order,
    how: &Sourcing,
    (id, location): (&LocationId, &Location),
    leaves: &Leaves,
) -> Option<Exclusion> {
    let ship_by = order.created.as_ref().and_then(|created| created.delivery.as_ref()?.ship_by);
    let too_late = matches!(leaves, Leaves::At(moment) if ship_by.is_some_and(|by| by < *moment));
    let cases = [
        (location.paused.is_some(), Exclusion::Paused),
        (how.gave_back.as_ref() == Some(id) || order.rejected_by.contains(id), Exclusion::GaveBack),
        (order.bound_to().is_some_and(|there| there != id), Exclusion::NotTheDeliveryLocation),
        (order.gives_all().is_some_and(|there| there != id), Exclusion::WouldSplit),
        (matches!(leaves, Leaves::Never), Exclusion::NoCapacity),
        (too_late, Exclusion::TooLate),
    ];
    cases.into_iter().find(|(is_so, _)| *is_so).map(|(_, exclusion)| exclusion)
}
