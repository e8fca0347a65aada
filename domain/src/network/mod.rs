//! A merchant's locations: where goods are stored and orders ship from.

mod events;
mod pause;
mod refusals;
mod register;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use events::{
    LocationChanged, LocationDetails, LocationPaused, LocationRegistered, LocationResumed, NetworkEvent,
};
pub use pause::{PauseLocation, ResumeLocation};
pub use refusals::NetworkRefusal;
pub use register::RegisterLocation;

use crate::distance::Coordinates;
use crate::values::{LocationId, Text};

/// One location.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// Its name, coordinates, capacity, working hours, working days and rank.
    pub details: LocationDetails,
    /// Why it is paused; absent if it is not.
    pub paused: Option<Text<500>>,
}

impl Location {
    /// Its coordinates.
    pub fn coordinates(&self) -> Coordinates {
        Coordinates { latitude: self.details.latitude, longitude: self.details.longitude }
    }
}

/// A merchant's locations.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// The locations by id, at most 1,000: every decision of sourcing considers all of them.
    pub locations: BTreeMap<LocationId, Location>,
}

impl Network {
    /// The locations that are paused: nothing is sourced from them.
    pub fn paused_locations(&self) -> BTreeSet<LocationId> {
        self.locations.keys().filter(|id| self.is_paused(id)).cloned().collect()
    }

    /// Whether a location is paused; false for an unknown location.
    pub fn is_paused(&self, id: &LocationId) -> bool {
        self.locations.get(id).is_some_and(|location| location.paused.is_some())
    }

    /// A location, or a refusal of the field `pointer`, which names it.
    pub fn location(&self, id: &LocationId, pointer: &'static str) -> Result<&Location, NetworkRefusal> {
        let unknown = || NetworkRefusal::UnknownLocation { location: id.clone(), pointer };
        self.locations.get(id).ok_or_else(unknown)
    }

    fn change(&mut self, id: &LocationId, change: impl FnOnce(&mut Location)) {
        if let Some(location) = self.locations.get_mut(id) {
            change(location);
        }
    }
}

/// The decisions about a network.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "documented at the command of the same name")]
#[allow(clippy::large_enum_variant, reason = "a command is decided at once: no list of commands is kept")]
pub enum NetworkCommand {
    RegisterLocation(RegisterLocation),
    PauseLocation(PauseLocation),
    ResumeLocation(ResumeLocation),
}

crate::aggregate::pure_aggregate!(Network, "network", NetworkCommand, NetworkEvent, NetworkRefusal);

fn decide(network: &Network, command: &NetworkCommand) -> Result<Vec<NetworkEvent>, NetworkRefusal> {
    match command {
        NetworkCommand::RegisterLocation(command) => register::register(network, command),
        NetworkCommand::PauseLocation(command) => pause::pause(network, command),
        NetworkCommand::ResumeLocation(command) => pause::resume(network, command),
    }
}

fn evolve(network: &mut Network, event: &NetworkEvent) {
    match event {
        NetworkEvent::LocationRegistered(event) => {
            let new = Location { details: event.details.clone(), paused: None };
            network.locations.insert(event.location.clone(), new);
        }
        NetworkEvent::LocationChanged(event) => {
            network.change(&event.location, |location| location.details = event.details.clone());
        }
        NetworkEvent::LocationPaused(event) => {
            network.change(&event.location, |location| location.paused = Some(event.reason.clone()));
        }
        NetworkEvent::LocationResumed(event) => {
            network.change(&event.location, |location| location.paused = None);
        }
    }
}
