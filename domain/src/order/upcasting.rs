//! What older versions of events meant, as the versions of today say it.

use serde_json::Value;

use crate::values::Period;

/// How long a reservation was to hold was any text at first, and nothing was done about it: what is not a period is left
/// out.
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reservation_for_no_period_holds_for_good() {
        for (stored, read) in [
            (json!({ "reserveFor": "PT30M" }), json!({ "reserveFor": "PT30M" })),
            (json!({ "reserveFor": "half an hour" }), json!({})),
            (json!({}), json!({})),
        ] {
            assert_eq!(order_created_1(stored).unwrap(), read);
        }
    }
}
