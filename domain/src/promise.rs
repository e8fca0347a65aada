//! When goods can leave a location and arrive, reckoned when it is decided.
//!
//! All of it is a pure function of what is known of the location and of the moment of decision; what comes out is
//! stored with the decision and never reckoned again, so a later edition of the time zones changes no promise.

use crate::calendar::{self, Zone};
use crate::network::LocationDetails;
use crate::transit::{Route, TransitTable};
use crate::values::{Day, LocationId, Timestamp};

#[cfg(test)]
mod tests;

/// The location's time zone: UTC where none is given, and for a name that this edition of the time zones does not know.
fn zone_of(location: &LocationDetails) -> Zone {
    let name = location.timezone.as_ref();
    name.and_then(|name| calendar::zone(name.as_str())).unwrap_or(Zone::UTC)
}

/// The day that it is at the location.
pub fn day_at(location: &LocationDetails, moment: Timestamp) -> Day {
    zone_of(location).day_of(moment)
}

/// When what leaves the location on a day has left: at its cut-off, or at the end of the day where it has none.
pub fn ships_on(location: &LocationDetails, day: Day) -> Timestamp {
    leaves(&zone_of(location), location, day)
}

fn leaves(zone: &Zone, location: &LocationDetails, day: Day) -> Timestamp {
    let cut_off = location.cut_off.as_ref().and_then(|time| calendar::time_of_day(time.as_str()));
    cut_off.map_or_else(|| zone.end_of(day), |time| zone.moment(day, time))
}

/// The earliest moment at which goods can leave the location.
///
/// They leave at the cut-off of the day on which it is decided, or at that of the next one where it has passed; what
/// is decided at the very cut-off still leaves. `not_before` is when the last of them is there, where it is supplied
/// later: it is then as if decided at that moment. Days and cut-offs are the location's own.
pub fn earliest_ship(
    location: &LocationDetails,
    decided_at: Timestamp,
    not_before: Option<Timestamp>,
) -> Timestamp {
    let ready = not_before.map_or(decided_at, |there| there.max(decided_at));
    let zone = zone_of(location);
    let today = zone.day_of(ready);
    // Where the clocks are put back around midnight, a day may come twice: so it is looked up to two days ahead.
    let days = (0..=2).map(|ahead| leaves(&zone, location, today.plus(ahead)));
    days.into_iter().find(|&moment| moment >= ready).unwrap_or(ready)
}

/// When goods that leave the location at a moment will have arrived: so many days later as the table says, at the end
/// of the day in the location's time zone. Nothing where no row fits.
pub fn earliest_delivery(
    ship: Timestamp,
    from: (&LocationId, &LocationDetails),
    route: &Route<'_>,
    table: &TransitTable,
) -> Option<Timestamp> {
    let (id, location) = from;
    let days = table.days(id, route)?;
    let zone = zone_of(location);
    Some(zone.end_of(zone.day_of(ship).plus(days)).max(ship))
}
