//! What a network knows.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::events::LocationDetails;
use super::refusals::NetworkRefusal;
use crate::distance::Coordinates;
use crate::values::{LocationId, Text};

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

    /// The locations that are paused: nothing is sourced from them.
    pub fn paused_locations(&self) -> BTreeSet<LocationId> {
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
