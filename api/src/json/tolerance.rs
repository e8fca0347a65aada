//! Values that other systems write in another form: an empty text for an absent one, and `2.0` or `1e1` for a whole number.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::error::ApiError;

/// The largest number up to which every whole number has a binary floating-point number of its own: 2^53.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// Reads the JSON as sent; if that fails, reads the result of [`tolerant`]. Returns the error of the last attempt: it is not
/// about a value that is tolerated.
pub(crate) fn read_tolerantly<T>(
    json: &[u8],
    read: impl Fn(&[u8]) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    read(json).or_else(|error| match tolerant(json) {
        Some(json) => read(&json),
        None => Err(error),
    })
}

/// Fields in which an empty text counts as absent. In other fields an empty text stays and is refused: without a `packageId`, for
/// example, a report is about all packages.
const OPTIONAL_TEXT_FIELDS: [&str; 19] = [
    "address",
    "attributes",
    "city",
    "company",
    "customerRef",
    "email",
    "externalRefs",
    "instructions",
    "lineRef",
    "note",
    "phone",
    "postalCode",
    "raw",
    "reference",
    "region",
    "service",
    "serviceLevel",
    "street",
    "wmsRef",
];

/// The same JSON without empty optional texts, and with integers for whole numbers. `None` if that changes nothing, or if it
/// cannot be read.
pub(crate) fn tolerant(json: &[u8]) -> Option<Vec<u8>> {
    let Unambiguous(value) = serde_json::from_slice(json).ok()?;
    let simplified = simplify(value.clone());
    if simplified == value { None } else { serde_json::to_vec(&simplified).ok() }
}

/// A value without empty optional texts, and with integers for whole numbers.
pub(crate) fn simplify(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(simplify).collect(),
        Value::Object(fields) => {
            let simplified = |(name, value): (String, Value)| {
                let is_optional_text = OPTIONAL_TEXT_FIELDS.contains(&name.as_str());
                let value = if is_optional_text { without_empty_texts(value)? } else { simplify(value) };
                Some((name, value))
            };
            Value::Object(fields.into_iter().filter_map(simplified).collect())
        }
        Value::Number(number) => Value::Number(whole(&number).unwrap_or(number)),
        other => other,
    }
}

/// The value of an optional text field without its empty texts; `None` for an empty text.
fn without_empty_texts(value: Value) -> Option<Value> {
    Some(match value {
        Value::String(text) if text.trim().is_empty() => return None,
        Value::Array(values) => values.into_iter().filter_map(without_empty_texts).collect(),
        Value::Object(fields) => {
            let filled = |(name, value)| Some((name, without_empty_texts(value)?));
            Value::Object(fields.into_iter().filter_map(filled).collect())
        }
        other => simplify(other),
    })
}

/// The integer that a floating-point number is equal to, where there is one.
fn whole(number: &Number) -> Option<Number> {
    let value = number.as_f64().filter(|value| number.is_f64() && value.abs() <= LARGEST_EXACT)?;
    (value.fract() == 0.0).then(|| Number::from(value as i64))
}

/// A JSON value in which no object has a field twice.
struct Unambiguous(Value);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UnambiguousVisitor).map(Self)
    }
}

struct UnambiguousVisitor;

impl<'de> Visitor<'de> for UnambiguousVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Unambiguous(value)) = elements.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some((name, Unambiguous(value))) = entries.next_entry::<String, _>()? {
            if fields.insert(name, value).is_some() {
                return Err(A::Error::custom("an object has a field twice"));
            }
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::tolerant;

    fn tolerated(json: &str) -> Option<String> {
        tolerant(json.as_bytes()).map(|json| String::from_utf8(json).unwrap())
    }

    #[test]
    fn an_empty_optional_text_is_absent() {
        let json = r#"{"attributes":{"a":""},"company":"","street":["969 Market"," "],"to":{"phone":""}}"#;
        assert_eq!(tolerated(json).unwrap(), r#"{"attributes":{},"street":["969 Market"],"to":{}}"#);
    }

    #[test]
    fn an_integral_number_is_an_integer() {
        assert_eq!(
            tolerated(r#"{"a":2.0,"b":1e1,"c":-0.0,"d":2.5}"#).unwrap(),
            r#"{"a":2,"b":10,"c":0,"d":2.5}"#
        );
    }

    #[test]
    fn nothing_else_changes() {
        for json in [
            r#"{"packageId":"","lines":"","amount":""}"#,
            r#"{"a":[1,null,true," x "]}"#,
            r#"{"a":1e300}"#,
            r#"{"a":"","a":"x"}"#,
            "{",
            r#""""#,
        ] {
            assert_eq!(tolerated(json), None, "{json}");
        }
    }
}
