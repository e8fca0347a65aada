//! Registering a location, and changing its details.

use std::collections::BTreeSet;

use super::events::{LocationChanged, LocationDetails, LocationRegistered, NetworkEvent};
use super::refusals::MAX_LOCATIONS;
use super::{Network, NetworkRefusal};
use crate::command::commands;
use crate::geography::is_country;
use crate::promising::calendar::{time_of_day, zone};
use crate::promising::working_days::{Closures, Weekday};
use crate::values::{LocationId, Quantity, Text, Update};

commands! {
    /// Registers a location or changes its details. Details that are not given stay, and null removes one.
    RegisterLocation {
        /// The location's id.
        location: LocationId,
        /// Its display name.
        name: Update<Text<200>>,
        /// Degrees north, -90 to 90. Required for a new location.
        latitude: Option<f64>,
        /// Degrees east, -180 to 180. Required for a new location.
        longitude: Option<f64>,
        /// Its address, on one line.
        address: Update<Text<500>>,
        /// Its country, an ISO 3166 alpha-2 code such as `US`.
        country: Update<Text<2>>,
        /// Its postal code.
        postal_code: Update<Text<20>>,
        /// Fulfillment orders that it can handle per day. Default: no limit.
        daily_capacity: Update<Quantity>,
        /// Its time zone, an IANA name such as `America/New_York`. Default: UTC.
        timezone: Update<Text<64>>,
        /// The local time, `HH:MM`, until which orders leave on the same day. Default: the end of the day.
        cut_off: Update<Text<5>>,
        /// The days of the week on which goods leave, in the location's time zone; at least one. Default: all of them.
        working_days: Update<BTreeSet<Weekday>>,
        /// Days on which no goods leave, at most 366 entries; replaces all of them. Default: none. A location must not
        /// be closed for a year or longer.
        closures: Update<Closures>,
        /// The merchant's preference: sourcing prefers the lowest rank. Default for a new location: 0.
        rank: Update<u32>,
    }
}

impl RegisterLocation {
    /// A location at a place, in degrees north and east, without other details.
    pub const fn new(location: LocationId, latitude: f64, longitude: f64) -> Self {
        Self {
            location,
            name: Update::Keep,
            latitude: Some(latitude),
            longitude: Some(longitude),
            address: Update::Keep,
            country: Update::Keep,
            postal_code: Update::Keep,
            daily_capacity: Update::Keep,
            timezone: Update::Keep,
            cut_off: Update::Keep,
            working_days: Update::Keep,
            closures: Update::Keep,
            rank: Update::Keep,
            occurred_at: None,
            not_after: None,
        }
    }
}

/// No events if the location has the details already.
pub(super) fn register(
    network: &Network,
    command: &RegisterLocation,
) -> Result<Vec<NetworkEvent>, NetworkRefusal> {
    let known = network.locations.get(&command.location).map(|location| &location.details);
    if known.is_none() && network.locations.len() >= MAX_LOCATIONS {
        return Err(NetworkRefusal::TooManyLocations);
    }
    check(command)?;
    let details = merged(command, known)?;
    if !command.working_days.is_keep() || !command.closures.is_keep() {
        details.calendar().check()?;
    }
    let location = command.location.clone();
    Ok(match known {
        None => vec![LocationRegistered { location, details }.into()],
        Some(known) if *known == details => Vec::new(),
        Some(_) => vec![LocationChanged { location, details }.into()],
    })
}

/// Checks the given details only: a stored detail that is no longer valid does not prevent another change.
fn check(command: &RegisterLocation) -> Result<(), NetworkRefusal> {
    let is_within =
        |degrees: Option<f64>, most: f64| degrees.is_none_or(|degrees| (-most..=most).contains(&degrees));
    if !is_within(command.latitude, 90.0) || !is_within(command.longitude, 180.0) {
        return Err(NetworkRefusal::PlaceOutOfRange);
    }
    if command.country.new_value().is_some_and(|code| !is_country(code.as_str())) {
        return Err(NetworkRefusal::UnknownCountry);
    }
    if command.timezone.new_value().is_some_and(|name| zone(name.as_str()).is_none()) {
        return Err(NetworkRefusal::UnknownTimezone);
    }
    if command.cut_off.new_value().is_some_and(|time| time_of_day(time.as_str()).is_none()) {
        return Err(NetworkRefusal::CutOffMalformed);
    }
    Ok(())
}

/// The known details with the given ones in their place.
fn merged(
    command: &RegisterLocation,
    known: Option<&LocationDetails>,
) -> Result<LocationDetails, NetworkRefusal> {
    let degrees =
        |given: Option<f64>, known: Option<f64>| given.or(known).ok_or(NetworkRefusal::PlaceMissing);
    let latitude = degrees(command.latitude, known.map(|known| known.latitude))?;
    let longitude = degrees(command.longitude, known.map(|known| known.longitude))?;
    let known = known.cloned().unwrap_or_default();
    Ok(LocationDetails {
        name: command.name.apply(known.name),
        latitude,
        longitude,
        address: command.address.apply(known.address),
        daily_capacity: command.daily_capacity.apply(known.daily_capacity),
        country: command.country.apply(known.country),
        postal_code: command.postal_code.apply(known.postal_code),
        timezone: command.timezone.apply(known.timezone),
        cut_off: command.cut_off.apply(known.cut_off),
        working_days: command.working_days.apply(known.working_days),
        closures: command.closures.apply_or(known.closures, Closures::default()),
        rank: command.rank.apply_or(known.rank, 0),
    })
}
