//! What is not as it was: two states of something, compared value by value.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// A value that is not what it was before.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Difference {
    /// Which: a JSON pointer (RFC 6901).
    pub pointer: String,
    /// What it was; absent where there was none.
    pub before: Option<Value>,
    /// What it is; absent where there is none.
    pub after: Option<Value>,
}

/// What is not as it was. Lists are compared place by place, and those of plain values as one value.
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
                compare(&under(pointer, name), before.get(name), after.get(name), found);
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(after)))
            if before.iter().chain(after).any(Value::is_object) =>
        {
            for place in 0..before.len().max(after.len()) {
                let pointer = under(pointer, &place.to_string());
                compare(&pointer, before.get(place), after.get(place), found);
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

fn under(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(before: &Value, after: &Value) -> Vec<String> {
        let text = |value: Option<Value>| value.map_or("nothing".to_owned(), |value| value.to_string());
        let line = |found: Difference| {
            let (was, is) = (text(found.before), text(found.after));
            // Applied to the state before, it gives the state after.
            assert_eq!(text(before.pointer(&found.pointer).cloned()), was);
            assert_eq!(text(after.pointer(&found.pointer).cloned()), is);
            format!("{} {was} {is}", found.pointer)
        };
        differences(before, after).into_iter().map(line).collect()
    }

    #[test]
    fn only_what_is_not_as_it_was_is_told() {
        let before = json!({ "status": "created", "lines": [{ "n": 1, "held": 0 }, { "n": 2, "held": 0 }], "same": [1] });
        let after = json!({ "status": "reserved", "lines": [{ "n": 1, "held": 0 }, { "n": 2, "held": 3 }], "same": [1] });
        assert_eq!(told(&before, &after), ["/lines/1/held 0 3", r#"/status "created" "reserved""#]);
        assert_eq!(told(&after, &after), [""; 0]);
    }

    #[test]
    fn what_comes_and_goes_is_told_whole() {
        let before = json!({ "until": 7, "parts": [{ "id": "a" }, { "id": "b" }] });
        let after = json!({ "parts": [{ "id": "a" }], "ref": { "x": 1 } });
        let expected = [r#"/parts/1 {"id":"b"} nothing"#, "/until 7 nothing", r#"/ref nothing {"x":1}"#];
        assert_eq!(told(&before, &after), expected);
    }

    #[test]
    fn a_list_of_plain_values_is_one_value_and_odd_names_are_escaped() {
        let (before, after) = (json!({ "a/b": ["x", "y"], "~": 1 }), json!({ "a/b": ["y"], "~": 2 }));
        assert_eq!(told(&before, &after), [r#"/a~1b ["x","y"] ["y"]"#, "/~0 1 2"]);
    }
}
