//! Lists: their JSON, and the position that an answer includes.

use axum::Json;
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use holdfast_domain::values::MerchantId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;

/// A page of a list.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Items<T> {
    /// The items.
    items: Vec<T>,
    /// The cursor of the next page. Absent on the last page.
    next_cursor: Option<String>,
    /// `true` if an event of the merchant could not be applied, so that items may be outdated or missing. Absent otherwise.
    stale: Option<bool>,
}

impl<T: Serialize> Items<T> {
    /// A page from a complete source.
    pub(super) fn new(items: Vec<T>, next_cursor: Option<String>) -> Self {
        Self { items, next_cursor, stale: None }
    }

    /// As a response.
    pub(super) fn respond(self) -> Response {
        Json(self).into_response()
    }

    /// As a response that includes everything up to a position.
    pub(super) fn respond_at(self, position: u64) -> Response {
        at_position(self.respond(), position)
    }
}

/// The progress of a read model. Taken before the query, whose answer is then at least as recent.
pub(super) struct Reached {
    position: u64,
    has_parked_events: bool,
}

impl Reached {
    /// The progress of a read model for a merchant.
    pub(super) fn of(app: &App, projection: &'static str, merchant: &MerchantId) -> Self {
        let state = app.queries.progress().state(projection, merchant.as_str());
        Self { position: state.position, has_parked_events: state.parked > 0 }
    }

    /// A page that was read from the read model.
    pub(super) fn page<T>(&self, items: Vec<T>, next_cursor: Option<String>) -> Items<T> {
        Items { items, next_cursor, stale: self.has_parked_events.then_some(true) }
    }

    /// The page as a response.
    pub(super) fn respond<T: Serialize>(&self, items: Vec<T>, next_cursor: Option<String>) -> Response {
        self.page(items, next_cursor).respond_at(self.position)
    }
}

/// Adds the journal position that the response includes.
pub(super) fn at_position(mut response: Response, position: u64) -> Response {
    response.headers_mut().insert("journal-position", HeaderValue::from(position));
    response
}
