//! A merchant's locations: where goods are kept and orders ship from.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::aggregate::pure_aggregate;
use crate::command::commands;
use crate::distance::Coordinates;
use crate::event::{event_enum, payloads};
use crate::refusal::{Class, Refusal};
use crate::values::{LocationId, Quantity, Text};

// ---- events ----

/// What is known of a location.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LocationDetails {
    /// Its name for people.
    pub name: Option<Text<200>>,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Its address, on one line.
    pub address: Option<Text<500>>,
    /// Orders it can handle a day.
    pub daily_capacity: Option<Quantity>,
    /// Its time zone by IANA name, such as `America/New_York`.
    pub timezone: Option<Text<64>>,
    /// Until when an order leaves the same day, as `HH:MM` in its time zone.
    pub cut_off: Option<Text<5>>,
    /// The merchant's preference: lower is chosen first.
    #[serde(default)]
    pub rank: u32,
}

payloads! {
    /// A location became known.
    LocationRegistered {
        /// Which.
        location: LocationId,
        /// What is known of it.
        details: LocationDetails,
    }
    /// What is known of a location changed; all of it is here.
    LocationChanged {
        /// Which.
        location: LocationId,
        /// What is known of it from now on.
        details: LocationDetails,
    }
    /// Nothing new is sourced from a location until it is resumed.
    LocationPaused {
        /// Which.
        location: LocationId,
        /// Why.
        reason: Text<500>,
    }
    /// A paused location takes part again.
    LocationResumed {
        /// Which.
        location: LocationId,
        /// Why.
        reason: Option<Text<500>>,
    }
}

event_enum!(
    /// Everything that happens to a merchant's network.
    NetworkEvent { LocationRegistered = 1, LocationChanged = 1, LocationPaused = 1, LocationResumed = 1 }
);

// ---- state ----

/// One location.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// What is known of it.
    pub details: LocationDetails,
    /// Why it is paused, where it is.
    pub paused: Option<Text<500>>,
}

impl Location {
    /// Where it is.
    pub fn coordinates(&self) -> Coordinates {
        Coordinates { latitude: self.details.latitude, longitude: self.details.longitude }
    }
}

/// A merchant's locations, by id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// The locations.
    pub locations: BTreeMap<LocationId, Location>,
}

impl Network {
    /// The most locations that a merchant has: every decision looks at all of them.
    pub const LIMIT: usize = 1_000;

    /// The locations that nothing is sourced from for now.
    pub fn closed(&self) -> BTreeSet<LocationId> {
        let paused = self.locations.iter().filter(|(_, location)| location.paused.is_some());
        paused.map(|(id, _)| id.clone()).collect()
    }

    /// The location, or the refusal that says it is not known; `pointer` is the field that names it.
    pub fn location(&self, id: &LocationId, pointer: &'static str) -> Result<&Location, NetworkRefusal> {
        self.locations
            .get(id)
            .ok_or_else(|| NetworkRefusal::UnknownLocation { location: id.clone(), pointer })
    }
}

// ---- commands ----

commands! {
    /// Makes a location known or changes it. What is not given stays.
    RegisterLocation {
        /// The location's id.
        location: LocationId,
        /// Its name for people.
        name: Option<Text<200>>,
        /// Degrees north, -90 to 90. Needed the first time.
        latitude: Option<f64>,
        /// Degrees east, -180 to 180. Needed the first time.
        longitude: Option<f64>,
        /// Its address, on one line.
        address: Option<Text<500>>,
        /// Orders it can handle a day.
        daily_capacity: Option<Quantity>,
        /// Its time zone by IANA name.
        timezone: Option<Text<64>>,
        /// Until when an order leaves the same day: `HH:MM`.
        cut_off: Option<Text<5>>,
        /// The merchant's preference: lower is chosen first.
        rank: Option<u32>,
    }

    /// Stops sourcing from a location.
    PauseLocation {
        /// The location's id.
        location: LocationId,
        /// Why.
        reason: Text<500>,
    }

    /// Sources from a paused location again.
    ResumeLocation {
        /// The location's id.
        location: LocationId,
        /// Why.
        reason: Option<Text<500>>,
    }
}

impl RegisterLocation {
    /// A location of which only its place is said, in degrees north and east.
    pub const fn new(location: LocationId, latitude: f64, longitude: f64) -> Self {
        Self {
            location,
            name: None,
            latitude: Some(latitude),
            longitude: Some(longitude),
            address: None,
            daily_capacity: None,
            timezone: None,
            cut_off: None,
            rank: None,
            occurred_at: None,
            not_after: None,
        }
    }
}

