//! Payloads made up from their schema: one with everything that may be in it, one with nothing that need not.
//!
//! A new type of event needs nothing here, unless it has a new kind of value that a schema does not describe well
//! enough to make one up: that gets a row in [`of_type`] or [`of_property`].

use schemars::Schema;
use serde_json::{Map, Value, json};

use super::Kind;
use super::compatibility::target;

/// More types than this inside one another are a type that contains itself.
const DEPTH: usize = 12;

/// An example for a type of value, by the type's name and the property it is for.
fn of_type(name: &str, property: &str) -> Option<Value> {
    const ORDER: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
    Some(match name {
        "Amount" if property == "discount" => json!("1.50"),
        "Amount" if property == "tax" => json!("2.52"),
        "Amount" if property == "total" => json!("36.00"),
        "Amount" => json!("12.50"),
        "Attributes" => json!({"giftWrap": "yes"}),
        "ChannelName" => json!("web"),
        "Currency" => json!("EUR"),
        "Day" => json!("2026-01-03"),
        "Delta" => json!(-2),
        "ExternalReferences" => json!({"erp": "4500001234"}),
        "FulfillmentOrderId" => json!(format!("{ORDER}.f1")),
        "LineNumber" => json!(1),
        "LocationId" => json!("DC-LEIPZIG"),
        "OrderId" => json!(ORDER),
        "Period" => json!("PT2H"),
        "ReturnId" => json!(format!("{ORDER}.r1")),
        "ShipmentId" => json!(format!("{ORDER}.s1")),
        "Sku" => json!("TEA-GREEN-250"),
        "Timestamp" => json!("2026-01-02T03:04:05.123456Z"),
        "Quantity" | "Units" => json!(3),
        _ => return None,
    })
}

/// An example for a property whose type says less than its name.
fn of_property(name: &str) -> Option<Value> {
    Some(match name {
        "address" => json!("Warehouse Road 1, 04109 Leipzig"),
        "adjustment" => json!(-2),
        "carrier" => json!("dhl"),
        "channelRef" => json!("web-1001"),
        "city" | "location" => json!("Leipzig"),
        "code" => json!("shipping"),
        "content" => json!("f83fb8ff5ab64c2a1ddcd7ee9ae8e8a45ea1b1c1a1a53c37a0a4e3f9c3d2b1a0"),
        "country" => json!("DE"),
        "customerRef" => json!("customer-77"),
        "cutOff" => json!("16:30"),
        "detail" => json!("Reported twice, with different times"),
        "holdId" => json!("hold-1"),
        "latitude" => json!(51.339_695_4),
        "lineRef" => json!("line-1"),
        "longitude" => json!(12.373_074_7),
        "lot" | "lots" => json!("LOT-2026-01"),
        "name" => json!("Leipzig, gate 4"),
        "note" => json!("Asked for by telephone"),
        "packageId" | "packages" => json!("parcel-1"),
        "paymentRef" => json!("payment-2041"),
        "postalCode" => json!("04109"),
        "rank" => json!(2),
        "reason" => json!("No longer needed"),
        "reference" => json!("delivery-17"),
        "region" => json!("Saxony"),
        "reserveFor" => json!("PT2H"),
        "serials" => json!("SN-000017"),
        "service" | "serviceLevel" => json!("express"),
        "timezone" => json!("Europe/Berlin"),
        "trackingNumber" => json!("00340434161094042557"),
        "waveRef" => json!("wave-8"),
        "wmsRef" => json!("wms-5512"),
        _ => return None,
    })
}

/// A name in a map, by the property that is the map.
fn key(property: &str) -> &'static str {
    match property {
        "safetyStock" => "DC-LEIPZIG",
        _ => "web",
    }
}

/// An example with everything that may be in it, and one without all that need not be.
pub(super) fn full_and_minimal(schema: &Schema) -> [Value; 2] {
    [true, false].map(|full| Examples { root: schema.as_value(), full }.of("", schema.as_value(), 0))
}

struct Examples<'a> {
    root: &'a Value,
    full: bool,
}

impl Examples<'_> {
    fn of(&self, property: &str, schema: &Value, depth: usize) -> Value {
        if let Some(reference) = schema.get("$ref") {
            let name = reference.as_str().and_then(|reference| reference.rsplit('/').next());
            return name.and_then(|name| of_type(name, property)).unwrap_or_else(|| {
                let target = target(self.root, reference).unwrap_or_else(|| panic!("no {reference}"));
                self.of(property, target, depth)
            });
        }
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        let among =
            ["enum", "oneOf", "anyOf"].iter().find_map(|keyword| Some((*keyword, schema.get(*keyword)?)));
        if let Some((keyword, list)) = among {
            let list: Vec<_> = list.as_array().unwrap().iter().filter(|entry| !is_null(entry)).collect();
            let entry = if self.full { list[0] } else { list[list.len() - 1] };
            return if keyword == "enum" { entry.clone() } else { self.of(property, entry, depth) };
        }
        match kind(schema) {
            "object" => self.object(property, schema, depth + 1),
            "array" => json!([self.of(property, &schema["items"], depth + 1)]),
            "boolean" => json!(self.full),
            "integer" => of_property(property).filter(Value::is_i64).unwrap_or_else(|| integer(schema)),
            "number" => of_property(property).filter(Value::is_number).unwrap_or(json!(0.5)),
            _ => of_property(property).filter(Value::is_string).unwrap_or_else(|| text(schema)),
        }
    }

    fn object(&self, property: &str, schema: &Value, depth: usize) -> Value {
        let is_required =
            |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name));
        let mut object = Map::new();
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            if is_required(name) || (self.full && depth < DEPTH) {
                object.insert(name.clone(), self.of(name, schema, depth));
            }
        }
        let by_pattern =
            schema["patternProperties"].as_object().and_then(|patterns| patterns.values().next());
        let entry =
            by_pattern.or_else(|| schema.get("additionalProperties").filter(|entry| entry.is_object()));
        if let Some(entry) = entry.filter(|_| self.full && depth < DEPTH) {
            object.insert(key(property).to_owned(), self.of(key(property), entry, depth));
        }
        Value::Object(object)
    }
}

