//! What can be asked of a network.

use crate::command::commands;
use crate::values::{LocationId, Quantity, Text};

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
        /// Its country by ISO 3166 alpha-2, such as `US`.
        country: Option<Text<2>>,
        /// Its postal code.
        postal_code: Option<Text<20>>,
        /// Orders it can handle a day.
        daily_capacity: Option<Quantity>,
        /// Its time zone by IANA name, such as `America/New_York`.
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
            country: None,
            postal_code: None,
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
