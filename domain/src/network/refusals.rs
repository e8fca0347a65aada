//! Why a decision about a network is refused.

use crate::promising::working_days::WorkingDaysError;
use crate::refusal::{Class, Refusal};
use crate::values::LocationId;

/// The most locations of a merchant.
pub(super) const MAX_LOCATIONS: usize = 1_000;

/// Why a decision about a network is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the text of an error says what its values are")]
pub enum NetworkRefusal {
    /// The location is not registered.
    #[error("the location {location} is not registered")]
    UnknownLocation {
        location: LocationId,
        /// The field that names it.
        pointer: &'static str,
    },
    /// The merchant has as many locations as are allowed.
    #[error("a merchant has at most {MAX_LOCATIONS} locations")]
    TooManyLocations,
    /// A new location without coordinates.
    #[error("a new location needs latitude and longitude")]
    PlaceMissing,
    /// Coordinates out of range.
    #[error("latitude must be -90 to 90 and longitude -180 to 180")]
    PlaceOutOfRange,
    /// Not a country code.
    #[error("country must be an ISO 3166 alpha-2 code in capital letters")]
    UnknownCountry,
    /// Not a time zone of the IANA database.
    #[error("timezone must be a name of the IANA database, such as America/New_York")]
    UnknownTimezone,
    /// Not a time of day.
    #[error("cutOff must be a time of day, written HH:MM")]
    CutOffMalformed,
    /// No working day for a year.
    #[error("no working day: {0}; pause a location that is closed")]
    NoWorkingDay(WorkingDaysError),
    /// Too many closures, or one that ends before it starts.
    #[error("invalid closures: {0}")]
    Closures(WorkingDaysError),
}

impl From<WorkingDaysError> for NetworkRefusal {
    fn from(error: WorkingDaysError) -> Self {
        match error {
            WorkingDaysError::NoWeekday | WorkingDaysError::ClosedForAYear(_) => Self::NoWorkingDay(error),
            WorkingDaysError::TooManyClosures | WorkingDaysError::EndsBeforeStart(_) => Self::Closures(error),
        }
    }
}

impl Refusal for NetworkRefusal {
    fn kind(&self) -> (&'static str, Class) {
        match self {
            Self::UnknownLocation { .. } => ("unknown_location", Class::Invalid),
            Self::TooManyLocations => ("too_many_locations", Class::Invalid),
            Self::PlaceMissing => ("location_place_missing", Class::Invalid),
            Self::PlaceOutOfRange => ("location_place_out_of_range", Class::Invalid),
            Self::UnknownCountry => ("unknown_country", Class::Invalid),
            Self::UnknownTimezone => ("unknown_timezone", Class::Invalid),
            Self::CutOffMalformed => ("cut_off_malformed", Class::Invalid),
            Self::NoWorkingDay(_) => ("no_working_day", Class::Invalid),
            Self::Closures(_) => ("invalid_closures", Class::Invalid),
        }
    }

    fn pointer(&self) -> Option<String> {
        let field = match self {
            Self::NoWorkingDay(error) | Self::Closures(error) => error.pointer(),
            Self::UnknownLocation { pointer, .. } => pointer,
            Self::TooManyLocations => "/location",
            Self::PlaceMissing | Self::PlaceOutOfRange => "/latitude",
            Self::UnknownCountry => "/country",
            Self::UnknownTimezone => "/timezone",
            Self::CutOffMalformed => "/cutOff",
        };
        Some(field.to_owned())
    }
}