/// The type without null.
fn kind(schema: &Value) -> &str {
    let types = &schema["type"];
    let listed =
        || types.as_array().into_iter().flatten().filter_map(Value::as_str).find(|name| *name != "null");
    types.as_str().or_else(listed).unwrap_or("string")
}

fn is_null(schema: &Value) -> bool {
    schema.is_null() || schema["type"] == "null"
}

fn integer(schema: &Value) -> Value {
    let bound = |keyword: &str| schema[keyword].as_i64();
    json!(7.max(bound("minimum").unwrap_or(7)).min(bound("maximum").unwrap_or(i64::MAX)))
}

fn text(schema: &Value) -> Value {
    let text = match schema["format"].as_str() {
        Some("date-time") => "2026-01-02T03:04:05.123456Z",
        Some("duration") => "PT30M",
        Some("uuid") => "01890a5d-ac96-774b-bcce-b302099a8057",
        _ => "as-it-was-agreed",
    };
    let longest =
        schema["maxLength"].as_u64().map_or(usize::MAX, |longest| usize::try_from(longest).unwrap());
    json!(text.chars().take(longest).collect::<String>())
}

/// What a text in JSON says that another does not say, by its place.
pub(super) fn lost(before: &Value, after: &Value) -> Vec<String> {
    fn walk(path: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => {
                for (name, value) in before {
                    let after = after.get(name).unwrap_or(&Value::Null);
                    walk(&format!("{path}/{name}"), value, after, found);
                }
            }
            (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
                for (number, (before, after)) in before.iter().zip(after).enumerate() {
                    walk(&format!("{path}/{number}"), before, after, found);
                }
            }
            _ if before == after => {}
            _ => found.push(format!("{path}: {before} became {after}")),
        }
    }
    let mut found = Vec::new();
    walk("", before, after, &mut found);
    found
}

/// The examples as the journal would hold them, or why there are none.
pub(super) fn payloads(kind: &Kind) -> Result<Vec<String>, String> {
    let mut payloads = Vec::new();
    for example in full_and_minimal(&kind.schema) {
        let event = kind.decode(kind.version, example.to_string().as_bytes())?;
        let payload = String::from_utf8(event.payload().unwrap()).unwrap();
        let lost = lost(&example, &serde_json::from_str(&payload).unwrap());
        if !lost.is_empty() {
            return Err(lost.join(", "));
        }
        if !payloads.contains(&payload) {
            payloads.push(payload);
        }
    }
    Ok(payloads)
}

#[test]
fn every_type_has_an_example() {
    let mut offences = Vec::new();
    for kind in super::kinds() {
        if let Err(reason) = payloads(&kind) {
            offences.push(format!("{}: {reason}", kind.name));
        }
    }
    super::assert_none(
        "types that need an example of a value in domain/src/tests/history/examples.rs",
        &offences,
    );
}

#[test]
fn examples_have_all_fields_or_required_ones() {
    let schema: Schema = json!({
        "type": "object",
        "required": ["colour", "size", "at"],
        "properties": {
            "colour": {"oneOf": [{"const": "red"}, {"enum": ["green", "blue"]}]},
            "size": {"type": "integer", "minimum": 9, "maximum": 12},
            "at": {"$ref": "#/$defs/Instant"},
            "remark": {"type": ["string", "null"], "maxLength": 5},
            "bent": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
            "weights": {"type": "array", "items": {"type": "number"}},
            "names": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "$defs": {"Instant": {"type": "string", "format": "date-time"}}
    })
    .try_into()
    .unwrap();
    let at = "2026-01-02T03:04:05.123456Z";
    assert_eq!(
        full_and_minimal(&schema),
        [
            json!({
                "colour": "red", "size": 9, "at": at, "remark": "as-it", "bent": true, "weights": [0.5],
                "names": {"web": "as-it-was-agreed"}
            }),
            json!({"colour": "blue", "size": 9, "at": at}),
        ]
    );
}

#[test]
fn lost_fields_are_named_by_their_path() {
    let before = json!({"a": 1, "b": {"c": [1, 2.0]}, "d": [1]});
    assert_eq!(lost(&before, &before), [""; 0]);
    let after = json!({"a": 1, "b": {"c": [1, 2]}, "d": [1, 2], "later": 1});
    assert_eq!(lost(&before, &after), ["/b/c/1: 2.0 became 2", "/d: [1] became [1,2]"]);
    assert_eq!(lost(&json!({"a": 1}), &json!({})), ["/a: 1 became null"]);
}
