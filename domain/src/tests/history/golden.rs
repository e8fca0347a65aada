//! Payloads of every version, as they were written when it was the newest: each is still read, and loses nothing.
//!
//! A file is a list with an example a line, byte for byte as the journal holds it. It is history: nothing in it is
//! ever changed. More examples may be added to it by hand, such as one that was once read wrongly.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::OnceLock;

use serde_json::Value;
use serde_json::value::RawValue;

use super::files::{Folder, HINT, updating};
use super::{Kind, assert_none, examples, expected_files, kinds};

const GOLDEN: Folder = Folder("golden");

/// Every golden file by its name. With `HOLDFAST_UPDATE=1` those of the versions of today that are missing are
/// written first.
fn kept() -> &'static BTreeMap<String, String> {
    static KEPT: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    KEPT.get_or_init(|| {
        let there = GOLDEN.names();
        for kind in kinds().iter().filter(|kind| updating() && !there.contains(&kind.file(kind.version))) {
            let examples = examples::payloads(kind).unwrap();
            GOLDEN.create(&kind.file(kind.version), &format!("[\n{}\n]\n", examples.join(",\n"))).unwrap();
        }
        GOLDEN.names().into_iter().map(|name| (name.clone(), GOLDEN.read(&name).unwrap())).collect()
    })
}

/// What is wrong with one payload of a version.
fn offence(kind: &Kind, version: u32, payload: &str) -> Option<String> {
    let event = match kind.decode(version, payload.as_bytes()) {
        Ok(event) => event,
        Err(reason) => return Some(reason),
    };
    let rewritten = event.payload().unwrap();
    match kind.decode(kind.version, &rewritten) {
        Ok(again) if again == event => {}
        Ok(_) => return Some("is read as something else once it is written again".to_owned()),
        Err(reason) => return Some(format!("cannot be read once it is written again: {reason}")),
    }
    if version < kind.version || rewritten == payload.as_bytes() {
        return None;
    }
    // Fields that were added since may be there now, and fields may be in another order; nothing else.
    let before: Value = serde_json::from_str(payload).unwrap();
    let lost = examples::lost(&before, &serde_json::from_slice(&rewritten).unwrap());
    (!lost.is_empty()).then(|| format!("is written differently: {}", lost.join(", ")))
}

#[test]
fn golden_payloads_round_trip() {
    let mut offences = Vec::new();
    for kind in kinds() {
        for version in 1..=kind.version {
            let file = kind.file(version);
            // One that is missing is the next test's.
            let Some(text) = kept().get(&file) else { continue };
            let payloads: Vec<Box<RawValue>> = match serde_json::from_str(text) {
                Ok(payloads) => payloads,
                Err(reason) => {
                    offences.push(format!("{file}: is not a list: {reason}"));
                    continue;
                }
            };
            if payloads.is_empty() {
                offences.push(format!("{file}: has no example"));
            }
            for (number, payload) in (1..).zip(payloads) {
                let offence = offence(&kind, version, payload.get());
                offences.extend(offence.map(|offence| format!("{file}, example {number}: {offence}")));
            }
        }
    }
    assert_none(
        "payloads of domain/events/golden that this program does not read as they were meant",
        &offences,
    );
}

#[test]
fn every_version_of_every_type_has_a_golden_file_and_nothing_else_has() {
    let expected = expected_files(&kinds());
    let mut offences = Vec::new();
    for file in expected.iter().filter(|file| !kept().contains_key(*file)) {
        offences.push(format!("{file} is missing; if the type or its version is new, write it with: {HINT}"));
    }
    for file in kept().keys().filter(|file| !expected.contains(*file)) {
        offences.push(format!("{file} is of a type or a version that this program does not know"));
    }
    assert_none("domain/events/golden", &offences);
}

#[test]
fn a_golden_file_is_never_written_over() {
    let file = "OrderCreated.v1.json";
    let before = &kept()[file];
    assert_eq!(GOLDEN.create(file, "[]").unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(&GOLDEN.read(file).unwrap(), before);
}

#[test]
fn a_misread_payload_is_detected() {
    let kinds = kinds();
    let kind = kinds.iter().find(|kind| kind.name == "LocationRegistered").unwrap();
    let offence = |payload: &str| offence(kind, 1, payload);
    let place = r#""latitude":51.5,"longitude":12.5"#;
    let known = |more: &str| format!(r#"{{"location":"A","details":{{{place}{more}}}}}"#);
    // The rank was not always there: it is written again with a default.
    assert_eq!(offence(&known("")), None);
    assert_eq!(offence(r#"{"details":{"longitude":12.5,"latitude":51.5,"rank":1},"location":"A"}"#), None);
    let lost = "is written differently: /details/doors: 4 became null";
    assert_eq!(offence(&known(r#","doors":4"#)).as_deref(), Some(lost));
    assert!(offence(r#"{"location":"A"}"#).unwrap().contains("malformed payload"));
}
