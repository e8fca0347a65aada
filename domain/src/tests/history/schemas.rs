//! What payloads of every version look like, for people and programs that read them. What is kept of the version
//! that is written today changes only in ways that leave every payload readable.

use schemars::Schema;
use serde_json::Value;

use super::compatibility::incompatibilities;
use super::files::{Folder, HINT, updating};
use super::{assert_none, expected_files, kinds};

const SCHEMAS: Folder = Folder("schemas");

/// A schema as it is stored: with sorted names.
fn written(schema: &Schema) -> String {
    let mut value = schema.as_value().clone();
    value.sort_all_objects();
    format!("{}\n", serde_json::to_string_pretty(&Schema::try_from(value).unwrap()).unwrap())
}

/// What becomes of a schema that is kept.
#[derive(Debug, PartialEq)]
enum Verdict {
    /// It is the one of today.
    Same,
    /// There is none yet.
    New,
    /// The one of today takes its place.
    Compatible,
    /// It must stay, for these reasons: what is new is another version.
    Incompatible(Vec<String>),
}

fn verdict(kept: Option<&str>, today: &Schema) -> Verdict {
    let Some(kept) = kept else { return Verdict::New };
    if kept == written(today) {
        return Verdict::Same;
    }
    let changes = match serde_json::from_str::<Value>(kept) {
        Ok(kept) => incompatibilities(&kept, today.as_value()),
        Err(reason) => vec![format!("what is kept is not JSON: {reason}")],
    };
    if changes.is_empty() { Verdict::Compatible } else { Verdict::Incompatible(changes) }
}

#[test]
fn the_stored_schemas_are_current() {
    let mut offences = Vec::new();
    for kind in kinds() {
        let file = kind.file(kind.version);
        match verdict(SCHEMAS.read(&file).ok().as_deref(), &kind.schema) {
            Verdict::Same => {}
            Verdict::New if updating() => SCHEMAS.create(&file, &written(&kind.schema)).unwrap(),
            Verdict::Compatible if updating() => SCHEMAS.replace(&file, &written(&kind.schema)).unwrap(),
            Verdict::New => offences.push(format!("{file} is missing; write it with: {HINT}")),
            Verdict::Compatible => {
                offences.push(format!("{file} changed, and stays readable; write it again with: {HINT}"));
            }
            Verdict::Incompatible(changes) => offences.push(format!(
                "{file} changed in a way that needs `{} = {}` and an upcaster from {}: {}",
                kind.name,
                kind.version + 1,
                kind.version,
                changes.join("; ")
            )),
        }
    }
    assert_none("domain/events/schemas", &offences);
    let (expected, kept) = (expected_files(&kinds()), SCHEMAS.names());
    let missing: Vec<_> = expected.difference(&kept).cloned().collect();
    assert_none("schemas of older versions that are missing", &missing);
    let unknown: Vec<_> = kept.difference(&expected).cloned().collect();
    assert_none("schemas of types and versions that this program does not know", &unknown);
}

#[test]
fn a_schema_is_replaced_only_where_every_payload_stays_readable() {
    let schema = |properties: Value, required: &[&str]| {
        let value = serde_json::json!({"type": "object", "properties": properties, "required": required});
        Schema::try_from(value).unwrap()
    };
    let text = || serde_json::json!({"type": "string"});
    let one = schema(serde_json::json!({"a": text()}), &["a"]);
    let more = schema(serde_json::json!({"a": text(), "b": text()}), &["a"]);
    let must = schema(serde_json::json!({"a": text(), "b": text()}), &["a", "b"]);
    let incompatible = |change: &str| Verdict::Incompatible(vec![change.to_owned()]);
    assert_eq!(verdict(None, &one), Verdict::New);
    assert_eq!(verdict(Some(&written(&one)), &one), Verdict::Same);
    assert_eq!(verdict(Some(&written(&one)), &more), Verdict::Compatible);
    assert_eq!(verdict(Some(&written(&one)), &must), incompatible("/b: new required property"));
    assert_eq!(verdict(Some(&written(&more)), &one), incompatible("/b: removed property"));
    assert!(matches!(verdict(Some("<<<<<<<"), &one), Verdict::Incompatible(_)));
}
