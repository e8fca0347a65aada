//! Upcasters: payloads of older event versions, as the current version has them.

use serde_json::{Value, json};

/// Version 1 had a free text as its reason.
#[allow(clippy::unnecessary_wraps, reason = "as every upcaster")]
pub(super) fn stock_adjusted_1(mut payload: Value) -> Result<Value, serde_json::Error> {
    if let Some(fields) = payload.as_object_mut()
        && let Some(text) = fields.insert("reason".to_owned(), json!("other"))
    {
        fields.insert("note".to_owned(), text);
    }
    Ok(payload)
}

/// Version 1 excluded at most one location.
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
    fn a_free_text_reason_becomes_a_note() {
        let read = json!({ "reason": "other", "note": "fell off the shelf" });
        assert_eq!(stock_adjusted_1(json!({ "reason": "fell off the shelf" })).unwrap(), read);
    }

    #[test]
    fn one_excluded_location_becomes_a_list() {
        for (stored, read) in [
            (json!({ "notAt": "DC-1" }), json!({ "notAt": ["DC-1"] })),
            (json!({ "notAt": null }), json!({})),
            (json!({}), json!({})),
        ] {
            assert_eq!(stock_backordered_1(stored).unwrap(), read);
        }
    }
}
