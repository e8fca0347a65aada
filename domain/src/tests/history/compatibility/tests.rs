//! Every kind of change, and what is said of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::incompatibilities;

/// A payload with one property `a`, which it must have, of this schema.
fn holding(schema: &Value) -> Value {
    json!({"type": "object", "properties": {"a": schema}, "required": ["a"]})
}

/// Compares two schemas of one property.
fn said(old: &Value, new: &Value) -> Vec<String> {
    incompatibilities(&holding(old), &holding(new))
}

fn check(rows: &[(Value, Value, &[&str])], compare: fn(&Value, &Value) -> Vec<String>) {
    for (old, new, expected) in rows {
        let found: BTreeSet<_> = compare(old, new).into_iter().collect();
        let expected = expected.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "from {old} to {new}");
    }
}

#[test]
fn properties_neither_go_nor_become_required_nor_optional() {
    let object = |properties: Value, required: Value| json!({"type": "object", "properties": properties, "required": required});
    let number = || json!({"type": "integer"});
    let one = |required| object(json!({"a": number()}), required);
    let two = |required| object(json!({"a": number(), "b": number()}), required);
    check(
        &[
            (two(json!([])), one(json!([])), &["/b: removed property"]),
            (two(json!(["b"])), one(json!([])), &["/b: removed property"]),
            (one(json!([])), two(json!(["b"])), &["/b: new required property"]),
            (one(json!([])), one(json!(["a"])), &["/a: is required now"]),
            (one(json!(["a"])), one(json!([])), &["/a: is no longer required"]),
            (
                object(json!({"a": number()}), json!(["a"])),
                object(json!({"z": number()}), json!(["z"])),
                &["/a: removed property", "/z: new required property"],
            ),
            (
                one(json!(["a"])),
                json!({"type": "array"}),
                &["the payload: changed type from object to array", "/a: removed property"],
            ),
        ],
        incompatibilities,
    );
}

#[test]
fn a_value_keeps_its_type() {
    let text = || json!({"type": "string"});
    let nullable = || json!({"anyOf": [text(), {"type": "null"}]});
    let to_any = "/a: changed type from string to any";
    check(
        &[
            (text(), json!({"type": "integer"}), &["/a: changed type from string to integer"]),
            (text(), json!({}), &[to_any]),
            (text(), json!(false), &[to_any, "/a: changed not from nothing to true"]),
            (
                json!({"type": "integer"}),
                json!({"type": ["integer", "string"]}),
                &["/a: changed type from integer to integer or string"],
            ),
            (text(), json!({"type": ["string", "null"]}), &["/a: may be null now"]),
            (json!({"type": ["string", "null"]}), text(), &["/a: may no longer be null"]),
            (text(), nullable(), &["/a: may be null now"]),
            (nullable(), text(), &["/a: may no longer be null"]),
            (nullable(), json!({"type": ["null", "string"]}), &[]),
        ],
        said,
    );
}