/// What can be asked of a network.
#[derive(Debug, Clone, PartialEq)]
pub enum NetworkCommand {
    /// Make a location known or change it.
    RegisterLocation(RegisterLocation),
    /// Stop sourcing from it.
    PauseLocation(PauseLocation),
    /// Source from it again.
    ResumeLocation(ResumeLocation),
}

// ---- refusals ----

/// Why a network was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkRefusal {
    /// Nobody has registered the location.
    #[error("the location {location} is not known")]
    UnknownLocation {
        /// Which.
        location: LocationId,
        /// The field that names it.
        pointer: &'static str,
    },
    /// As many locations as a network can have.
    #[error("a network has at most {} locations", Network::LIMIT)]
    TooManyLocations,
    /// A new location needs its place.
    #[error("a new location needs its latitude and longitude")]
    PlaceMissing,
    /// Not a place on the globe.
    #[error("latitude must be from -90 to 90 and longitude from -180 to 180")]
    PlaceOutOfRange,
    /// Not a time of day.
    #[error("the cut-off must be a time of day written HH:MM")]
    CutOffMalformed,
}

impl Refusal for NetworkRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::UnknownLocation { .. } => "unknown_location",
            Self::TooManyLocations => "too_many_locations",
            Self::PlaceMissing => "location_place_missing",
            Self::PlaceOutOfRange => "location_place_out_of_range",
            Self::CutOffMalformed => "cut_off_malformed",
        }
    }

    fn class(&self) -> Class {
        Class::Invalid
    }

    fn pointer(&self) -> Option<String> {
        Some(match self {
            Self::UnknownLocation { pointer, .. } => (*pointer).to_owned(),
            Self::TooManyLocations => "/location".to_owned(),
            Self::PlaceMissing | Self::PlaceOutOfRange => "/latitude".to_owned(),
            Self::CutOffMalformed => "/cutOff".to_owned(),
        })
    }
}

// ---- decide ----

fn decide(network: &Network, command: &NetworkCommand) -> Result<Vec<NetworkEvent>, NetworkRefusal> {
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
    let place = |given: Option<f64>, kept: Option<f64>| given.or(kept).ok_or(NetworkRefusal::PlaceMissing);
    let kept = known.cloned().unwrap_or_default();
    let details = LocationDetails {
        name: command.name.clone().or(kept.name),
        latitude: place(command.latitude, known.map(|details| details.latitude))?,
        longitude: place(command.longitude, known.map(|details| details.longitude))?,
        address: command.address.clone().or(kept.address),
        daily_capacity: command.daily_capacity.or(kept.daily_capacity),
        timezone: command.timezone.clone().or(kept.timezone),
        cut_off: command.cut_off.clone().or(kept.cut_off),
        rank: command.rank.unwrap_or(kept.rank),
    };
    if !(-90.0..=90.0).contains(&details.latitude) || !(-180.0..=180.0).contains(&details.longitude) {
        return Err(NetworkRefusal::PlaceOutOfRange);
    }
    if details.cut_off.as_ref().is_some_and(|time| !is_time_of_day(time.as_str())) {
        return Err(NetworkRefusal::CutOffMalformed);
    }
    let location = command.location.clone();
    Ok(match known {
        None => vec![LocationRegistered { location, details }.into()],
        Some(kept) if *kept == details => Vec::new(),
        Some(_) => vec![LocationChanged { location, details }.into()],
    })
}

fn is_time_of_day(text: &str) -> bool {
    let number = |part: &str, below: u8| {
        part.len() == 2
            && part.bytes().all(|digit| digit.is_ascii_digit())
            && part.parse::<u8>().is_ok_and(|number| number < below)
    };
    text.split_once(':').is_some_and(|(hours, minutes)| number(hours, 24) && number(minutes, 60))
}

// ---- evolve ----

fn evolve(network: &mut Network, event: &NetworkEvent) {
    match event {
        NetworkEvent::LocationRegistered(LocationRegistered { location, details }) => {
            let new = Location { details: details.clone(), paused: None };
            network.locations.insert(location.clone(), new);
        }
        NetworkEvent::LocationChanged(LocationChanged { location, details }) => {
            if let Some(known) = network.locations.get_mut(location) {
                known.details = details.clone();
            }
        }
        NetworkEvent::LocationPaused(LocationPaused { location, reason }) => {
            if let Some(known) = network.locations.get_mut(location) {
                known.paused = Some(reason.clone());
            }
        }
        NetworkEvent::LocationResumed(LocationResumed { location, .. }) => {
            if let Some(known) = network.locations.get_mut(location) {
                known.paused = None;
            }
        }
    }
}

pure_aggregate!(Network, "network", NetworkCommand, NetworkEvent, NetworkRefusal);

// ---- tests ----

#[cfg(test)]
mod tests {
    use cqrs_es::Aggregate;

    use super::*;
    use crate::Decide;

