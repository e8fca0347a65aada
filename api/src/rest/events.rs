//! The events of the journal, as pages or as a feed that stays open.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use holdfast_projections::Causation;
use schemars::JsonSchema;
use serde::Deserialize;

use super::cloud_event::{CloudEvent, EventFilter, EventParams};
use super::event_feed;
use super::extract::{Answer, Merchant};
use super::page::{Items, Reached};
use super::query::{Limit, MinPosition, Params};
use crate::app::App;
use crate::error::ApiError;

/// Which page.
#[derive(Deserialize, JsonSchema)]
pub(super) struct EventPageParams {
    /// Events after this position. Default: 0, the beginning.
    after: Option<u64>,
    /// About how many events the server examines for this page, or returns if an id is given: 1 to 1000. Default: 100. A
    /// page ends with the last event of a command.
    limit: Option<Limit>,
}

/// Events in order. `nextCursor` is the next `after`, also on the last page. With `Accept: text/event-stream` the feed
/// stays open.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Merchant(merchant): Merchant,
    headers: HeaderMap,
    Params(filter): Params<EventParams>,
    Params(page): Params<EventPageParams>,
    Params(min): Params<MinPosition>,
) -> Answer {
    let filter = EventFilter::try_from(filter)?;
    min.check(&app, &merchant).await?;
    let is_feed = accepts_event_stream(&headers);
    let resumed = if is_feed { last_event_id(&headers)? } else { None };
    let after = resumed.or(page.after).unwrap_or(0);
    let parameter = if resumed.is_some() { "Last-Event-ID" } else { "after" };
    app.queries.check_position(merchant.as_str(), parameter, after).await?;
    if is_feed {
        return event_feed::open(&app, merchant, filter, after);
    }
    let limit = Limit::or_default(page.limit);
    let (events, position) = match filter.link() {
        Some(link) => {
            let linked = app.queries.linked_events(merchant.as_str(), link, after, limit).await?;
            (linked.events, linked.position)
        }
        None => {
            let events = app.queries.events(merchant.as_str(), after, limit).await?;
            let position = events.last().map_or(after, |last| last.position);
            (events, position)
        }
    };
    let matching = events.iter().filter(|event| filter.matches(event));
    let items: Vec<CloudEvent> =
        matching.map(|event| CloudEvent::of(&merchant, event)).collect::<Result<_, _>>()?;
    let next = Some(position.to_string());
    let page = match filter.link() {
        Some(_) => Reached::of(&app, Causation::NAME, &merchant).page(items, next),
        None => Items::new(items, next),
    };
    Ok(page.respond_at(position))
}

fn accepts_event_stream(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepts.flat_map(|accepts| accepts.split(',')).any(|kind| {
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"))
    })
}

/// The last event that a reconnecting client received.
fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    let Some(last) = headers.get("last-event-id") else { return Ok(None) };
    let position = last.to_str().ok().and_then(|text| text.parse().ok());
    position.map(Some).ok_or(ApiError::InvalidLastEventId)
}
