//! Reads fields of JSON. A missing required field fails the walk.

use jiff::Timestamp;
use serde_json::Value;

/// A required text.
pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} is a text in {value}"))
}

/// An optional text.
pub fn optional_text(value: &Value, name: &str) -> Option<String> {
    value[name].as_str().map(str::to_owned)
}

/// A required number.
pub fn number(value: &Value, name: &str) -> i64 {
    value[name].as_i64().unwrap_or_else(|| panic!("{name} is a number in {value}"))
}

/// An optional number, 0 if absent.
pub fn number_or_zero(value: &Value, name: &str) -> i64 {
    value[name].as_i64().unwrap_or(0)
}

/// The elements of an optional list.
pub fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// The texts of a list.
pub fn texts(value: &Value, name: &str) -> Vec<String> {
    list(value, name).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// An optional time, in microseconds since 1970.
pub fn time(value: &Value, name: &str) -> Option<i64> {
    let text = value[name].as_str()?;
    let time: Timestamp = text.parse().unwrap_or_else(|error| panic!("{name} is a time: {error}"));
    Some(time.as_microsecond())
}

/// The time a number of microseconds from now, in the format of the API.
pub fn from_now(microseconds: i64) -> String {
    let now = Timestamp::now().as_microsecond();
    Timestamp::from_microsecond(now + microseconds).expect("a time of this century").to_string()
}
