//! The names of choices, as callers know them.

use serde::Serialize;

/// The name on the wire of a choice.
pub fn name(choice: &impl Serialize) -> String {
    match serde_json::to_value(choice) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}
