//! Where a place is about, told from its country and postal code, for orders that come without coordinates.
//!
//! Coarse on purpose: it is to tell the near warehouse from the far one. What comes out of it goes through
//! [`distance::between`](crate::distance::between) and is rounded to whole kilometres there.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::distance::Coordinates;

/// What a place was told from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// The beginning of the postal code.
    PostalCode,
    /// The country alone.
    Country,
}

/// The middle of every country.
static COUNTRIES: LazyLock<BTreeMap<&str, Coordinates>> =
    LazyLock::new(|| lines(include_str!("../data/countries.tsv")).collect());

/// The middle of what a postal code begins with, by country.
static POSTAL_CODES: LazyLock<BTreeMap<&str, BTreeMap<&str, Coordinates>>> = LazyLock::new(|| {
    let by_country = [
        ("CA", include_str!("../data/postal-codes-ca.tsv")),
        ("DE", include_str!("../data/postal-codes-de.tsv")),
        ("US", include_str!("../data/postal-codes-us.tsv")),
    ];
    by_country.into_iter().map(|(country, table)| (country, lines(table).collect())).collect()
});

/// Whether it is a country's code by ISO 3166 alpha-2, in capital letters.
pub fn is_country(code: &str) -> bool {
    COUNTRIES.contains_key(code)
}

/// Where a place is about: by the beginning of its postal code where that is known, else by its country.
pub fn place_of(country: &str, postal_code: Option<&str>) -> Option<(Coordinates, Basis)> {
    let near = POSTAL_CODES.get(country).zip(postal_code).and_then(|(table, code)| longest(table, code));
    let known = near.map(|place| (place, Basis::PostalCode));
    known.or_else(|| COUNTRIES.get(country).map(|&place| (place, Basis::Country)))
}

/// The place of the longest beginning of a postal code that the table has.
fn longest(table: &BTreeMap<&str, Coordinates>, code: &str) -> Option<Coordinates> {
    let plain = code.trim().to_ascii_uppercase();
    (1..=3).rev().find_map(|length| table.get(plain.get(..length)?).copied())
}

/// The lines of a table: what is placed, degrees north, degrees east.
fn lines(table: &'static str) -> impl Iterator<Item = (&'static str, Coordinates)> {
    table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (name, place) = line.split_once('\t')?;
        let (latitude, longitude) = place.split_once('\t')?;
        Some((name, Coordinates { latitude: latitude.parse().ok()?, longitude: longitude.parse().ok()? }))
    })
}

#[cfg(test)]
mod tests;
