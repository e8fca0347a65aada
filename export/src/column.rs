//! What a table's columns are, and where their values come from.

use holdfast_domain::values::{Amount, Timestamp};
use serde_json::value::RawValue;

use super::ExportError;

/// A table that is exported: its name and its columns, in order.
pub struct Table<T: 'static> {
    /// Its name, which is the directory that it is in.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [Column<T>],
}

/// A column. Every value may be missing.
pub struct Column<T> {
    /// Its name.
    pub name: &'static str,
    /// What it holds of a row.
    pub value: Value<T>,
}

/// What a column holds of a row.
pub enum Value<T> {
    /// A text.
    Text(fn(&T) -> Option<String>),
    /// Something that has parts of its own, as JSON.
    Json(fn(&T) -> Json),
    /// A number that is never negative.
    Number(fn(&T) -> Option<u64>),
    /// A moment.
    Time(fn(&T) -> Option<Timestamp>),
    /// Whether something is so.
    Boolean(fn(&T) -> Option<bool>),
    /// An exact decimal.
    Amount(fn(&T) -> Option<Amount>),
}

/// JSON, where there is something to tell.
pub type Json = Result<Option<Box<RawValue>>, serde_json::Error>;

impl<T> Column<T> {
    /// A text.
    pub const fn text(name: &'static str, of: fn(&T) -> Option<String>) -> Self {
        Self { name, value: Value::Text(of) }
    }

    /// JSON.
    pub const fn json(name: &'static str, of: fn(&T) -> Json) -> Self {
        Self { name, value: Value::Json(of) }
    }

    /// A number.
    pub const fn number(name: &'static str, of: fn(&T) -> Option<u64>) -> Self {
        Self { name, value: Value::Number(of) }
    }

    /// A moment.
    pub const fn time(name: &'static str, of: fn(&T) -> Option<Timestamp>) -> Self {
        Self { name, value: Value::Time(of) }
    }

    /// Whether something is so.
    pub const fn boolean(name: &'static str, of: fn(&T) -> Option<bool>) -> Self {
        Self { name, value: Value::Boolean(of) }
    }

    /// An exact decimal.
    pub const fn amount(name: &'static str, of: fn(&T) -> Option<Amount>) -> Self {
        Self { name, value: Value::Amount(of) }
    }

    /// What JSON of this column could not be written.
    pub fn no_json(&self) -> impl FnOnce(serde_json::Error) -> ExportError {
        let column = self.name;
        move |reason| ExportError::NoJson { column, reason }
    }
}

/// Something as JSON, where there is something.
pub fn json<V: serde::Serialize>(value: Option<&V>) -> Json {
    value.map(serde_json::value::to_raw_value).transpose()
}

/// A list as JSON, where there is anything in it.
pub fn list<V: serde::Serialize>(values: &[V]) -> Json {
    json((!values.is_empty()).then_some(&values))
}
