//! Serializes bytes of JSON as the JSON value that they contain.

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Error, Serialize, Serializer};
use serde_json::value::RawValue;

pub(crate) fn serialize<S: Serializer>(json: &impl AsRef<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
    serde_json::from_slice::<&RawValue>(json.as_ref()).map_err(S::Error::custom)?.serialize(serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: From<Vec<u8>>>(json: D) -> Result<T, D::Error> {
    Ok(Box::<str>::from(Box::<RawValue>::deserialize(json)?).into_string().into_bytes().into())
}
