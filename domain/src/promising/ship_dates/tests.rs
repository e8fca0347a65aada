use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::promising::working_days::Closures;

fn location(timezone: Option<&str>, cut_off: Option<&str>) -> LocationDetails {
    let known = json!({ "latitude": 1.0, "longitude": 2.0, "timezone": timezone, "cutOff": cut_off });
    serde_json::from_value(known).unwrap()
}

/// A location in New York with a cut-off at four, and some more details.
fn new_york(calendar: &serde_json::Value) -> LocationDetails {
    let mut details = serde_json::to_value(location(NEW_YORK, Some("16:00"))).unwrap();
    details.as_object_mut().unwrap().extend(calendar.as_object().unwrap().clone());
    serde_json::from_value(details).unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const NEW_YORK: Option<&str> = Some("America/New_York");
const AUCKLAND: Option<&str> = Some("Pacific/Auckland");

#[test]
fn goods_leave_at_the_next_cut_off() {
    for (timezone, cut_off, decided, ships) in [
        // Without anything: at the end of the day in UTC.
        (None, None, "2026-03-01T12:00:00Z", "2026-03-01T23:59:59.999999Z"),
        (None, Some("16:00"), "2026-03-01T12:00:00Z", "2026-03-01T16:00:00Z"),
        (None, Some("16:00"), "2026-03-01T16:00:00Z", "2026-03-01T16:00:00Z"),
        (None, Some("16:00"), "2026-03-01T16:00:00.000001Z", "2026-03-02T16:00:00Z"),
        // A name that the time zone database does not know.
        (Some("Mars/Olympus"), Some("16:00"), "2026-03-01T12:00:00Z", "2026-03-01T16:00:00Z"),
        // In winter and in summer.
        (NEW_YORK, Some("16:00"), "2026-01-15T20:59:00Z", "2026-01-15T21:00:00Z"),
        (NEW_YORK, Some("16:00"), "2026-07-15T20:01:00Z", "2026-07-16T20:00:00Z"),
        (NEW_YORK, None, "2026-07-16T03:59:00Z", "2026-07-16T03:59:59.999999Z"),
        (NEW_YORK, None, "2026-07-16T04:00:00Z", "2026-07-17T03:59:59.999999Z"),
        // After the cut-off on the eve of the day that the clocks change.
        (NEW_YORK, Some("16:00"), "2026-03-07T21:30:00Z", "2026-03-08T20:00:00Z"),
        (NEW_YORK, Some("16:00"), "2026-10-31T20:30:00Z", "2026-11-01T21:00:00Z"),
        // There is no half past two: it comes an hour later, which is half past three.
        (NEW_YORK, Some("02:30"), "2026-03-08T06:00:00Z", "2026-03-08T07:30:00Z"),
        (NEW_YORK, Some("02:30"), "2026-03-08T07:30:01Z", "2026-03-09T06:30:00Z"),
        // There are two of half past one: the first one counts.
        (NEW_YORK, Some("01:30"), "2026-11-01T05:30:00Z", "2026-11-01T05:30:00Z"),
        (NEW_YORK, Some("01:30"), "2026-11-01T06:00:00Z", "2026-11-02T06:30:00Z"),
        // Midnight comes, the clocks are put back to the day before, and midnight comes again: the first one counts.
        (Some("America/Goose_Bay"), Some("00:00"), "2006-10-29T03:15:00Z", "2006-10-30T04:00:00Z"),
        // A day ahead, clocks forward in September and back in April.
        (AUCKLAND, Some("15:00"), "2026-09-26T02:00:00Z", "2026-09-26T03:00:00Z"),
        (AUCKLAND, Some("15:00"), "2026-09-26T03:30:00Z", "2026-09-27T02:00:00Z"),
        (AUCKLAND, Some("15:00"), "2026-04-04T02:30:00Z", "2026-04-05T03:00:00Z"),
        (AUCKLAND, Some("02:30"), "2026-09-26T13:00:00Z", "2026-09-26T14:30:00Z"),
        (AUCKLAND, Some("02:30"), "2026-04-04T13:31:00Z", "2026-04-05T14:30:00Z"),
        // Over the date line, and on the day that Samoa left out.
        (Some("Pacific/Kiritimati"), Some("12:00"), "2026-03-01T10:00:00Z", "2026-03-01T22:00:00Z"),
        (Some("Pacific/Pago_Pago"), Some("12:00"), "2026-03-01T10:00:00Z", "2026-03-01T23:00:00Z"),
        (Some("Pacific/Apia"), Some("12:00"), "2011-12-30T09:00:00Z", "2011-12-30T22:00:00Z"),
    ] {
        let location = location(timezone, cut_off);
        let earliest = earliest_ship(&location, time(decided), None);
        assert_eq!(earliest, time(ships), "{timezone:?} {cut_off:?} {decided}");
    }
}

#[test]
fn goods_leave_on_working_days_only() {
    let weekdays = json!({ "workingDays": ["monday", "tuesday", "wednesday", "thursday", "friday"] });
    let new_year = json!({ "closures": [{ "from": "2027-12-24", "to": "2028-01-02", "name": "Holidays" }] });
    let saturdays = json!({ "workingDays": ["saturday"], "closures": [{ "from": "2027-12-25" }] });
    for (calendar, decided, not_before, ships) in [
        // An order for Christmas, a Saturday, leaves on Monday 27.
        (&weekdays, "2027-12-01T15:00:00Z", Some("2027-12-25T05:00:00Z"), "2027-12-27T21:00:00Z"),
        (&weekdays, "2027-12-24T21:00:00Z", None, "2027-12-24T21:00:00Z"),
        (&weekdays, "2027-12-24T21:00:01Z", None, "2027-12-27T21:00:00Z"),
        // It is Friday evening in New York and Saturday in UTC, and Sunday evening and Monday.
        (&weekdays, "2027-12-25T04:00:00Z", None, "2027-12-27T21:00:00Z"),
        (&weekdays, "2027-12-27T04:00:00Z", None, "2027-12-27T21:00:00Z"),
        // Over the weekends on which the clocks change.
        (&weekdays, "2026-03-06T22:00:00Z", None, "2026-03-09T20:00:00Z"),
        (&weekdays, "2026-10-30T21:00:00Z", None, "2026-11-02T21:00:00Z"),
        (&new_year, "2027-12-23T21:00:01Z", None, "2028-01-03T21:00:00Z"),
        (&saturdays, "2027-12-18T21:00:01Z", None, "2028-01-01T21:00:00Z"),
    ] {
        let ships_at = earliest_ship(&new_york(calendar), time(decided), not_before.map(time));
        assert_eq!(ships_at, time(ships), "{calendar} {decided} {not_before:?}");
    }
}

#[test]
fn a_working_day_that_the_clocks_skip_is_none() {
    // Samoa had no 30 December 2011, a Friday.
    let known = json!({ "latitude": 1.0, "longitude": 2.0, "timezone": "Pacific/Apia", "cutOff": "12:00",
        "workingDays": ["thursday", "friday"] });
    let location: LocationDetails = serde_json::from_value(known).unwrap();
    let ships = earliest_ship(&location, time("2011-12-30T09:00:00Z"), None);
    assert_eq!(day_at(&location, ships).to_string(), "2012-01-05");
}

#[test]
fn not_before_delays_the_departure() {
    let location = location(NEW_YORK, Some("16:00"));
    let ships = |there: &str| earliest_ship(&location, time("2026-01-15T12:00:00Z"), Some(time(there)));
    assert_eq!(ships("2026-01-20T12:00:00Z"), time("2026-01-20T21:00:00Z"));
    assert_eq!(ships("2026-01-20T22:00:00Z"), time("2026-01-21T21:00:00Z"));
    assert_eq!(ships("2026-01-01T00:00:00Z"), time("2026-01-15T21:00:00Z"), "they are there already");
}

#[test]
fn goods_arrive_at_the_end_of_a_local_day() {
    let table: TransitTable = serde_json::from_value(json!([
        { "country": "US", "days": 2 }, { "country": "US", "serviceLevel": "same_day", "days": 0 }
    ]))
    .unwrap();
    let id = LocationId::new("DC-1").unwrap();
    let arrives = |timezone, ship: &str, country, service_level| {
        let route = Route { country: Some(country), region: None, service_level };
        earliest_delivery(time(ship), (&id, &location(timezone, Some("16:00"))), &route, &table)
    };
    for (timezone, ship, service_level, expected) in [
        (None, "2026-03-01T16:00:00Z", None, "2026-03-03T23:59:59.999999Z"),
        (NEW_YORK, "2026-03-07T21:00:00Z", None, "2026-03-10T03:59:59.999999Z"),
        (NEW_YORK, "2026-10-31T20:00:00Z", None, "2026-11-03T04:59:59.999999Z"),
        (NEW_YORK, "2026-10-31T20:00:00Z", Some("same_day"), "2026-11-01T03:59:59.999999Z"),
        (AUCKLAND, "2026-09-26T03:00:00Z", None, "2026-09-28T10:59:59.999999Z"),
        (AUCKLAND, "2026-04-04T02:00:00Z", None, "2026-04-06T11:59:59.999999Z"),
    ] {
        assert_eq!(arrives(timezone, ship, "US", service_level), Some(time(expected)), "{timezone:?} {ship}");
    }
    assert_eq!(arrives(None, "2026-03-01T16:00:00Z", "FR", None), None);
}

#[test]
fn transit_counts_the_carriers_working_days() {
    let table: TransitTable = serde_json::from_value(json!([
        { "days": 2 },
        { "serviceLevel": "ground", "days": 2, "closures": [{ "from": "2027-12-27", "name": "Christmas, in lieu" }],
          "workingDays": ["monday", "tuesday", "wednesday", "thursday", "friday"] },
        { "serviceLevel": "same_day", "days": 0,
          "workingDays": ["monday", "tuesday", "wednesday", "thursday", "friday"] }
    ]))
    .unwrap();
    let id = LocationId::new("DC-1").unwrap();
    for (service_level, ship, expected) in [
        (None, "2027-12-24T21:00:00Z", "2027-12-27T04:59:59.999999Z"),
        (Some("ground"), "2027-12-22T21:00:00Z", "2027-12-25T04:59:59.999999Z"),
        (Some("ground"), "2027-12-23T21:00:00Z", "2027-12-29T04:59:59.999999Z"),
        (Some("ground"), "2027-12-25T21:00:00Z", "2027-12-30T04:59:59.999999Z"),
        (Some("same_day"), "2027-12-24T21:00:00Z", "2027-12-25T04:59:59.999999Z"),
        (Some("same_day"), "2027-12-25T21:00:00Z", "2027-12-28T04:59:59.999999Z"),
    ] {
        let route = Route { service_level, ..Route::default() };
        let location = location(NEW_YORK, Some("16:00"));
        let arrives = earliest_delivery(time(ship), (&id, &location), &route, &table);
        assert_eq!(arrives, Some(time(expected)), "{service_level:?} {ship}");
    }
}

fn any_location() -> impl Strategy<Value = LocationDetails> {
    let zones = vec![
        None,
        NEW_YORK,
        AUCKLAND,
        Some("Pacific/Apia"),
        Some("Pacific/Kiritimati"),
        Some("America/Sao_Paulo"),
        Some("America/Goose_Bay"),
        Some("America/Havana"),
        Some("Australia/Lord_Howe"),
        Some("Africa/Casablanca"),
    ];
    let cut_off = (0..24_u8, 0..60_u8).prop_map(|(hour, minute)| format!("{hour:02}:{minute:02}"));
    (prop::sample::select(zones), prop::option::of(cut_off))
        .prop_map(|(timezone, cut_off)| location(timezone, cut_off.as_deref()))
}

/// Seconds from 1990 to 2040.
const SECONDS: std::ops::Range<i64> = 631_152_000..2_208_988_800;

/// A location that works on some days of the week and has a closure.
fn any_location_with_working_days() -> impl Strategy<Value = LocationDetails> {
    let names = vec!["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let from = (1990..2040_u32, 1..13_u32).prop_map(|(year, month)| format!("{year}-{month:02}-20"));
    (any_location(), prop::sample::subsequence(names, 1..=7), from, 0..40_u32).prop_map(
        |(location, weekdays, from, days)| {
            let from: Day = from.parse().unwrap();
            let closures = json!([{ "from": from, "to": from.plus(days) }]);
            let working_days = serde_json::from_value(json!(weekdays)).unwrap();
            let closures = serde_json::from_value(closures).unwrap();
            LocationDetails { working_days: Some(working_days), closures, ..location }
        },
    )
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    SECONDS.prop_map(|second| Timestamp::from_microseconds(second * 1_000_000))
}

fn later(time: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_microseconds(time.microseconds() + seconds * 1_000_000)
}

proptest! {
    #[test]
    fn goods_leave_after_the_decision_and_within_days(at in any_location(), decided in any_time()) {
        let ships = earliest_ship(&at, decided, None);
        prop_assert!(ships >= decided);
        prop_assert!(day_at(&at, ships) >= day_at(&at, decided));
        // Two days of at most 25 hours, and one more where a day is left out.
        prop_assert!(ships <= later(decided, 74 * 3_600));
    }

    #[test]
    fn goods_leave_on_a_working_day_after_the_decision(
        at in any_location_with_working_days(), decided in any_time()
    ) {
        let ships = earliest_ship(&at, decided, None);
        let every_day = LocationDetails { working_days: None, closures: Closures::default(), ..at.clone() };
        prop_assert!(ships >= earliest_ship(&every_day, decided, None));
        prop_assert!(at.calendar().includes(day_at(&at, ships)), "{ships} is on a closed day");
        prop_assert_eq!(earliest_ship(&at, ships, None), ships);
    }

    #[test]
    fn later_decisions_ship_no_earlier(
        at in any_location(), decided in any_time(), waits in 0..200_000_i64
    ) {
        let ships = |time| earliest_ship(&at, time, None);
        prop_assert!(ships(later(decided, waits)) >= ships(decided));
    }

    #[test]
    fn the_earliest_departure_is_stable(at in any_location(), decided in any_time()) {
        let ships = earliest_ship(&at, decided, None);
        prop_assert_eq!(earliest_ship(&at, ships, None), ships);
        prop_assert_eq!(earliest_ship(&at, decided, Some(ships)), ships);
    }

    #[test]
    fn not_before_takes_the_decisions_place(
        at in any_location(), decided in any_time(), there in any_time()
    ) {
        let ships = earliest_ship(&at, decided, Some(there));
        prop_assert_eq!(ships, earliest_ship(&at, decided.max(there), None));
        prop_assert!(ships >= decided && ships >= there);
    }

    #[test]
    fn goods_arrive_after_they_leave_and_later_with_every_day(
        at in any_location(), ships in any_time(), days in 0..365_u32
    ) {
        let id = LocationId::new("DC-1").unwrap();
        let arrives = |days: u32| {
            let table = serde_json::from_value(json!([{ "days": days }])).unwrap();
            earliest_delivery(ships, (&id, &at), &Route::default(), &table).unwrap()
        };
        prop_assert!(arrives(0) >= ships);
        prop_assert!(arrives(days + 1) >= arrives(days));
        prop_assert!(day_at(&at, arrives(days)) >= day_at(&at, ships));
    }
}
