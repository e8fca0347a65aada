//! How many days goods are on their way, by origin, destination and service level.

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::working_days::{Closures, Weekday, WorkingDays, WorkingDaysError};
use crate::geography;
use crate::values::{LocationId, Text};

/// One row of a merchant's table of transit times. It applies to every value of the fields that are absent.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TransitRow {
    /// Only from this location.
    pub from: Option<LocationId>,
    /// Only to this country, an ISO 3166 alpha-2 code.
    pub country: Option<Text<2>>,
    /// Only to this region of the country, in the spelling of the orders.
    pub region: Option<Text<100>>,
    /// Only with this service level.
    pub service_level: Option<Text<64>>,
    /// The carrier's working days from departure to arrival, 0 to 365.
    pub days: u32,
    /// The days of the week on which the carrier delivers; at least one. Default: all of them.
    #[serde(default)]
    pub working_days: Option<BTreeSet<Weekday>>,
    /// Days on which the carrier does not deliver, at most 366 entries. Default: none.
    #[serde(default, skip_serializing_if = "Closures::is_empty")]
    pub closures: Closures,
}

/// The destination and the service level of an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Route<'a> {
    /// The ISO 3166 alpha-2 code of the country, if known.
    pub country: Option<&'a str>,
    /// The region of the country, if known.
    pub region: Option<&'a str>,
    /// The service level, if the order names one.
    pub service_level: Option<&'a str>,
}

/// A merchant's table of transit times.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct TransitTable(Arc<Vec<TransitRow>>);

/// Why a table is invalid, with the index of the row where it is about one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TransitError {
    /// More rows than a table may have.
    #[error("a transit table has at most {} rows", TransitTable::LIMIT)]
    TooManyRows,
    /// More days than a row may have.
    #[error("days must be 0 to {}", TransitTable::MAX_DAYS)]
    Days(usize),
    /// Not a country code.
    #[error("country must be an ISO 3166 alpha-2 code in capital letters")]
    Country(usize),
    /// A region without a country.
    #[error("region needs country")]
    RegionAlone(usize),
    /// Two rows with the same conditions.
    #[error("an earlier row has the same conditions")]
    Twice(usize),
    /// The carrier's working days or closures are not a calendar.
    #[error("{1}")]
    WorkingDays(usize, WorkingDaysError),
}

impl TransitError {
    /// The index of the row, from 0; nothing if the whole table is invalid.
    pub const fn row(self) -> Option<usize> {
        match self {
            Self::TooManyRows => None,
            Self::Days(row)
            | Self::Country(row)
            | Self::RegionAlone(row)
            | Self::Twice(row)
            | Self::WorkingDays(row, _) => Some(row),
        }
    }
}

impl TransitTable {
    /// The most rows of a table.
    pub const LIMIT: usize = 1_000;
    /// The most days of a row.
    pub const MAX_DAYS: u32 = 365;

    /// A table of rows that are not checked yet.
    pub fn new(rows: Vec<TransitRow>) -> Self {
        Self(Arc::new(rows))
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rows, in the order in which they were given.
    pub fn rows(&self) -> &[TransitRow] {
        &self.0
    }

    /// Refuses an invalid table.
    pub(crate) fn check(&self) -> Result<(), TransitError> {
        if self.0.len() > Self::LIMIT {
            return Err(TransitError::TooManyRows);
        }
        let mut known = BTreeSet::new();
        for (index, row) in self.0.iter().enumerate() {
            if row.days > Self::MAX_DAYS {
                return Err(TransitError::Days(index));
            }
            if row.country.as_ref().is_some_and(|code| !geography::is_country(code.as_str())) {
                return Err(TransitError::Country(index));
            }
            if row.region.is_some() && row.country.is_none() {
                return Err(TransitError::RegionAlone(index));
            }
            if !known.insert((&row.from, &row.country, &row.region, &row.service_level)) {
                return Err(TransitError::Twice(index));
            }
            row.calendar().check().map_err(|error| TransitError::WorkingDays(index, error))?;
        }
        Ok(())
    }

    /// The row for goods that leave a location; nothing if no row fits.
    ///
    /// The most specific row that fits applies: one with a service level before one without, then a row with a region,
    /// with a country, with a location. No two rows have the same conditions, so there is exactly one.
    pub fn row(&self, from: &LocationId, route: &Route<'_>) -> Option<&TransitRow> {
        let fitting = self.0.iter().filter(|row| row.fits(from, route));
        fitting.max_by_key(|row| row.specificity())
    }
}

impl TransitRow {
    /// The days on which the carrier delivers.
    pub fn calendar(&self) -> WorkingDays {
        WorkingDays { weekdays: self.working_days.clone(), closures: self.closures.clone() }
    }

