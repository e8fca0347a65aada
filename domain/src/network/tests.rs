//! Given, when, then: what a network says to each command.

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
fn a_location_is_registered_once_and_changed_after() {
    let network = given(&[one()]);
    let moved = network.decide(&register(r#"{"location":"DC-1","latitude":41.0}"#)).unwrap();
    assert!(matches!(&moved[..], [NetworkEvent::LocationChanged(c)] if c.details.rank == 3));
    assert_eq!(network.decide(&one()), Ok(vec![]));
}

#[test]
fn every_refusal_has_its_code_and_its_field() {
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
fn a_network_has_a_limit_and_what_it_has_can_still_be_changed() {
    let name = |number: usize| LocationId::new(&format!("L-{number}")).unwrap();
    let at = |location| NetworkCommand::RegisterLocation(RegisterLocation::new(location, 1.0, 2.0));
    let full = given(&(0..Network::LIMIT).map(|number| at(name(number))).collect::<Vec<_>>());
    assert_eq!(full.decide(&at(name(Network::LIMIT))), Err(NetworkRefusal::TooManyLocations));
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
fn a_location_pauses_and_resumes_and_doing_either_twice_changes_nothing() {
    let paused = given(&[one(), pause()]);
    assert!(paused.locations[&LocationId::new("DC-1").unwrap()].paused.is_some());
    assert_eq!(paused.decide(&pause()), Ok(vec![]));
    let resumed = given(&[one(), pause(), resume()]);
    assert_eq!(resumed, given(&[one()]));
    assert_eq!(resumed.decide(&resume()), Ok(vec![]));
}

#[test]
fn what_is_known_of_a_location_may_be_all_there_is_to_know() {
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
fn an_event_of_before_there_were_countries_is_read_and_written_as_it_was() {
    let payload =
        r#"{"location":"DC-1","details":{"latitude":40.5,"longitude":-80.25,"timezone":"Mars","rank":3}}"#;
    let event = NetworkEvent::decode("LocationRegistered", 1, payload.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(event.payload().unwrap()).unwrap(), payload);
    let mut network = Network::default();
    network.apply(event);
    // A time zone that is checked today does not stop a change of what was registered before it was.
    assert!(network.decide(&register(r#"{"location":"DC-1","rank":4}"#)).is_ok());
}
