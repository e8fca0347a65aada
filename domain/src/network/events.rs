//! What happens to a network.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::{event_enum, payloads};
use crate::values::{LocationId, Quantity, Text};

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
    /// Its country by ISO 3166 alpha-2.
    pub country: Option<Text<2>>,
    /// Its postal code.
    pub postal_code: Option<Text<20>>,
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
