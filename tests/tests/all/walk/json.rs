//! Reading fields of JSON that must be there: a feed or an answer that lacks one fails the walk.

use jiff::Timestamp;
use serde_json::Value;

/// A text that must be there.
pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} is a text in {value}"))
}

/// A text, where there is one.
pub fn optional_text(value: &Value, name: &str) -> Option<String> {
    value[name].as_str().map(str::to_owned)
}

/// A number that must be there.
pub fn number(value: &Value, name: &str) -> i64 {
    value[name].as_i64().unwrap_or_else(|| panic!("{name} is a number in {value}"))
}

/// A number; 0 where there is none.
pub fn number_or_zero(value: &Value, name: &str) -> i64 {
    value[name].as_i64().unwrap_or(0)
}

/// The elements of a list; none where there is no list.
pub fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// The texts of a list.
pub fn texts(value: &Value, name: &str) -> Vec<String> {
    list(value, name).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A time in microseconds since 1970, where there is one.
pub fn time(value: &Value, name: &str) -> Option<i64> {
    let text = value[name].as_str()?;
    let time: Timestamp = text.parse().unwrap_or_else(|error| panic!("{name} is a time: {error}"));
    Some(time.as_microsecond())
}

/// A time so many microseconds after the present, as the API takes it.
pub fn from_now(microseconds: i64) -> String {
    let now = Timestamp::now().as_microsecond();
    Timestamp::from_microsecond(now + microseconds).expect("a time of this century").to_string()
}
