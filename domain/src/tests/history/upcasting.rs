//! A type that has been through three versions: every one of them is read as the newest.

use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::DecodeError::{self, Malformed, UnknownType, UnknownVersion};
use crate::event::{complete, event_enum, payloads};

payloads! {
    /// Something was painted.
    WallPainted {
        /// In which colour, by name.
        colour: String,
        /// How often.
        coats: u32,
        /// By whom.
        #[serde(default)]
        painter: Option<String>,
    }
    /// Something was torn down, and has been so in one way only.
    WallRemoved {
        /// The sentence that the report gives as the reason.
        reason: String,
    }
}

event_enum!(
    /// What happens to a wall.
    WallEvent { WallPainted = 3 { 1 => wall_painted_1, 2 => wall_painted_2 }, WallRemoved = 1 }
);

/// How it was written second: the colour as a number.
#[derive(Serialize, Deserialize)]
struct WallPainted2 {
    rgb: u32,
    coats: u32,
}

/// Version 1 did not count coats: there was one.
fn wall_painted_1(mut payload: Value) -> Result<Value, serde_json::Error> {
    let fields = payload.as_object_mut().ok_or_else(|| serde_json::Error::custom("not an object"))?;
    fields.insert("coats".into(), json!(1));
    Ok(payload)
}

/// Version 2 knew two colours by their numbers.
fn wall_painted_2(payload: Value) -> Result<Value, serde_json::Error> {
    let WallPainted2 { rgb, coats } = serde_json::from_value(payload)?;
    let colour = match rgb {
        0xff_0000 => "red",
        0x00_00ff => "blue",
        other => return Err(serde_json::Error::custom(format!("no colour has the number {other}"))),
    };
    serde_json::to_value(WallPainted { colour: colour.to_owned(), coats, painter: None })
}

fn decode(version: u32, payload: &Value) -> Result<WallEvent, DecodeError> {
    WallEvent::decode("WallPainted", version, payload.to_string().as_bytes())
}

fn painted(colour: &str, coats: u32) -> WallEvent {
    WallPainted { colour: colour.to_owned(), coats, painter: None }.into()
}

#[test]
fn an_event_of_every_version_is_read_as_one_of_the_newest() {
    assert_eq!(decode(1, &json!({"rgb": 0xff_0000})), Ok(painted("red", 1)));
    assert_eq!(decode(2, &json!({"rgb": 0x00_00ff, "coats": 2})), Ok(painted("blue", 2)));
    assert_eq!(decode(3, &json!({"colour": "green", "coats": 3})), Ok(painted("green", 3)));
}

#[test]
fn older_versions_are_written_in_the_newest() {
    let event = decode(1, &json!({"rgb": 255})).unwrap();
    assert_eq!((event.name(), event.version()), ("WallPainted", 3));
    let payload = event.payload().unwrap();
    assert_eq!(payload, br#"{"colour":"blue","coats":1}"#);
    assert_eq!(WallEvent::decode("WallPainted", 3, &payload), Ok(event));
}

#[test]
fn a_version_is_read_as_itself_and_as_no_other() {
    for (version, payload) in [
        (1, json!({"colour": "green", "coats": 3})),
        (2, json!({"rgb": 255})),
        (3, json!({"rgb": 255, "coats": 1})),
    ] {
        assert!(matches!(decode(version, &payload), Err(Malformed(..))), "{version}");
    }
}

#[test]
fn a_failing_upcaster_gives_its_reason() {
    let malformed = |reason: &str| Err(Malformed("WallPainted".into(), reason.into()));
    assert_eq!(decode(2, &json!({"rgb": 7, "coats": 1})), malformed("no colour has the number 7"));
    assert_eq!(decode(1, &json!({"rgb": 7})), malformed("no colour has the number 7"));
    assert_eq!(decode(1, &json!([])), malformed("not an object"));
    for version in 1..=3 {
        assert!(matches!(WallEvent::decode("WallPainted", version, b"{"), Err(Malformed(..))), "{version}");
    }
}

#[test]
fn unknown_versions_are_refused_by_number() {
    let unknown = |name: &str, version| Err::<(), _>(UnknownVersion(name.into(), version));
    for version in [0, 4, u32::MAX] {
        assert_eq!(WallEvent::check("WallPainted", version), unknown("WallPainted", version));
        assert_eq!(decode(version, &json!({})).map(drop), unknown("WallPainted", version));
    }
    for version in [0, 2] {
        assert_eq!(WallEvent::check("WallRemoved", version), unknown("WallRemoved", version));
        assert_eq!(
            WallEvent::decode("WallRemoved", version, b"{}").map(drop),
            unknown("WallRemoved", version)
        );
    }
    assert_eq!(WallEvent::check("WallMoved", 1), Err(UnknownType("WallMoved".into())));
    for version in 1..=3 {
        assert_eq!(WallEvent::check("WallPainted", version), Ok(()));
    }
    assert_eq!(WallEvent::TYPES, [("WallPainted", 3), ("WallRemoved", 1)]);
    assert_eq!(WallEvent::schemas().len(), 2, "only what is written today has a schema");
}

#[test]
fn a_gap_in_the_versions_does_not_compile() {
    for (written, older, expected) in [
        (1, &[][..], true),
        (3, &[1, 2], true),
        (0, &[], false),
        (2, &[], false),
        (1, &[1], false),
        (3, &[1], false),
        (3, &[2], false),
        (3, &[2, 1], false),
        (3, &[1, 1], false),
        (3, &[0, 1], false),
        (3, &[1, 2, 3], false),
    ] {
        assert_eq!(complete(written, older), expected, "{written} {older:?}");
    }
}
