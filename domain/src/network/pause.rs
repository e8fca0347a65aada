//! Pausing and resuming a location.

use super::events::{LocationPaused, LocationResumed, NetworkEvent};
use super::{Network, NetworkRefusal};
use crate::command::commands;
use crate::values::{LocationId, Text};

commands! {
    /// Stops sourcing from a location until it is resumed. No effect on a paused location.
    PauseLocation {
        /// The location's id.
        location: LocationId,
        /// The reason, for people.
        reason: Text<500>,
    }

    /// Sources from a paused location again. No effect on a location that is not paused.
    ResumeLocation {
        /// The location's id.
        location: LocationId,
        /// The reason, for people.
        reason: Option<Text<500>>,
    }
}

pub(super) fn pause(network: &Network, command: &PauseLocation) -> Result<Vec<NetworkEvent>, NetworkRefusal> {
    let known = network.location(&command.location, "/location")?;
    let event = LocationPaused { location: command.location.clone(), reason: command.reason.clone() };
    Ok(known.paused.is_none().then(|| event.into()).into_iter().collect())
}

pub(super) fn resume(
    network: &Network,
    command: &ResumeLocation,
) -> Result<Vec<NetworkEvent>, NetworkRefusal> {
    let known = network.location(&command.location, "/location")?;
    let event = LocationResumed { location: command.location.clone(), reason: command.reason.clone() };
    Ok(known.paused.is_some().then(|| event.into()).into_iter().collect())
}
