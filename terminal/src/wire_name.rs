//! The names of enum variants in JSON.

use serde::Serialize;

/// Returns the JSON name of an enum variant without fields; the empty string for any other value.
pub fn wire_name(variant: &impl Serialize) -> String {
    match serde_json::to_value(variant) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}
