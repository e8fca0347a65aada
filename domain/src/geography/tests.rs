use super::*;
use crate::distance::between;

const TABLES: [(&str, &str, usize); 4] = [
    ("countries", include_str!("../../data/countries.tsv"), 249),
    ("postal codes of CA", include_str!("../../data/postal-codes-ca.tsv"), 18),
    ("postal codes of DE", include_str!("../../data/postal-codes-de.tsv"), 10),
    ("postal codes of US", include_str!("../../data/postal-codes-us.tsv"), 896),
];

fn kilometres(country: &str, postal_code: Option<&str>, latitude: f64, longitude: f64) -> u32 {
    let (place, _) = place_of(country, postal_code).unwrap();
    between(place, Coordinates { latitude, longitude }).0
}

fn basis(country: &str, postal_code: Option<&str>) -> Option<Basis> {
    place_of(country, postal_code).map(|(_, basis)| basis)
}

#[test]
fn every_row_of_every_table_is_valid_and_sorted() {
    for (name, table, count) in TABLES {
        let written = table.lines().filter(|line| !line.starts_with('#')).count();
        let read: Vec<_> = lines(table).collect();
        assert_eq!((read.len(), written), (count, count), "{name}");
        assert!(read.is_sorted_by(|(one, _), (next, _)| one < next), "{name}: sorted, each once");
        for (code, place) in read {
            assert!((-90.0..=90.0).contains(&place.latitude), "{name} {code}");
            assert!((-180.0..=180.0).contains(&place.longitude), "{name} {code}");
        }
    }
}

#[test]
fn every_country_code_is_two_capital_letters() {
    let letters = |code: &str| code.len() == 2 && code.bytes().all(|letter| letter.is_ascii_uppercase());
    assert!(COUNTRIES.keys().copied().all(letters));
    assert!(POSTAL_CODES.keys().copied().all(is_country));
    assert!(!is_country("us") && !is_country("XX") && !is_country("UK") && !is_country(""));
}

#[test]
fn countries_have_approximate_coordinates() {
    for (country, capital, within) in [
        ("AT", (48.2, 16.4), 250),
        ("AU", (-35.3, 149.1), 2_000),
        ("BR", (-15.8, -47.9), 1_100),
        ("CN", (39.9, 116.4), 1_200),
        ("DE", (52.5, 13.4), 400),
        ("FJ", (-18.1, 178.4), 100),
        ("GB", (51.5, -0.1), 350),
        ("IN", (28.6, 77.2), 1_000),
        ("JP", (35.7, 139.7), 200),
        ("NZ", (-41.3, 174.8), 100),
        ("SG", (1.3, 103.8), 50),
        ("US", (38.9, -77.0), 1_800),
        ("WS", (-13.8, -171.8), 100),
        ("ZA", (-25.7, 28.2), 600),
    ] {
        let away = kilometres(country, None, capital.0, capital.1);
        assert!(away <= within, "{country} is {away} kilometres from its capital");
    }
}

#[test]
fn postal_codes_have_approximate_coordinates() {
    for (country, code, city) in [
        ("US", "10001", (40.7, -74.0)),
        ("US", "60601", (41.9, -87.6)),
        ("US", "90210", (34.1, -118.4)),
        ("US", "00901", (18.5, -66.1)),
        ("US", "98101-1234", (47.6, -122.3)),
        ("CA", "m5v 2t6", (43.7, -79.4)),
        ("CA", "V6B 1A1", (49.3, -123.1)),
        ("DE", "20095", (53.6, 10.0)),
        ("DE", " 80331 ", (48.1, 11.6)),
    ] {
        let away = kilometres(country, Some(code), city.0, city.1);
        assert!(away <= 60, "{country} {code} is {away} kilometres from there");
        assert_eq!(basis(country, Some(code)), Some(Basis::PostalCode));
    }
}

#[test]
fn an_unknown_postal_code_falls_back_to_the_country() {
    for code in [None, Some(""), Some("ABC"), Some("09012"), Some("1"), Some("ß1")] {
        assert_eq!(basis("US", code), Some(Basis::Country), "{code:?}");
    }
    assert_eq!(basis("FR", Some("75001")), Some(Basis::Country));
    assert_eq!(basis("XX", Some("10001")), None);
}
