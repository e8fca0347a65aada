//! When goods can leave a location and arrive.

use super::calendar::{self, Zone};
use super::transit::{Route, TransitTable};
use crate::network::LocationDetails;
use crate::values::{Day, LocationId, Timestamp};

#[cfg(test)]
mod tests;

/// The location's time zone. UTC if it has none, or if the time zone database does not know its name.
fn zone_of(location: &LocationDetails) -> Zone {
    let name = location.timezone.as_ref();
    name.and_then(|name| calendar::zone(name.as_str())).unwrap_or(Zone::UTC)
}

/// The location's calendar day at a time.
pub fn day_at(location: &LocationDetails, time: Timestamp) -> Day {
    zone_of(location).day_of(time)
}

/// When goods leave the location on a day: at its cut-off, or at the end of the day if it has none.
pub fn ships_on(location: &LocationDetails, day: Day) -> Timestamp {
    departure(&zone_of(location), location, day)
}

fn departure(zone: &Zone, location: &LocationDetails, day: Day) -> Timestamp {
    let cut_off = location.cut_off.as_ref().and_then(|time| calendar::time_of_day(time.as_str()));
    cut_off.map_or_else(|| zone.end_of(day), |time| zone.timestamp(day, time))
}

/// The earliest time at which goods can leave the location.
///
/// They leave at the cut-off of the decision's day, or of the next working day if that cut-off has passed or the location
/// does not work; an order that is decided exactly at the cut-off still leaves. If `not_before` is later than the decision,
/// it takes the decision's place. Days and cut-offs are the location's own.
pub fn earliest_ship(
    location: &LocationDetails,
    decided_at: Timestamp,
    not_before: Option<Timestamp>,
) -> Timestamp {
    let ready = not_before.map_or(decided_at, |not_before| not_before.max(decided_at));
    let zone = zone_of(location);
    let calendar = location.calendar();
    // If clocks go back around midnight, a day occurs twice; a day that the clocks skip ends on another day. Hence more than
    // today and the next working day.
    let days = calendar.days_from(zone.day_of(ready)).take(4);
    let mut departures = days.map(|day| departure(&zone, location, day));
    departures
        .find(|&departure| departure >= ready && calendar.includes(zone.day_of(departure)))
        .unwrap_or(ready)
}

/// When goods that leave the location at a time arrive: after the transit days of the table, counted in the carrier's working
/// days, at the end of the day in the location's time zone. Nothing if no row of the table fits.
pub fn earliest_delivery(
    ship: Timestamp,
    from: (&LocationId, &LocationDetails),
    route: &Route<'_>,
    table: &TransitTable,
) -> Option<Timestamp> {
    let (id, location) = from;
    let row = table.row(id, route)?;
    let zone = zone_of(location);
    let arrival = row.calendar().plus(zone.day_of(ship), row.days);
    Some(zone.end_of(arrival).max(ship))
}
