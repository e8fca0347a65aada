//! Lists: their form, and what an answer from a read model includes.

use axum::http::HeaderValue;
use axum::response::Response;
use holdfast_domain::values::MerchantId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;

/// A part of a list.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Items<T> {
    /// The items.
    pub(super) items: Vec<T>,
    /// Where the next part begins; absent at the end.
    pub(super) next_cursor: Option<String>,
}

/// How far a read model is: what is answered from it now is at least as new.
pub(super) fn reached(app: &App, projection: &'static str, merchant: &MerchantId) -> u64 {
    app.reading.progress().state(projection, merchant.as_str()).position
}

/// The same response, which says what it includes.
pub(super) fn at_position(mut response: Response, position: u64) -> Response {
    response.headers_mut().insert("journal-position", HeaderValue::from(position));
    response
}
