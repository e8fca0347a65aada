//! When goods can leave locations and arrive, by cut-off, capacity and the merchant's table of transit times; and the room
//! that locations keep for what they have taken on.

use std::collections::BTreeSet;

use holdfast_domain::network::{Location, LocationDetails};
use holdfast_domain::order::{FulfillmentOrder, Order, PromisedDates, Promises};
use holdfast_domain::promise::{day_at, earliest_delivery, earliest_ship, ships_on};
use holdfast_domain::stream::StreamId;
use holdfast_domain::transit::Route;
use holdfast_domain::values::{FulfillmentOrderId, LocationId, Text, Timestamp};
use holdfast_domain::workload::{Workload, WorkloadCommand, first_free_day};

use super::{Stop, World};

/// When something can leave a location.
pub(super) enum Leaves {
    /// Nothing is known that would say.
    Unknown,
    /// At this moment at the earliest.
    At(Timestamp),
    /// On none of the days for which orders are taken.
    Never,
}

/// What must be in memory to tell when something can leave locations.
pub(super) fn workloads<'a>(
    locations: impl IntoIterator<Item = (&'a LocationId, &'a Location)>,
) -> impl Iterator<Item = StreamId> {
    let busy = locations.into_iter().filter(|(_, location)| location.details.daily_capacity.is_some());
    busy.map(|(id, _)| StreamId::Workload(id.clone()))
}

/// When something of an order that is decided now can leave a location.
pub(super) fn leaves(
    world: &mut World<'_>,
    order: &Order,
    (id, location): (&LocationId, &Location),
) -> Result<Leaves, Stop> {
    let details = &location.details;
    if details.cut_off.is_none() && details.timezone.is_none() && details.daily_capacity.is_none() {
        return Ok(Leaves::Unknown);
    }
    let moment = earliest_ship(details, world.at, not_before(order));
    let Some(capacity) = details.daily_capacity else { return Ok(Leaves::At(moment)) };
    let workload = world.workload(id)?;
    let earliest = day_at(details, moment);
    Ok(match first_free_day(&workload, capacity, earliest, Workload::HORIZON) {
        Some(day) if day == earliest => Leaves::At(moment),
        Some(day) => Leaves::At(ships_on(details, day)),
        None => Leaves::Never,
    })
}

fn not_before(order: &Order) -> Option<Timestamp> {
    order.created.as_ref()?.delivery.as_ref()?.ship_not_before
}

/// When an order can leave each of some locations and arrive, where that is known.
pub(super) fn promises(
    world: &mut World<'_>,
    order: &Order,
    locations: &BTreeSet<LocationId>,
) -> Result<Promises, Stop> {
    let network = world.network()?;
    let known = || locations.iter().filter_map(|id| network.locations.get_key_value(id));
    world.want(workloads(known()).chain([StreamId::Policy]), [])?;
    let mut promises = Promises::new();
    for (id, location) in known() {
        if let Leaves::At(ship_at) = leaves(world, order, (id, location))? {
            let deliver_at = arrives(world, order, (id, &location.details), ship_at)?;
            promises.insert(id.clone(), PromisedDates { ship_at, deliver_at });
        }
    }
    Ok(promises)
}

fn arrives(
    world: &mut World<'_>,
    order: &Order,
    from: (&LocationId, &LocationDetails),
    ship_at: Timestamp,
) -> Result<Option<Timestamp>, Stop> {
    let Some(created) = &order.created else { return Ok(None) };
    let destination = created.destination.as_ref();
    let route = Route {
        country: destination.and_then(|to| to.country.as_ref()).map(Text::as_str),
        region: destination.and_then(|to| to.region.as_ref()).map(Text::as_str),
        service_level: created
            .delivery
            .as_ref()
            .and_then(|delivery| delivery.service_level.as_ref())
            .map(Text::as_str),
    };
    let policy = world.policy()?;
    Ok(earliest_delivery(ship_at, from, &route, &policy.rules.transit))
}

/// Keeps room for the parts that are new at locations, and gives back that of parts that are not theirs any more.
pub(super) fn keep_room(world: &mut World<'_>, before: &Order, after: &Order) -> Result<(), Stop> {
    let network = world.network()?;
    let former = |id: FulfillmentOrderId| before.fulfillment_order(id);
    let kept = |part: &FulfillmentOrder| part.is_open() || !part.total(|line| line.shipped).is_zero();
    let mut changes = Vec::new();
    for part in &after.fulfillment_orders {
        let known = former(part.id).filter(|known| kept(known));
        let there = known.is_some_and(|known| known.location == part.location);
        if let Some(known) = known.filter(|_| !there || !kept(part)) {
            changes.push((known.location.clone(), part.id, None));
        }
        if kept(part) && !there {
            changes.push((
                part.location.clone(),
                part.id,
                part.promise.as_ref().map(|promise| promise.ship_at),
            ));
        }
    }
    let busy = |(location, ..): &(LocationId, FulfillmentOrderId, Option<Timestamp>)| {
        network.locations.get(location).is_some_and(|known| known.details.daily_capacity.is_some())
    };
    changes.retain(busy);
    world.want(changes.iter().map(|(location, ..)| StreamId::Workload(location.clone())), [])?;
    for (location, fulfillment_order_id, ship_at) in changes {
        let Some(known) = network.locations.get(&location) else { continue };
        let command = match (ship_at, known.details.daily_capacity) {
            (Some(ship_at), Some(capacity)) => WorkloadCommand::Book {
                location: location.clone(),
                fulfillment_order_id,
                capacity,
                today: day_at(&known.details, world.at),
                earliest: day_at(&known.details, ship_at),
                horizon: Workload::HORIZON,
            },
            _ => WorkloadCommand::Free { fulfillment_order_id },
        };
        match world.decide::<Workload>(&StreamId::Workload(location), &command) {
            // A location that was full was not chosen; one that is told to take more takes it.
            Ok(_) | Err(Stop::Refused(_)) => {}
            Err(stop) => return Err(stop),
        }
    }
    Ok(())
}