#[test]
fn other_schema_constraints_are_compared() {
    let not = |value: &str| json!({"not": {"const": value}});
    check(
        &[
            (
                json!({"format": "uuid"}),
                json!({"format": "date-time"}),
                &[r#"/a: changed format from "uuid" to "date-time""#],
            ),
            (json!({}), json!({"format": "uuid"}), &[r#"/a: changed format from nothing to "uuid""#]),
            (json!({"pattern": "a"}), json!({"pattern": "b"}), &[r#"/a: changed pattern from "a" to "b""#]),
            (json!({"pattern": "a"}), json!({}), &[]),
            (json!({}), json!({"pattern": "a"}), &[r#"/a: changed pattern from nothing to "a""#]),
            (json!({"default": 1}), json!({"default": 2}), &["/a: changed default from 1 to 2"]),
            (json!({}), json!({"default": 2}), &["/a: changed default from nothing to 2"]),
            (json!({}), json!({"default": null}), &[]),
            (not("x"), not("y"), &[r#"/a: changed not from {"const":"x"} to {"const":"y"}"#]),
            // A keyword that this program does not know.
            (json!({}), json!({"unheardOf": 1}), &["/a: changed unheardOf from nothing to 1"]),
        ],
        said,
    );
}

#[test]
fn bounds_do_not_become_narrower() {
    for (keyword, wide, narrow) in [
        ("minimum", 0, 1),
        ("exclusiveMinimum", -1, 0),
        ("minLength", 1, 2),
        ("minItems", 0, 1),
        ("minProperties", 0, 1),
        ("maximum", 1_000, 999),
        ("exclusiveMaximum", 5, 4),
        ("maxLength", 64, 32),
        ("maxItems", 2, 1),
        ("maxProperties", 50, 49),
    ] {
        let (wide_schema, narrow_schema) = (json!({keyword: wide}), json!({keyword: narrow}));
        let narrowed = format!("/a: narrowed {keyword} from {wide} to {narrow}");
        assert_eq!(said(&wide_schema, &narrow_schema), [narrowed]);
        assert_eq!(said(&json!({}), &wide_schema), [format!("/a: has a new {keyword} of {wide}")]);
        for (old, new) in [(&narrow_schema, &wide_schema), (&narrow_schema, &json!({}))] {
            assert_eq!(said(old, new), [""; 0], "from {old} to {new}");
        }
    }
    let (low, high) = (json!({"minimum": 0.1}), json!({"minimum": 0.2}));
    assert_eq!(said(&high, &low), ["/a: narrowed minimum from 0.2 to 0.1"], "fractions are not compared");
}

#[test]
fn a_choice_keeps_its_values() {
    let described = |names: &[&str]| {
        let rows: Vec<_> =
            names.iter().map(|name| json!({"const": name, "type": "string", "description": "."})).collect();
        json!({"oneOf": rows})
    };
    let listed = |names: &[&str]| json!({"type": "string", "enum": names});
    check(
        &[
            (listed(&["x", "y"]), listed(&["x"]), &["/a: may no longer be \"y\""]),
            (described(&["x", "y"]), described(&["y", "z"]), &["/a: may no longer be \"x\""]),
            (described(&["x", "y"]), listed(&["x"]), &["/a: may no longer be \"y\""]),
            (json!({"const": "x"}), json!({"const": "y"}), &["/a: may no longer be \"x\""]),
            (listed(&["x"]), json!({"type": "string"}), &["/a: is no longer one of a list of values"]),
            (json!({"type": "string"}), described(&["x"]), &["/a: must be one of a list of values now"]),
            (json!({"enum": ["x", null]}), json!({"enum": ["x"]}), &["/a: may no longer be null"]),
            // More values, and another way to write the same, are taken.
            (described(&["x"]), described(&["x", "y"]), &[]),
            (described(&["x", "y"]), listed(&["y", "x"]), &[]),
            (listed(&["x"]), json!({"oneOf": [described(&["y"]), listed(&["x"])]}), &[]),
            (json!({"enum": ["null"]}), json!({"enum": ["null", "x"]}), &[]),
        ],
        said,
    );
}

#[test]
fn alternatives_with_data_stay_what_they_are() {
    let alternative = |tag: &str, field: &str| json!({"type": "object", "properties": {"kind": {"const": tag}, field: {}}, "required": ["kind"]});
    let union = |alternatives: &[Value]| json!({"oneOf": alternatives});
    let (x, y, other) = (alternative("x", "f"), alternative("y", "f"), alternative("x", "g"));
    check(
        &[
            (union(&[x.clone(), y.clone()]), union(&[y.clone(), x.clone()]), &[]),
            (
                union(&[x.clone(), y.clone()]),
                union(&[y.clone(), other.clone(), alternative("z", "f")]),
                &["/a: removed or changed alternative 1"],
            ),
            (
                x.clone(),
                union(&[x.clone(), y.clone()]),
                &[
                    "/a: changed type from object to any",
                    "/a: changed whether it is one of several alternatives",
                    "/a/kind: removed property",
                    "/a/f: removed property",
                ],
            ),
            (
                union(&[x.clone(), y]),
                union(&[x.clone(), x, other]),
                &["/a: removed or changed alternative 2"],
            ),
        ],
        said,
    );
}

#[test]
fn items_of_lists_and_maps_are_compared() {
    let (text, number) = (json!({"type": "string"}), json!({"type": "integer"}));
    let list = |items: &Value| json!({"type": "array", "items": items});
    let map = |keyword: &str, inner: &Value| json!({"type": "object", keyword: inner});
    let named = |pattern: &str, inner: &Value| map("patternProperties", &json!({pattern: inner}));
    check(
        &[
            (list(&text), list(&number), &["/a/*: changed type from string to integer"]),
            (list(&list(&text)), list(&list(&number)), &["/a/*/*: changed type from string to integer"]),
            (json!({"type": "array"}), list(&number), &["/a/*: changed type from any to integer"]),
            (
                map("additionalProperties", &text),
                map("additionalProperties", &number),
                &["/a/*: changed type from string to integer"],
            ),
            (
                map("additionalProperties", &text),
                json!({"type": "object"}),
                &["/a/*: changed type from string to any"],
            ),
            (
                json!({"type": "object"}),
                map("additionalProperties", &json!(false)),
                &["/a: permits no additionalProperties any more"],
            ),
            (map("additionalProperties", &json!(false)), json!({"type": "object"}), &[]),
            (
                map("propertyNames", &json!({"maxLength": 2})),
                map("propertyNames", &json!({"maxLength": 1})),
                &["/a/*: narrowed maxLength from 2 to 1"],
            ),
            (named("^a", &text), named("^b", &text), &["/a: changed which names patternProperties has"]),
            (named("^a", &text), named("^a", &number), &["/a/*: changed type from string to integer"]),
            (named("^a", &text), named("^a", &text), &[]),
        ],
        said,
    );
}

#[test]
fn references_are_followed_wherever_the_change_is() {
    let document = |of_list: &Value, definitions: &Value| {
        json!({
            "type": "object",
            "properties": {"lines": {"type": "array", "items": of_list}},
            "$defs": definitions
        })
    };
    let line = json!({"$ref": "#/$defs/Line", "description": "One line."});
    let definitions = |quantity: &Value, name: &str| {
        json!({
            name: {"type": "object", "properties": {"quantity": {"anyOf": [{"$ref": "#/$defs/N"}, {"type": "null"}]}}},
            "N": quantity
        })
    };
    let number = definitions(&json!({"type": "integer"}), "Line");
    let text = definitions(&json!({"type": "string"}), "Line");
    check(
        &[
            (
                document(&line, &number),
                document(&line, &text),
                &["/lines/*/quantity: changed type from integer to string"],
            ),
            // The name of a definition is in no payload, nor is whether there is one.
            (
                document(&line, &number),
                document(&json!({"$ref": "#/$defs/Row"}), &definitions(&json!({"type": "integer"}), "Row")),
                &[],
            ),
            (document(&line, &number), document(&number["Line"], &number), &[]),
            (
                document(&line, &number),
                document(&json!({"$ref": "#/$defs/Gone"}), &number),
                &[
                    "/lines/*: changed type from object to any",
                    "/lines/*/quantity: removed property",
                    "/lines/*: changed $ref from nothing to \"#/$defs/Gone\"",
                ],
            ),
        ],
        incompatibilities,
    );
}

#[test]
fn a_type_may_contain_itself() {
    let tree = |leaf: &str| {
        json!({
            "$ref": "#/$defs/Tree",
            "$defs": {
                "Tree": {
                    "type": "object",
                    "properties": {
                        "leaf": {"type": leaf},
                        "branches": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}
                    }
                }
            }
        })
    };
    assert_eq!(incompatibilities(&tree("string"), &tree("string")), [""; 0]);
    let found = incompatibilities(&tree("string"), &tree("integer"));
    assert!(found.contains(&"/leaf: changed type from string to integer".to_owned()), "{found:?}");
    let circle = json!({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}});
    assert_eq!(incompatibilities(&circle, &circle), [""; 0]);
}

#[test]
fn additions_that_readers_ignore_are_compatible() {
    let old = json!({
        "title": "T", "description": "Old words.", "type": "object",
        "properties": {"a": {"type": "string", "maxLength": 5}}, "required": ["a"]
    });
    for new in [
        old.clone(),
        json!({
            "title": "Other", "description": "New words.", "type": "object", "required": ["a"], "deprecated": true,
            "properties": {"a": {"type": "string", "maxLength": 9, "examples": ["x"], "default": null}}
        }),
        json!({
            "type": "object", "required": ["a"], "$defs": {"B": {"type": "integer"}},
            "properties": {
                "a": {"type": "string", "maxLength": 5},
                "b": {"anyOf": [{"$ref": "#/$defs/B"}, {"type": "null"}]},
                "c": {"type": "boolean", "default": false}
            }
        }),
    ] {
        assert_eq!(incompatibilities(&old, &new), [""; 0], "{new}");
    }
}
