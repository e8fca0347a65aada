//! Why a network says no.

use super::state::Network;
use crate::refusal::{Class, Refusal};
use crate::values::LocationId;

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
    /// Not a country.
    #[error("the country must be one of ISO 3166, written as two capital letters")]
    UnknownCountry,
    /// Not a time zone.
    #[error("the time zone must be named as in the IANA database, such as America/New_York")]
    UnknownTimezone,
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
            Self::UnknownCountry => "unknown_country",
            Self::UnknownTimezone => "unknown_timezone",
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
            Self::UnknownCountry => "/country".to_owned(),
            Self::UnknownTimezone => "/timezone".to_owned(),
            Self::CutOffMalformed => "/cutOff".to_owned(),
        })
    }
}
