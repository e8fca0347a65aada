//! The events of a network.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::{event_enum, payloads};
use crate::promising::working_days::{Closures, Weekday, WorkingDays};
use crate::values::{LocationId, Quantity, Text};

/// The details of a location.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LocationDetails {
    /// Its display name.
    pub name: Option<Text<200>>,
    /// Degrees north, -90 to 90.
    pub latitude: f64,
    /// Degrees east, -180 to 180.
    pub longitude: f64,
    /// Its address, on one line.
    pub address: Option<Text<500>>,
    /// Fulfillment orders that it can handle per day; no limit if absent.
    pub daily_capacity: Option<Quantity>,
    /// Its country, an ISO 3166 alpha-2 code.
    pub country: Option<Text<2>>,
    /// Its postal code.
    pub postal_code: Option<Text<20>>,
    /// Its time zone, an IANA name such as `America/New_York`; UTC if absent.
    pub timezone: Option<Text<64>>,
    /// The local time, `HH:MM`, until which orders leave on the same day; the end of the day if absent.
    pub cut_off: Option<Text<5>>,
    /// The days of the week on which goods leave; all of them if absent.
    #[serde(default)]
    pub working_days: Option<BTreeSet<Weekday>>,
    /// Days on which no goods leave.
    #[serde(default, skip_serializing_if = "Closures::is_empty")]
    pub closures: Closures,
    /// The merchant's preference: sourcing prefers the lowest rank.
    #[serde(default)]
    pub rank: u32,
}

impl LocationDetails {
    /// The days on which goods leave.
    pub fn calendar(&self) -> WorkingDays {
        WorkingDays { weekdays: self.working_days.clone(), closures: self.closures.clone() }
    }
}

payloads! {
    /// A location was registered.
    LocationRegistered {
        location: LocationId,
        details: LocationDetails,
    }
    /// The details of a location changed.
    LocationChanged {
        location: LocationId,
        /// All its details from now on.
        details: LocationDetails,
    }
    /// A location was paused: nothing is sourced from it until it is resumed.
    LocationPaused {
        location: LocationId,
        reason: Text<500>,
    }
    /// A paused location was resumed.
    LocationResumed {
        location: LocationId,
        reason: Option<Text<500>>,
    }
}

event_enum!(
    /// The events of a network.
    NetworkEvent { LocationRegistered = 1, LocationChanged = 1, LocationPaused = 1, LocationResumed = 1 }
);
