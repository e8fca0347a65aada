//! Money: an exact decimal in the order's currency, written as a string.

use std::borrow::Cow;
use std::fmt;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An amount of money in the currency stated beside it, to at most six decimals.
///
/// It is written as it came, so `10.50` stays `10.50`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(Decimal);

impl Amount {
    /// Reads a plain decimal such as `12.50`; no exponent, at most 15 digits before and 6 after the point.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_digit())
        };
        if !plain(whole, 15) || !plain(fraction, 6) {
            return None;
        }
        text.parse().ok().map(Self)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom("must be a decimal string with at most 15 digits before and 6 after the point")
        })
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A decimal in the order's currency.",
            "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_keeps_the_digits_it_came_with() {
        let amount: Amount = serde_json::from_str("\"10.50\"").unwrap();
        assert_eq!(serde_json::to_string(&amount).unwrap(), "\"10.50\"");
    }

    #[test]
    fn an_amount_is_a_plain_decimal() {
        for bad in ["", "1e3", ".5", "5.", "1,5", "abc", "--1", "1.2345678", "1234567890123456", " 1"] {
            assert_eq!(Amount::parse(bad), None, "{bad:?}");
        }
        assert!(Amount::parse("-0.01").is_some());
    }
}
