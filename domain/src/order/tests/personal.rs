//! Personal data: sealed, erased, and never printed.

use super::*;

const SECRETS: [&str; 10] =
    ["Lovelace", "Engines", "Square", "51.5", "0.125", "4420", "ada@", "twice", "signed by", "Byron"];

fn personal() -> Value {
    json!({ "shipTo": {
        "name": "Ada Lovelace", "company": "Engines Ltd", "street": ["St James's Square 12", "c/o Byron"],
        "latitude": 51.5, "longitude": -0.125, "phone": "4420", "email": "ada@example.org",
        "instructions": "ring twice"
    } })
}

fn scan() -> Value {
    json!({ "status": "in_transit", "at": time(60), "raw": "signed by Ada Lovelace" })
}

fn person() -> OrderCommand {
    create_with(personal())
}

fn reveals_nothing(what: &impl std::fmt::Debug) {
    for printed in [format!("{what:?}"), format!("{what:#?}")] {
        let revealed: Vec<_> = SECRETS.iter().filter(|secret| printed.contains(**secret)).collect();
        assert!(revealed.is_empty(), "{revealed:?} in {printed}");
        assert!(!printed.is_empty());
    }
}

#[test]
fn no_command_prints_personal_data() {
    let OrderCommand::CreateOrder(create, ..) = person() else { unreachable!() };
    reveals_nothing(create.ship_to.as_ref().unwrap());
    reveals_nothing(&create.ship_to.as_ref().unwrap().personal());
    reveals_nothing(&create.ship_to.as_ref().unwrap().personal().unwrap().coordinates());
    reveals_nothing(&create);
    reveals_nothing(&person());
    let OrderCommand::TrackShipment(track, _) = track_with(1, scan()) else { unreachable!() };
    reveals_nothing(&track);
    reveals_nothing(&track_with(1, scan()));
    let package: TrackParcel = read(json!({ "carrier": "UPS", "trackingNumber": "1Z" }), scan());
    reveals_nothing(&package);
}

#[test]
fn no_event_and_no_state_prints_personal_data() {
    let created = when(&Order::default(), person());
    let order = given([person(), reserve_all(), pay("money"), ship_all(1)]);
    let tracked = when(&order, track_with(1, scan()));
    reveals_nothing(&created);
    reveals_nothing(&tracked);
    reveals_nothing(&after(&order, track_with(1, scan())));
}

#[test]
fn other_fields_are_printed() {
    let printed = format!("{:?}", track_with(1, scan()));
    for expected in ["TrackShipment", "shipment_id", "InTransit", "1970-01-01T00:01:00Z", "raw: Some(..)"] {
        assert!(printed.contains(expected), "{expected} in {printed}");
    }
    let without = format!("{:?}", track(1, "in_transit", 60));
    assert!(without.contains("raw: None"), "{without}");
    assert!(format!("{:?}", person()).contains("\"A\""), "the lines are no secret");
}

#[test]
fn no_payload_and_no_state_contains_personal_data() {
    let order = given([person(), reserve_all(), pay("money"), ship_all(1)]);
    let created = when(&Order::default(), person()).remove(0);
    let tracked = when(&order, track_with(1, scan())).remove(0);
    let state = after(&order, track_with(1, scan()));
    for stored in [
        created.payload().unwrap(),
        tracked.payload().unwrap(),
        serde_json::to_vec(&created).unwrap(),
        serde_json::to_vec(&tracked).unwrap(),
        serde_json::to_vec(&state).unwrap(),
    ] {
        let stored = String::from_utf8(stored).unwrap();
        for secret in SECRETS {
            assert!(!stored.contains(secret), "{secret} in {stored}");
        }
    }
}

#[test]
fn sealed_data_is_restored_completely() {
    let order = given([person(), reserve_all(), pay("money"), ship_all(1)]);
    for whole in [when(&Order::default(), person()).remove(0), when(&order, track_with(1, scan())).remove(0)]
    {
        let mut event = whole.clone();
        let sealed = event.take_personal().unwrap().expect("it carries personal data");
        assert_ne!(event, whole);
        assert_eq!(event.take_personal().unwrap(), None);
        let mut stored =
            OrderEvent::decode(event.name(), event.version(), &event.payload().unwrap()).unwrap();
        assert_eq!(stored, event);
        stored.restore_personal(&sealed).unwrap();
        assert_eq!(stored, whole);
    }
}

#[test]
fn events_without_personal_data_have_nothing_to_seal() {
    for mut event in [when(&Order::default(), create()).remove(0), picked(1, &[(1, 1)])] {
        let whole = event.clone();
        assert_eq!(event.take_personal().unwrap(), None);
        event.restore_personal(b"\"anything\"").unwrap_or_default();
        assert_eq!(event.payload().unwrap(), whole.payload().unwrap());
    }
}

#[test]
fn erasing_is_recorded_once() {
    let order = given([person()]);
    let erased = PersonalDataErased { reason: Text::new("asked for it").unwrap() };
    assert_eq!(when(&order, erase()), [erased.into()]);
    let order = after(&order, erase());
    assert_eq!(order.personal_data, PersonalDataState::Erased);
    assert_eq!(when(&order, erase()), []);
}

#[test]
fn an_order_without_personal_data_cannot_be_erased() {
    assert_eq!(refusal(&given([create()]), erase()), ("no_personal_data", None));
}

#[test]
fn a_carriers_words_are_personal_data_of_an_order_without_an_address_too() {
    let order = after(&on_its_way(), track_with(1, scan()));
    assert_eq!(order.personal_data, PersonalDataState::Sealed);
    assert_eq!(names(&when(&order, erase())), ["PersonalDataErased"]);
    let wordless = after(&on_its_way(), track(1, "in_transit", 60));
    assert_eq!(wordless.personal_data, PersonalDataState::None);
}

#[test]
fn personal_data_is_not_stored_after_erasure() {
    let order = given([person(), reserve_all(), pay("money"), ship_all(1), erase()]);
    let mut events = when(&order, track_with(1, scan()));
    let [OrderEvent::ShipmentTracked(tracked)] = &events[..] else { panic!("{events:?}") };
    assert!(!tracked.has_personal_data);
    assert_eq!(events[0].take_personal().unwrap(), None);
    assert_eq!(after(&order, track_with(1, scan())).personal_data, PersonalDataState::Erased);
}
