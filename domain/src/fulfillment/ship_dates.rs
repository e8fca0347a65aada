//! When goods of an order can leave a location and arrive: by cut-off, working days, daily capacity and the
//! merchant's transit times.

use std::collections::BTreeSet;

use super::aggregates::Aggregates;
use crate::capacity::{LocationCapacity, first_free_day};
use crate::network::{Location, LocationDetails, Network};
use crate::order::{Order, PromisedDates, Promises};
use crate::policy::Policy;
use crate::promising::transit::Route;
use crate::promising::{day_at, earliest_delivery, earliest_ship, ships_on};
use crate::stream::StreamId;
use crate::values::{LocationId, Text, Timestamp};

/// When goods can leave a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Departure {
    /// The location has neither a cut-off, a time zone, working days, closures nor a daily capacity: nothing is promised.
    Unknown,
    /// At this time at the earliest.
    At(Timestamp),
    /// The location is full on every day for which orders are taken.
    Never,
}

impl Departure {
    /// The time, where one is known.
    pub(super) fn time(self) -> Option<Timestamp> {
        if let Self::At(time) = self { Some(time) } else { None }
    }

    /// Whether goods leave after the order must have left.
    pub(super) fn is_too_late(self, order: &Order) -> bool {
        self.time().zip(order.ship_by()).is_some_and(|(leaves, ship_by)| ship_by < leaves)
    }
}

/// A registered location.
pub(super) type Registered<'n> = (&'n LocationId, &'n Location);

/// The streams that say when goods can leave locations.
pub(super) fn capacity_streams<'a>(
    locations: impl IntoIterator<Item = Registered<'a>>,
) -> impl Iterator<Item = StreamId> {
    let limited = locations.into_iter().filter(|(_, location)| location.details.daily_capacity.is_some());
    limited.map(|(id, _)| StreamId::Capacity(id.clone()))
}

/// When goods of an order that is decided now can leave a location.
pub(super) fn departure<A: Aggregates>(
    aggregates: &mut A,
    order: &Order,
    (id, location): Registered<'_>,
) -> Result<Departure, A::Error> {
    let details = &location.details;
    let has_hours = details.cut_off.is_some() || details.timezone.is_some();
    let has_calendar = details.working_days.is_some() || !details.closures.is_empty();
    if !has_hours && !has_calendar && details.daily_capacity.is_none() {
        return Ok(Departure::Unknown);
    }
    let earliest = earliest_ship(details, aggregates.now(), order.ship_not_before());
    let Some(capacity) = details.daily_capacity else { return Ok(Departure::At(earliest)) };
    let day = day_at(details, earliest);
    let bookings = aggregates.capacity(id)?;
    Ok(match first_free_day(&bookings, capacity, &details.calendar(), day, LocationCapacity::HORIZON) {
        Some(free) if free == day => Departure::At(earliest),
        Some(free) => Departure::At(ships_on(details, free)),
        None => Departure::Never,
    })
}

/// When goods of an order that is decided now can leave each of some locations, where these are registered.
fn departures<'n, 'a, A: Aggregates>(
    aggregates: &mut A,
    network: &'n Network,
    order: &Order,
    locations: impl IntoIterator<Item = &'a LocationId>,
) -> Result<Vec<(Registered<'n>, Departure)>, A::Error> {
    let known: Vec<_> = locations.into_iter().filter_map(|id| network.locations.get_key_value(id)).collect();
    aggregates.require(capacity_streams(known.iter().copied()))?;
    let leaves = |location| Ok((location, departure(aggregates, order, location)?));
    known.into_iter().map(leaves).collect()
}

/// Those of some locations that cannot ship an order by the time that it must have left.
pub(super) fn too_late<'a, A: Aggregates>(
    aggregates: &mut A,
    order: &Order,
    locations: impl IntoIterator<Item = &'a LocationId>,
) -> Result<BTreeSet<LocationId>, A::Error> {
    if order.ship_by().is_none() {
        return Ok(BTreeSet::new());
    }
    let network = aggregates.network()?;
    let departures = departures(aggregates, &network, order, locations)?;
    let is_late = |departure: Departure| departure == Departure::Never || departure.is_too_late(order);
    let late = departures.into_iter().filter(|(_, departure)| is_late(*departure));
    Ok(late.map(|((id, _), _)| id.clone()).collect())
}

/// When an order can leave each of some locations and arrive, where that is known.
pub(super) fn promised_dates<A: Aggregates>(
    aggregates: &mut A,
    order: &Order,
    locations: &BTreeSet<LocationId>,
) -> Result<Promises, A::Error> {
    aggregates.require([StreamId::Network, StreamId::Policy])?;
    let (network, policy) = (aggregates.network()?, aggregates.policy()?);
    let mut promises = Promises::new();
    for ((id, location), departure) in departures(aggregates, &network, order, locations)? {
        if let Departure::At(ship_at) = departure {
            let deliver_at = arrival(order, &policy, (id, &location.details), ship_at);
            promises.insert(id.clone(), PromisedDates { ship_at, deliver_at });
        }
    }
    Ok(promises)
}

fn arrival(
    order: &Order,
    policy: &Policy,
    from: (&LocationId, &LocationDetails),
    ship_at: Timestamp,
) -> Option<Timestamp> {
    let created = order.created.as_ref()?;
    let destination = created.destination.as_ref();
    let delivery = created.delivery.as_ref();
    let route = Route {
        country: destination.and_then(|to| to.country.as_ref()).map(Text::as_str),
        region: destination.and_then(|to| to.region.as_ref()).map(Text::as_str),
        service_level: delivery.and_then(|delivery| delivery.service_level.as_ref()).map(Text::as_str),
    };
    earliest_delivery(ship_at, from, &route, &policy.rules.transit)
}
