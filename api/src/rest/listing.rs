//! Lists: their form, and what an answer from a read model includes.

use axum::Json;
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
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
    /// Whether something of the merchant's could not be folded, and some items may be old or missing: `true`, or absent.
    pub(super) stale: Option<bool>,
}

impl<T> Items<T> {
    /// A part of a list that nothing is missing of.
    pub(super) fn of(items: Vec<T>, next_cursor: Option<String>) -> Self {
        Self { items, next_cursor, stale: None }
    }
}

/// How far a read model is.
pub(super) struct Reached {
    /// What is answered from it now is at least as new.
    pub(super) position: u64,
    /// Whether something of the merchant's is parked.
    is_partly_parked: bool,
}

impl Reached {
    /// The build that answers for a merchant.
    pub(super) fn of(app: &App, projection: &'static str, merchant: &MerchantId) -> Self {
        let state = app.reading.progress().state(projection, merchant.as_str());
        Self { position: state.position, is_partly_parked: state.parked > 0 }
    }

    /// An answer of what was there then.
    pub(super) fn answer<T: Serialize>(self, items: Vec<T>, next_cursor: Option<String>) -> Response {
        at_position(self.page(items, next_cursor).into_response(), self.position)
    }

    /// A part of a list of what was there then.
    pub(super) fn page<T: Serialize>(&self, items: Vec<T>, next_cursor: Option<String>) -> Json<Items<T>> {
        Json(Items { items, next_cursor, stale: self.is_partly_parked.then_some(true) })
    }
}

/// The same response, which says what it includes.
pub(super) fn at_position(mut response: Response, position: u64) -> Response {
    response.headers_mut().insert("journal-position", HeaderValue::from(position));
    response
}
