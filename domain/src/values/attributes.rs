//! Callers' own data, stored and returned unread.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::unique_map::unique_map;
use super::{Reference, Text};

/// A map of callers' data has too many entries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("has more than {} entries", Attributes::LIMIT)]
pub struct TooManyEntries;

macro_rules! bounded_map {
    ($(#[$doc:meta])* $name:ident, $value:ty, $longest:literal) => {
        $(#[$doc])*
        #[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
        #[serde(transparent)]
        pub struct $name(BTreeMap<Text<64>, $value>);

        impl $name {
            /// The most entries.
            pub const LIMIT: usize = 50;

            /// Whether it has no entries.
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let entries = unique_map(deserializer)?;
                if entries.len() > Self::LIMIT { Err(D::Error::custom(TooManyEntries)) } else { Ok(Self(entries)) }
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "object",
                    "maxProperties": 50,
                    "propertyNames": { "minLength": 1, "maxLength": 64 },
                    "additionalProperties": { "type": "string", "minLength": 1, "maxLength": $longest }
                })
            }
        }
    };
}

bounded_map!(
    /// Up to 50 pairs of texts that mean something to the caller only. Not for personal data: they are not encrypted.
    Attributes, Text<512>, 512
);
bounded_map!(
    /// The order's names in other systems, by system: up to 50.
    ExternalReferences, Reference, 128
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_has_at_most_50_entries() {
        let entries = |count: usize| {
            let pairs: Vec<String> = (0..count).map(|n| format!("\"k{n}\":\"v\"")).collect();
            serde_json::from_str::<Attributes>(&format!("{{{}}}", pairs.join(",")))
        };
        assert!(entries(50).is_ok());
        assert!(entries(51).is_err());
    }
}