    fn fits(&self, from: &LocationId, route: &Route<'_>) -> bool {
        let is = |condition: Option<&str>, value: Option<&str>| condition.is_none() || condition == value;
        self.from.as_ref().is_none_or(|location| location == from)
            && is(self.country.as_ref().map(Text::as_str), route.country)
            && is(self.region.as_ref().map(Text::as_str), route.region)
            && is(self.service_level.as_ref().map(Text::as_str), route.service_level)
    }

    fn specificity(&self) -> [bool; 4] {
        [self.service_level.is_some(), self.region.is_some(), self.country.is_some(), self.from.is_some()]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn table(rows: serde_json::Value) -> TransitTable {
        serde_json::from_value(rows).unwrap()
    }

    fn days(table: &TransitTable, from: &str, to: [Option<&str>; 3]) -> Option<u32> {
        let [country, region, service_level] = to;
        let row = table.row(&LocationId::new(from).unwrap(), &Route { country, region, service_level });
        row.map(|row| row.days)
    }

    #[test]
    fn the_most_specific_row_applies() {
        let table = table(json!([
            { "days": 9 },
            { "from": "DC-1", "days": 8 },
            { "country": "US", "days": 5 },
            { "country": "US", "from": "DC-1", "days": 4 },
            { "country": "US", "region": "HI", "days": 7 },
            { "country": "US", "region": "CA", "from": "DC-1", "days": 1 },
            { "serviceLevel": "express", "days": 2 },
            { "serviceLevel": "express", "country": "US", "region": "HI", "days": 3 }
        ]));
        let (us, express) = (Some("US"), Some("express"));
        for (from, to, expected) in [
            ("DC-2", [None, None, None], 9),
            ("DC-1", [Some("FR"), None, None], 8),
            ("DC-2", [us, None, None], 5),
            ("DC-1", [us, Some("NY"), None], 4),
            ("DC-1", [us, Some("HI"), None], 7),
            ("DC-1", [us, Some("CA"), None], 1),
            ("DC-2", [us, Some("CA"), None], 5),
            ("DC-1", [us, Some("CA"), express], 2),
            ("DC-1", [us, Some("HI"), express], 3),
            ("DC-1", [us, Some("HI"), Some("standard")], 7),
        ] {
            assert_eq!(days(&table, from, to), Some(expected), "{from} {to:?}");
        }
    }

    #[test]
    fn without_a_fitting_row_the_transit_time_is_unknown() {
        let table = table(json!([{ "country": "US", "days": 5 }]));
        assert_eq!(days(&table, "DC-1", [Some("CA"), None, None]), None);
        assert_eq!(days(&table, "DC-1", [None, None, None]), None);
        assert_eq!(days(&TransitTable::default(), "DC-1", [Some("US"), None, None]), None);
    }

    #[test]
    fn a_table_with_an_invalid_row_is_refused() {
        let checked = |rows| table(rows).check();
        let good = json!({ "country": "US", "region": "CA", "days": 365 });
        assert_eq!(checked(json!([good])), Ok(()));
        assert_eq!(checked(json!([])), Ok(()));
        for (bad, expected) in [
            (json!({ "days": 366 }), TransitError::Days(1)),
            (json!({ "country": "us", "days": 1 }), TransitError::Country(1)),
            (json!({ "region": "CA", "days": 1 }), TransitError::RegionAlone(1)),
            (json!({ "country": "US", "region": "CA", "days": 2 }), TransitError::Twice(1)),
            (
                json!({ "days": 1, "workingDays": [] }),
                TransitError::WorkingDays(1, WorkingDaysError::NoWeekday),
            ),
        ] {
            assert_eq!(checked(json!([good, bad])), Err(expected));
        }
        let rows = |count: usize| {
            let row = |number: usize| json!({ "from": format!("DC-{number}"), "days": 1 });
            json!((0..count).map(row).collect::<Vec<_>>())
        };
        assert_eq!(checked(rows(1_000)), Ok(()));
        assert_eq!(checked(rows(1_001)), Err(TransitError::TooManyRows));
    }
}
