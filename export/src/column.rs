//! The columns of a table and their values.

use holdfast_domain::values::{Amount, Timestamp};
use serde_json::value::RawValue;

pub struct Table<T: 'static> {
    /// Also the name of its directory.
    pub name: &'static str,
    pub columns: &'static [Column<T>],
}

/// A column: its name and its values. Every value is optional.
pub type Column<T> = (&'static str, Value<T>);

/// The type of a column, with the function that reads its value from a row.
pub enum Value<T> {
    Text(fn(&T) -> Option<String>),
    /// A structured value.
    Json(fn(&T) -> Json),
    Number(fn(&T) -> Option<u64>),
    Time(fn(&T) -> Option<Timestamp>),
    Boolean(fn(&T) -> Option<bool>),
    Amount(fn(&T) -> Option<Amount>),
}

/// An optional JSON value.
pub type Json = Result<Option<Box<RawValue>>, serde_json::Error>;

/// Encodes an optional value as JSON.
pub fn json<V: serde::Serialize>(value: Option<&V>) -> Json {
    value.map(serde_json::value::to_raw_value).transpose()
}

/// Encodes a list as JSON; `None` if it is empty.
pub fn list<V: serde::Serialize>(values: &[V]) -> Json {
    json((!values.is_empty()).then_some(&values))
}
