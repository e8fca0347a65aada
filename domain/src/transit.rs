//! How many days goods are on their way, by where they come from, where they go and how.

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::geography;
use crate::values::{LocationId, Text};

/// One row of a merchant's table of transit times. What it does not say, it says of all.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TransitRow {
    /// From this location only.
    pub from: Option<LocationId>,
    /// To this country only, by ISO 3166 alpha-2.
    pub country: Option<Text<2>>,
    /// To this region of the country only, as orders spell it.
    pub region: Option<Text<100>>,
    /// With this service level only.
    pub service_level: Option<Text<64>>,
    /// How many days it takes, 0 to 365.
    pub days: u32,
}

/// Where goods go, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Route<'a> {
    /// To which country, where that is known.
    pub country: Option<&'a str>,
    /// To which of its regions, where that is known.
    pub region: Option<&'a str>,
    /// With which service level, where the order says.
    pub service_level: Option<&'a str>,
}

/// A merchant's table of transit times.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct TransitTable(Arc<Vec<TransitRow>>);

/// What is wrong with a table, and in which row where it is about one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TransitError {
    /// More rows than a table may have.
    #[error("it has more than {} rows", TransitTable::LIMIT)]
    TooManyRows,
    /// More days than goods may be on their way.
    #[error("goods are on their way for 0 to {} days", TransitTable::MOST_DAYS)]
    Days(usize),
    /// No country has such a code.
    #[error("the country must be one of ISO 3166, written as two capital letters")]
    Country(usize),
    /// A region means nothing without its country.
    #[error("a region needs its country")]
    RegionAlone(usize),
    /// Two rows about the same.
    #[error("an earlier row is about the same")]
    Twice(usize),
}

impl TransitError {
    /// Which row it is about, counted from 0; nothing where it is about the table.
    pub const fn row(self) -> Option<usize> {
        match self {
            Self::TooManyRows => None,
            Self::Days(row) | Self::Country(row) | Self::RegionAlone(row) | Self::Twice(row) => Some(row),
        }
    }
}

impl TransitTable {
    /// The most rows of a table.
    pub const LIMIT: usize = 1_000;
    /// The most days that goods may be on their way.
    pub const MOST_DAYS: u32 = 365;

    /// Takes rows as they are, in the order given.
    pub fn new(rows: Vec<TransitRow>) -> Self {
        Self(Arc::new(rows))
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rows as they were given.
    pub fn rows(&self) -> &[TransitRow] {
        &self.0
    }

    /// What is wrong with it, if anything.
    pub(crate) fn check(&self) -> Result<(), TransitError> {
        if self.0.len() > Self::LIMIT {
            return Err(TransitError::TooManyRows);
        }
        let mut known = BTreeSet::new();
        for (index, row) in self.0.iter().enumerate() {
            if row.days > Self::MOST_DAYS {
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
        }
        Ok(())
    }

    /// How many days goods are on their way from a location; nothing where no row fits.
    ///
    /// Of the rows that fit, the most specific one counts: first one that names the service level, then one that names
    /// the region, then the country, then the location that they come from. No two rows are about the same, so there
    /// is never more than one.
    pub fn days(&self, from: &LocationId, route: &Route<'_>) -> Option<u32> {
        let fitting = self.0.iter().filter(|row| row.fits(from, route));
        fitting.max_by_key(|row| row.specificity()).map(|row| row.days)
    }
}

impl TransitRow {
    fn fits(&self, from: &LocationId, route: &Route<'_>) -> bool {
        let is = |said: Option<&str>, asked: Option<&str>| said.is_none() || said == asked;
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
        table.days(&LocationId::new(from).unwrap(), &Route { country, region, service_level })
    }

    #[test]
    fn the_most_specific_row_counts() {
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
    fn where_no_row_fits_nothing_is_said() {
        let table = table(json!([{ "country": "US", "days": 5 }]));
        assert_eq!(days(&table, "DC-1", [Some("CA"), None, None]), None);
        assert_eq!(days(&table, "DC-1", [None, None, None]), None);
        assert_eq!(days(&TransitTable::default(), "DC-1", [Some("US"), None, None]), None);
    }

    #[test]
    fn a_table_is_refused_for_a_row_that_means_nothing() {
        let checked = |rows| table(rows).check();
        let good = json!({ "country": "US", "region": "CA", "days": 365 });
        assert_eq!(checked(json!([good])), Ok(()));
        assert_eq!(checked(json!([])), Ok(()));
        for (bad, expected) in [
            (json!({ "days": 366 }), TransitError::Days(1)),
            (json!({ "country": "us", "days": 1 }), TransitError::Country(1)),
            (json!({ "region": "CA", "days": 1 }), TransitError::RegionAlone(1)),
            (json!({ "country": "US", "region": "CA", "days": 2 }), TransitError::Twice(1)),
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
