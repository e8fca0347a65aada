//! Approximate coordinates by country and postal code, for orders without coordinates.
//!
//! They are coarse: enough to prefer the near warehouse to the far one.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::distance::Coordinates;

/// How approximate coordinates were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// By the first characters of the postal code.
    PostalCode,
    /// By the country alone.
    Country,
}

/// The centre of every country.
static COUNTRIES: LazyLock<BTreeMap<&str, Coordinates>> =
    LazyLock::new(|| lines(include_str!("../data/countries.tsv")).collect());

/// The centre of every postal code prefix, by country.
static POSTAL_CODES: LazyLock<BTreeMap<&str, BTreeMap<&str, Coordinates>>> = LazyLock::new(|| {
    let by_country = [
        ("CA", include_str!("../data/postal-codes-ca.tsv")),
        ("DE", include_str!("../data/postal-codes-de.tsv")),
        ("US", include_str!("../data/postal-codes-us.tsv")),
    ];
    by_country.into_iter().map(|(country, table)| (country, lines(table).collect())).collect()
});

/// Whether the text is an ISO 3166 alpha-2 country code in capital letters.
pub fn is_country(code: &str) -> bool {
    COUNTRIES.contains_key(code)
}

/// The approximate coordinates of a postal code, or else of a country; nothing for an unknown country.
pub fn place_of(country: &str, postal_code: Option<&str>) -> Option<(Coordinates, Basis)> {
    let near = POSTAL_CODES.get(country).zip(postal_code).and_then(|(table, code)| longest(table, code));
    let known = near.map(|place| (place, Basis::PostalCode));
    known.or_else(|| COUNTRIES.get(country).map(|&place| (place, Basis::Country)))
}

/// The coordinates of the longest prefix of a postal code in a table, at most three characters.
fn longest(table: &BTreeMap<&str, Coordinates>, code: &str) -> Option<Coordinates> {
    let plain = code.trim().to_ascii_uppercase();
    (1..=3).rev().find_map(|length| table.get(plain.get(..length)?).copied())
}

/// The rows of a table: name, degrees north, degrees east.
fn lines(table: &'static str) -> impl Iterator<Item = (&'static str, Coordinates)> {
    table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (name, coordinates) = line.split_once('\t')?;
        let (latitude, longitude) = coordinates.split_once('\t')?;
        Some((name, Coordinates { latitude: latitude.parse().ok()?, longitude: longitude.parse().ok()? }))
    })
}

#[cfg(test)]
mod tests;
