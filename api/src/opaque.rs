//! Values that clients store and send back without reading them: base64url of JSON.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Encodes a value. `async_graphql::connection::OpaqueCursor` encodes the same value to the same text.
pub(crate) fn encode(value: &impl Serialize) -> String {
    // The types encoded here have strings and numbers only, so JSON can always be written.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).unwrap_or_default())
}

/// Decodes a text that [`encode`] produced. `None` if it did not.
pub(crate) fn decode<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}
