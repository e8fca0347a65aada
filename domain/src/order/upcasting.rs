//! Turns payloads of earlier event versions into those of the next version.

use serde_json::Value;

use super::choices::DiscrepancyCode;
use crate::values::Period;

/// Version 1 allowed any text in `reserveFor`, and ignored it: text that is no period is left out.
#[allow(clippy::unnecessary_wraps, reason = "as every upcaster")]
pub(super) fn order_created_1(mut payload: Value) -> Result<Value, serde_json::Error> {
    let is_period = |text: &Value| text.as_str().is_some_and(|text| text.parse::<Period>().is_ok());
    if let Some(fields) = payload.as_object_mut()
        && !fields.get("reserveFor").is_some_and(is_period)
    {
        fields.remove("reserveFor");
    }
    Ok(payload)
}

/// Version 1 had a text for people, and did not limit the codes.
pub(super) fn discrepancy_recorded_1(mut payload: Value) -> Result<Value, serde_json::Error> {
    if let Some(fields) = payload.as_object_mut() {
        fields.remove("detail");
        let code = fields.get("code").cloned().unwrap_or_default();
        let code = serde_json::from_value(code).unwrap_or(DiscrepancyCode::Other);
        fields.insert("code".to_owned(), serde_json::to_value(code)?);
    }
    Ok(payload)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_that_is_no_period_is_left_out() {
        for (stored, read) in [
            (json!({ "reserveFor": "PT30M" }), json!({ "reserveFor": "PT30M" })),
            (json!({ "reserveFor": "half an hour" }), json!({})),
            (json!({}), json!({})),
        ] {
            assert_eq!(order_created_1(stored).unwrap(), read);
        }
    }

    #[test]
    fn discrepancies_lose_their_text_and_keep_known_codes() {
        for (stored, code) in [("shipped_unpaid", "shipped_unpaid"), ("shipping", "other")] {
            let stored = json!({ "code": stored, "detail": "goods left that are not paid" });
            assert_eq!(discrepancy_recorded_1(stored).unwrap(), json!({ "code": code }));
        }
    }
}
