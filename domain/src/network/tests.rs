//! The decisions about a network.

use cqrs_es::Aggregate;

use super::*;
use crate::distance::Coordinates;
use crate::values::LocationId;
use crate::{Class, Decide, Refusal};

fn register(json: &str) -> NetworkCommand {
    NetworkCommand::RegisterLocation(serde_json::from_str(json).unwrap())
}

fn pause() -> NetworkCommand {
    NetworkCommand::PauseLocation(serde_json::from_str(r#"{"location":"DC-1","reason":"flood"}"#).unwrap())
}

fn resume() -> NetworkCommand {
    NetworkCommand::ResumeLocation(serde_json::from_str(r#"{"location":"DC-1"}"#).unwrap())
}

fn given(commands: &[NetworkCommand]) -> Network {
    let mut network = Network::default();
    for command in commands {
        for event in network.decide(command).unwrap() {
            network.apply(event);
        }
    }
    network
}

fn one() -> NetworkCommand {
    register(r#"{"location":"DC-1","latitude":40.0,"longitude":-80.0,"rank":3}"#)
}

#[test]
fn registering_a_known_location_changes_its_details() {
    let network = given(&[one()]);
    let moved = network.decide(&register(r#"{"location":"DC-1","latitude":41.0}"#)).unwrap();
    assert!(matches!(&moved[..], [NetworkEvent::LocationChanged(c)] if c.details.rank == 3));
    assert_eq!(network.decide(&one()), Ok(vec![]));
}

/// A location with some members of a JSON object.
fn with_calendar(members: &str) -> NetworkCommand {
    register(&format!(r#"{{"location":"DC-1","latitude":40.0,"longitude":-80.0,"rank":3,{members}}}"#))
}

fn closed_until(day: &str) -> String {
    format!(r#""closures":[{{"from":"2028-01-01","to":"{day}"}}]"#)
}

#[test]
fn working_days_and_closures_stay_until_they_are_replaced_or_cleared() {
    let christmas =
        r#""workingDays":["friday","monday"],"closures":[{"from":"2027-12-27"},{"from":"2027-12-24"}]"#;
    let network = given(&[with_calendar(christmas), register(r#"{"location":"DC-1","rank":4}"#)]);
    let details = |network: &Network| {
        serde_json::to_value(&network.locations[&LocationId::new("DC-1").unwrap()].details).unwrap()
    };
    assert_eq!(details(&network)["workingDays"], serde_json::json!(["monday", "friday"]));
    assert_eq!(details(&network)["closures"][0]["from"], "2027-12-24");
    let again =
        r#""workingDays":["monday","friday"],"closures":[{"from":"2027-12-24"},{"from":"2027-12-27"}]"#;
    let known = given(&[with_calendar(christmas)]);
    assert_eq!(known.decide(&with_calendar(again)), Ok(vec![]), "the order has no meaning");
    let cleared = register(r#"{"location":"DC-1","workingDays":null,"closures":null,"rank":3}"#);
    assert_eq!(given(&[with_calendar(christmas), cleared]), given(&[one()]));
}

#[test]
fn closures_that_leave_no_stored_weekday_are_refused() {
    let fridays: Vec<String> = (0..53_u32)
        .map(|week| "2028-01-07".parse::<crate::values::Day>().unwrap().plus(7 * week))
        .map(|friday| format!(r#"{{"from":"{friday}"}}"#))
        .collect();
    let closures = register(&format!(r#"{{"location":"DC-1","closures":[{}]}}"#, fridays.join(",")));
    let open = given(&[one()]);
    assert!(open.decide(&closures).is_ok());
    let fridays_only = given(&[with_calendar(r#""workingDays":["friday"]"#)]);
    assert_eq!(fridays_only.decide(&closures).unwrap_err().code(), "no_working_day");
}

#[test]
fn each_refusal_has_a_code_and_a_pointer() {
    let place = |latitude: f64, longitude: f64| {
        register(&format!(r#"{{"location":"DC-1","latitude":{latitude},"longitude":{longitude}}}"#))
    };
    let half = register(r#"{"location":"DC-1","longitude":1.0}"#);
    let with = |field: &str, value: &str| {
        register(&format!(r#"{{"location":"DC-1","latitude":1.0,"longitude":1.0,"{field}":"{value}"}}"#))
    };
    for (command, code, pointer) in [
        (pause(), "unknown_location", "/location"),
        (resume(), "unknown_location", "/location"),
        (half, "location_place_missing", "/latitude"),
        (place(0.0, 180.5), "location_place_out_of_range", "/latitude"),
        (place(-90.5, 0.0), "location_place_out_of_range", "/latitude"),
        (with("country", "UK"), "unknown_country", "/country"),
        (with("country", "us"), "unknown_country", "/country"),
        (with("timezone", "America/Newark"), "unknown_timezone", "/timezone"),
        (with("timezone", "America/new_york"), "unknown_timezone", "/timezone"),
        (with("cutOff", "25:00"), "cut_off_malformed", "/cutOff"),
        (with_calendar(r#""workingDays":[]"#), "no_working_day", "/workingDays"),
        (with_calendar(&closed_until("2028-12-31")), "no_working_day", "/closures"),
        (with_calendar(&closed_until("2027-12-31")), "invalid_closures", "/closures"),
    ] {
        let refusal = Network::default().decide(&command).unwrap_err();
        assert_eq!((refusal.code(), refusal.pointer().as_deref()), (code, Some(pointer)));
        assert_eq!(refusal.class(), Class::Invalid);
    }
    let elsewhere = LocationId::new("DC-9").unwrap();
    let refusal = given(&[one()]).location(&elsewhere, "/delivery/location").unwrap_err();
    assert_eq!(refusal.pointer().as_deref(), Some("/delivery/location"));
}

#[test]
fn a_full_network_refuses_new_locations_and_accepts_changes() {
    let name = |number: usize| LocationId::new(&format!("L-{number}")).unwrap();
    let at = |location| NetworkCommand::RegisterLocation(RegisterLocation::new(location, 1.0, 2.0));
    let full = given(&(0..refusals::MAX_LOCATIONS).map(|number| at(name(number))).collect::<Vec<_>>());
    assert_eq!(full.decide(&at(name(refusals::MAX_LOCATIONS))), Err(NetworkRefusal::TooManyLocations));
    assert_eq!(full.decide(&at(name(0))), Ok(vec![]));
}

#[test]
fn a_paused_location_that_is_changed_stays_paused() {
    let moved = register(r#"{"location":"DC-1","latitude":41.0}"#);
    let network = given(&[one(), pause(), moved]);
    let location = &network.locations[&LocationId::new("DC-1").unwrap()];
    assert!(location.paused.is_some());
    assert_eq!(location.coordinates(), Coordinates { latitude: 41.0, longitude: -80.0 });
}

#[test]
fn a_cut_off_is_a_time_of_day() {
    for (cut_off, taken) in [("16:30", true), ("24:00", false), ("9:00", false), ("ab:cd", false)] {
        let json = format!(r#"{{"location":"DC-1","latitude":1.0,"longitude":1.0,"cutOff":"{cut_off}"}}"#);
        assert_eq!(Network::default().decide(&register(&json)).is_ok(), taken, "{cut_off}");
    }
}

#[test]
fn pausing_or_resuming_twice_has_no_effect() {
    let paused = given(&[one(), pause()]);
    assert!(paused.locations[&LocationId::new("DC-1").unwrap()].paused.is_some());
    assert_eq!(paused.decide(&pause()), Ok(vec![]));
    let resumed = given(&[one(), pause(), resume()]);
    assert_eq!(resumed, given(&[one()]));
    assert_eq!(resumed.decide(&resume()), Ok(vec![]));
}

#[test]
fn details_that_are_not_given_stay() {
    let json = r#"{"location":"DC-1","latitude":40.7,"longitude":-74.2,"country":"US","postalCode":"07102",
        "timezone":"America/New_York","cutOff":"16:30","dailyCapacity":400}"#;
    let network = given(&[register(json), register(r#"{"location":"DC-1","rank":2}"#)]);
    let details = &network.locations[&LocationId::new("DC-1").unwrap()].details;
    let known = serde_json::to_value(details).unwrap();
    assert_eq!(known["country"], "US");
    assert_eq!(known["postalCode"], "07102");
    assert_eq!(known["timezone"], "America/New_York");
    assert_eq!(known["rank"], 2);
    assert_eq!(network.decide(&register(json)), Ok(vec![]));
}

#[test]
fn an_event_without_country_and_with_an_invalid_time_zone_stays_readable() {
    let payload =
        r#"{"location":"DC-1","details":{"latitude":40.5,"longitude":-80.25,"timezone":"Mars","rank":3}}"#;
    let event = NetworkEvent::decode("LocationRegistered", 1, payload.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(event.payload().unwrap()).unwrap(), payload);
    let mut network = Network::default();
    network.apply(event);
    // A stored time zone that is not valid today does not prevent another change.
    assert!(network.decide(&register(r#"{"location":"DC-1","rank":4}"#)).is_ok());
}
