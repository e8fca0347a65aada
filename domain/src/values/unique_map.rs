//! JSON objects that are maps: a name must not occur twice in one, because only one of its values could count.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Update;

struct UniqueMap<K, V>(PhantomData<(K, V)>);

impl<'de, K, V> Visitor<'de> for UniqueMap<K, V>
where
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    type Value = BTreeMap<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some((key, value)) = map.next_entry::<K, V>()? {
            if entries.contains_key(&key) {
                return Err(A::Error::custom(format_args!(
                    "the name \"{key}\" occurs more than once; send it once"
                )));
            }
            entries.insert(key, value);
        }
        Ok(entries)
    }
}

/// Reads a map in which each name occurs once.
pub(super) fn unique_map<'de, D, K, V>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    deserializer.deserialize_map(UniqueMap(PhantomData))
}

/// Reads the update of a map in which each name occurs once.
pub(crate) fn updated_map<'de, D, K, V>(deserializer: D) -> Result<Update<BTreeMap<K, V>>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    #[derive(Deserialize)]
    #[serde(transparent, bound = "K: Deserialize<'de> + Ord + fmt::Display, V: Deserialize<'de>")]
    struct Map<K, V>(#[serde(deserialize_with = "unique_map")] BTreeMap<K, V>);
    Ok(Option::<Map<K, V>>::deserialize(deserializer)?.map_or(Update::Clear, |map| Update::Set(map.0)))
}

#[cfg(test)]
mod tests {
    use crate::stock::SetStockPolicy;
    use crate::values::Attributes;

    #[test]
    fn a_name_that_occurs_twice_in_a_map_is_refused() {
        let twice = serde_json::from_str::<Attributes>(r#"{"gift": "yes", "gift": "no"}"#);
        assert_eq!(
            twice.unwrap_err().to_string(),
            "the name \"gift\" occurs more than once; send it once at line 1 column 29"
        );
        for field in ["safetyStock", "channelLimits"] {
            let json = format!(r#"{{"sku": "A", "{field}": {{"x": 1, "x": 2}}}}"#);
            assert!(serde_json::from_str::<SetStockPolicy>(&json).is_err(), "{field}");
            let null = format!(r#"{{"sku": "A", "{field}": null}}"#);
            assert!(serde_json::from_str::<SetStockPolicy>(&null).is_ok(), "{field}");
        }
    }
}
