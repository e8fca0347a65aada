//! What an event makes of a network.

use super::events::{LocationChanged, LocationPaused, LocationRegistered, LocationResumed, NetworkEvent};
use super::state::{Location, Network};

pub(super) fn evolve(network: &mut Network, event: &NetworkEvent) {
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
