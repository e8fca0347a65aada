//! What older versions of events meant, as the versions of today say it.

use serde_json::{Value, json};

/// Why on hand was adjusted was any text at first.
#[allow(clippy::unnecessary_wraps, reason = "as every upcaster")]
pub(super) fn stock_adjusted_1(mut payload: Value) -> Result<Value, serde_json::Error> {
    if let Some(fields) = payload.as_object_mut()
        && let Some(text) = fields.insert("reason".to_owned(), json!("other"))
    {
        fields.insert("note".to_owned(), text);
    }
    Ok(payload)
}

/// An order in the queue remembered only the last location that does not ship it.
#[allow(clippy::unnecessary_wraps, reason = "as every upcaster")]
pub(super) fn stock_backordered_1(mut payload: Value) -> Result<Value, serde_json::Error> {
    if let Some(fields) = payload.as_object_mut()
        && let Some(location) = fields.remove("notAt").filter(Value::is_string)
    {
        fields.insert("notAt".to_owned(), json!([location]));
    }
    Ok(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_of_any_text_is_a_note() {
        let read = json!({ "reason": "other", "note": "fell off the shelf" });
        assert_eq!(stock_adjusted_1(json!({ "reason": "fell off the shelf" })).unwrap(), read);
    }

    #[test]
    fn one_location_that_does_not_ship_it_is_a_list_of_one() {
        for (stored, read) in [
            (json!({ "notAt": "DC-1" }), json!({ "notAt": ["DC-1"] })),
            (json!({ "notAt": null }), json!({})),
            (json!({}), json!({})),
        ] {
            assert_eq!(stock_backordered_1(stored).unwrap(), read);
        }
    }
}
