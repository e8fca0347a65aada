//! The differences between two JSON values.

use async_graphql::SimpleObject;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// A value that has changed.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, SimpleObject)]
pub struct Difference {
    /// A JSON pointer (RFC 6901) to the value, in the object as REST represents it.
    pub pointer: String,
    /// The value before. Null or absent if it was added.
    pub before: Option<Value>,
    /// The value after. Null or absent if it was removed.
    pub after: Option<Value>,
}

/// The values that differ. Arrays of objects are compared item by item, other arrays as one value.
pub fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", Some(before), Some(after), &mut found);
    found
}

fn compare(pointer: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Difference>) {
    match (before, after) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            let added = after.keys().filter(|name| !before.contains_key(*name));
            for name in before.keys().chain(added) {
                compare(&child(pointer, name), before.get(name), after.get(name), found);
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(after)))
            if before.iter().chain(after).any(Value::is_object) =>
        {
            for index in 0..before.len().max(after.len()) {
                let pointer = child(pointer, &index.to_string());
                compare(&pointer, before.get(index), after.get(index), found);
            }
        }
        (before, after) if before == after => {}
        (before, after) => found.push(Difference {
            pointer: pointer.to_owned(),
            before: before.cloned(),
            after: after.cloned(),
        }),
    }
}

fn child(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(before: &Value, after: &Value) -> Vec<String> {
        let text = |value: Option<Value>| value.map_or("nothing".to_owned(), |value| value.to_string());
        let line = |found: Difference| {
            let (was, is) = (text(found.before), text(found.after));
            // Applied to the value before, the differences give the value after.
            assert_eq!(text(before.pointer(&found.pointer).cloned()), was);
            assert_eq!(text(after.pointer(&found.pointer).cloned()), is);
            format!("{} {was} {is}", found.pointer)
        };
        differences(before, after).into_iter().map(line).collect()
    }

    #[test]
    fn equal_values_are_not_reported() {
        let before = json!({ "status": "created", "lines": [{ "n": 1, "held": 0 }, { "n": 2, "held": 0 }], "same": [1] });
        let after = json!({ "status": "reserved", "lines": [{ "n": 1, "held": 0 }, { "n": 2, "held": 3 }], "same": [1] });
        assert_eq!(lines(&before, &after), ["/lines/1/held 0 3", r#"/status "created" "reserved""#]);
        assert_eq!(lines(&after, &after), [""; 0]);
    }

    #[test]
    fn added_and_removed_values_are_reported_as_a_whole() {
        let before = json!({ "until": 7, "parts": [{ "id": "a" }, { "id": "b" }] });
        let after = json!({ "parts": [{ "id": "a" }], "ref": { "x": 1 } });
        let expected = [r#"/parts/1 {"id":"b"} nothing"#, "/until 7 nothing", r#"/ref nothing {"x":1}"#];
        assert_eq!(lines(&before, &after), expected);
    }

    #[test]
    fn arrays_of_plain_values_are_one_value_and_names_are_escaped() {
        let (before, after) = (json!({ "a/b": ["x", "y"], "~": 1 }), json!({ "a/b": ["y"], "~": 2 }));
        assert_eq!(lines(&before, &after), [r#"/a~1b ["x","y"] ["y"]"#, "/~0 1 2"]);
    }
}
