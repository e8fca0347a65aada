//! What a command leads to.

use super::commands::{NetworkCommand, PauseLocation, RegisterLocation, ResumeLocation};
use super::events::{
    LocationChanged, LocationDetails, LocationPaused, LocationRegistered, LocationResumed, NetworkEvent,
};
use super::refusals::NetworkRefusal;
use super::state::Network;
use crate::{calendar, geography};

pub(super) fn decide(
    network: &Network,
    command: &NetworkCommand,
) -> Result<Vec<NetworkEvent>, NetworkRefusal> {
    match command {
        NetworkCommand::RegisterLocation(command) => register(network, command),
        NetworkCommand::PauseLocation(PauseLocation { location, reason, .. }) => {
            let known = network.location(location, "/location")?;
            let event = LocationPaused { location: location.clone(), reason: reason.clone() };
            Ok(known.paused.is_none().then(|| event.into()).into_iter().collect())
        }
        NetworkCommand::ResumeLocation(ResumeLocation { location, reason, .. }) => {
            let known = network.location(location, "/location")?;
            let event = LocationResumed { location: location.clone(), reason: reason.clone() };
            Ok(known.paused.is_some().then(|| event.into()).into_iter().collect())
        }
    }
}

fn register(network: &Network, command: &RegisterLocation) -> Result<Vec<NetworkEvent>, NetworkRefusal> {
    let known = network.locations.get(&command.location).map(|location| &location.details);
    if known.is_none() && network.locations.len() >= Network::LIMIT {
        return Err(NetworkRefusal::TooManyLocations);
    }
    check(command)?;
    let details = details(command, known)?;
    let location = command.location.clone();
    Ok(match known {
        None => vec![LocationRegistered { location, details }.into()],
        Some(kept) if *kept == details => Vec::new(),
        Some(_) => vec![LocationChanged { location, details }.into()],
    })
}

/// Only what is given is checked: what a location was registered with long ago does not stop a change of something
/// else.
fn check(command: &RegisterLocation) -> Result<(), NetworkRefusal> {
    let within =
        |degrees: Option<f64>, most: f64| degrees.is_none_or(|given| (-most..=most).contains(&given));
    if !within(command.latitude, 90.0) || !within(command.longitude, 180.0) {
        return Err(NetworkRefusal::PlaceOutOfRange);
    }
    if command.country.as_ref().is_some_and(|code| !geography::is_country(code.as_str())) {
        return Err(NetworkRefusal::UnknownCountry);
    }
    if command.timezone.as_ref().is_some_and(|name| calendar::zone(name.as_str()).is_none()) {
        return Err(NetworkRefusal::UnknownTimezone);
    }
    if command.cut_off.as_ref().is_some_and(|time| calendar::time_of_day(time.as_str()).is_none()) {
        return Err(NetworkRefusal::CutOffMalformed);
    }
    Ok(())
}

fn details(
    command: &RegisterLocation,
    known: Option<&LocationDetails>,
) -> Result<LocationDetails, NetworkRefusal> {
    let place = |given: Option<f64>, kept: Option<f64>| given.or(kept).ok_or(NetworkRefusal::PlaceMissing);
    let kept = known.cloned().unwrap_or_default();
    Ok(LocationDetails {
        name: command.name.clone().or(kept.name),
        latitude: place(command.latitude, known.map(|details| details.latitude))?,
        longitude: place(command.longitude, known.map(|details| details.longitude))?,
        address: command.address.clone().or(kept.address),
        daily_capacity: command.daily_capacity.or(kept.daily_capacity),
        country: command.country.clone().or(kept.country),
        postal_code: command.postal_code.clone().or(kept.postal_code),
        timezone: command.timezone.clone().or(kept.timezone),
        cut_off: command.cut_off.clone().or(kept.cut_off),
        rank: command.rank.unwrap_or(kept.rank),
    })
}
