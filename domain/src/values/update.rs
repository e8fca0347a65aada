//! An optional value in a command that changes something: absent, null, or a value.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How a command updates an optional value: an absent field keeps it, null clears it, and a value replaces it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Update<T> {
    /// The value stays as it is.
    #[default]
    Keep,
    /// The value is removed, and its default holds again.
    Clear,
    /// The new value.
    Set(T),
}

impl<T> Update<T> {
    /// Whether the value stays as it is.
    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// The new value, where there is one.
    pub const fn new_value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }

    /// The value after the update.
    pub fn apply(&self, value: Option<T>) -> Option<T>
    where
        T: Clone,
    {
        match self {
            Self::Keep => value,
            Self::Clear => None,
            Self::Set(new) => Some(new.clone()),
        }
    }

    /// The value after the update, where a cleared value has a default.
    pub fn apply_or(&self, value: T, default: T) -> T
    where
        T: Clone,
    {
        self.apply(Some(value)).unwrap_or(default)
    }
}

impl<K: Clone + Ord, V: Clone> Update<BTreeMap<K, Option<V>>> {
    /// The entries after the update: null removes an entry, and entries that are not named stay.
    pub fn apply_entries(&self, mut entries: BTreeMap<K, V>) -> BTreeMap<K, V> {
        if matches!(self, Self::Clear) {
            entries.clear();
        }
        for (key, value) in self.new_value().into_iter().flatten() {
            match value {
                Some(value) => drop(entries.insert(key.clone(), value.clone())),
                None => drop(entries.remove(key)),
            }
        }
        entries
    }
}

impl<T> From<T> for Update<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

impl<T: Serialize> Serialize for Update<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.new_value().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Update<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

impl<T: JsonSchema> JsonSchema for Update<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        Option::<T>::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::Update;
    use crate::policy::SetMerchantPolicy;

    #[test]
    fn an_absent_field_keeps_null_clears_and_a_value_replaces() {
        for (json, change, after) in [
            ("{}", Update::Keep, Some(2)),
            (r#"{"splitLimit":null}"#, Update::Clear, None),
            (r#"{"splitLimit":3}"#, Update::Set(3), Some(3)),
        ] {
            let command: SetMerchantPolicy = serde_json::from_str(json).unwrap();
            assert_eq!(command.split_limit, change);
            assert_eq!(command.split_limit.apply(Some(2)), after);
            assert_eq!(serde_json::to_string(&command).unwrap(), json);
        }
    }
}