    fn register(json: &str) -> NetworkCommand {
        NetworkCommand::RegisterLocation(serde_json::from_str(json).unwrap())
    }

    fn pause() -> NetworkCommand {
        NetworkCommand::PauseLocation(
            serde_json::from_str(r#"{"location":"DC-1","reason":"flood"}"#).unwrap(),
        )
    }

    fn resume() -> NetworkCommand {
        NetworkCommand::ResumeLocation(serde_json::from_str(r#"{"location":"DC-1"}"#).unwrap())
    }

    fn given(commands: &[NetworkCommand]) -> Network {
        let mut network = Network::default();
        for command in commands {
            for event in network.decide(command).unwrap() {
                network.apply(event);
            }
        }
        network
    }

    fn one() -> NetworkCommand {
        register(r#"{"location":"DC-1","latitude":40.0,"longitude":-80.0,"rank":3}"#)
    }

    #[test]
    fn a_location_is_registered_once_and_changed_after() {
        let network = given(&[one()]);
        let moved = network.decide(&register(r#"{"location":"DC-1","latitude":41.0}"#)).unwrap();
        assert!(matches!(&moved[..], [NetworkEvent::LocationChanged(c)] if c.details.rank == 3));
        assert_eq!(network.decide(&one()), Ok(vec![]));
    }

    #[test]
    fn every_refusal_has_its_code_and_its_field() {
        let place = |latitude: f64, longitude: f64| {
            register(&format!(r#"{{"location":"DC-1","latitude":{latitude},"longitude":{longitude}}}"#))
        };
        let half = register(r#"{"location":"DC-1","longitude":1.0}"#);
        let cut_off = register(r#"{"location":"DC-1","latitude":1.0,"longitude":1.0,"cutOff":"25:00"}"#);
        for (command, code, pointer) in [
            (pause(), "unknown_location", "/location"),
            (resume(), "unknown_location", "/location"),
            (half, "location_place_missing", "/latitude"),
            (place(0.0, 180.5), "location_place_out_of_range", "/latitude"),
            (place(-90.5, 0.0), "location_place_out_of_range", "/latitude"),
            (cut_off, "cut_off_malformed", "/cutOff"),
        ] {
            let refusal = Network::default().decide(&command).unwrap_err();
            assert_eq!((refusal.code(), refusal.pointer().as_deref()), (code, Some(pointer)));
            assert_eq!(refusal.class(), Class::Invalid);
        }
        let elsewhere = LocationId::new("DC-9").unwrap();
        let refusal = given(&[one()]).location(&elsewhere, "/delivery/location").unwrap_err();
        assert_eq!(refusal.pointer().as_deref(), Some("/delivery/location"));
    }

    #[test]
    fn a_network_has_a_limit_and_what_it_has_can_still_be_changed() {
        let name = |number: usize| LocationId::new(&format!("L-{number}")).unwrap();
        let at = |location| NetworkCommand::RegisterLocation(RegisterLocation::new(location, 1.0, 2.0));
        let full = given(&(0..Network::LIMIT).map(|number| at(name(number))).collect::<Vec<_>>());
        assert_eq!(full.decide(&at(name(Network::LIMIT))), Err(NetworkRefusal::TooManyLocations));
        assert_eq!(full.decide(&at(name(0))), Ok(vec![]));
    }

    #[test]
    fn a_paused_location_that_is_changed_stays_paused() {
        let moved = register(r#"{"location":"DC-1","latitude":41.0}"#);
        let network = given(&[one(), pause(), moved]);
        let location = &network.locations[&LocationId::new("DC-1").unwrap()];
        assert!(location.paused.is_some());
        assert_eq!(location.coordinates(), Coordinates { latitude: 41.0, longitude: -80.0 });
    }

    #[test]
    fn a_cut_off_is_a_time_of_day() {
        for (cut_off, taken) in [("16:30", true), ("24:00", false), ("9:00", false), ("ab:cd", false)] {
            let json =
                format!(r#"{{"location":"DC-1","latitude":1.0,"longitude":1.0,"cutOff":"{cut_off}"}}"#);
            assert_eq!(Network::default().decide(&register(&json)).is_ok(), taken, "{cut_off}");
        }
    }

    #[test]
    fn a_location_pauses_and_resumes_and_doing_either_twice_changes_nothing() {
        let paused = given(&[one(), pause()]);
        assert!(paused.locations[&LocationId::new("DC-1").unwrap()].paused.is_some());
        assert_eq!(paused.decide(&pause()), Ok(vec![]));
        let resumed = given(&[one(), pause(), resume()]);
        assert_eq!(resumed, given(&[one()]));
        assert_eq!(resumed.decide(&resume()), Ok(vec![]));
    }
}
