//! Orders: one, a list, and the history of one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use holdfast_domain::values::Timestamp;
use holdfast_projections::{OrderFilter, OrderRow, Orders};
use schemars::JsonSchema;
use serde::Deserialize;

use super::extract::{Answer, Merchant, PathId};
use super::page::{Items, Reached, at_position};
use super::query::{AsOfParam, MinPosition, PageParams, Params};
use crate::app::App;
use crate::cursor::List;
use crate::error::ApiError;
use crate::history::EventEnvelope;
use crate::history::order::{OrderHistoryItem, steps};

/// An order: now with its personal data, or at a past time without.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Merchant(merchant): Merchant,
    id: PathId,
    Params(as_of): Params<AsOfParam>,
    Params(min): Params<MinPosition>,
) -> Answer {
    let order = id.order()?;
    min.wait(&app, &merchant).await?;
    let view = match as_of.check(&app, &merchant).await? {
        Some(as_of) => app.queries.order_as_of(merchant.as_str(), order, as_of).await?,
        None => app.queries.order(merchant.as_str(), order).await?,
    };
    let view = view.ok_or(ApiError::UnknownOrder(id.value))?;
    let mut response = Json(&view).into_response();
    // What a person can be erased from must not stay in caches.
    if view.ship_to.as_ref().is_some_and(|ship_to| ship_to.personal.is_some()) {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    // A stale view has the version of another view of the order: its tag is a digest.
    let version = (view.stale != Some(true)).then(|| HeaderValue::try_from(format!("\"{}\"", view.version)));
    if let Some(Ok(version)) = version {
        response.headers_mut().insert(header::ETAG, version);
    }
    Ok(at_position(response, view.position))
}

/// What a history contains.
#[derive(Deserialize, JsonSchema)]
pub(super) struct HistoryParams {
    /// Whether each event has the fields of the order that it changed. Default: false.
    #[serde(default)]
    differences: bool,
}

/// Every event of an order, with the order's status after each.
pub(super) async fn history(
    State(app): State<Arc<App>>,
    Merchant(merchant): Merchant,
    id: PathId,
    Params(HistoryParams { differences }): Params<HistoryParams>,
    Params(as_of): Params<AsOfParam>,
    Params(min): Params<MinPosition>,
) -> Answer {
    let order = id.order()?;
    min.check(&app, &merchant).await?;
    let as_of = as_of.check(&app, &merchant).await?;
    let events = app.queries.order_history(merchant.as_str(), order, as_of).await?;
    let Some(last) = events.last() else { return Err(ApiError::UnknownOrder(id.value)) };
    let position = last.command_end;
    let item = |(event, (status, differences))| {
        Ok(OrderHistoryItem { event: EventEnvelope::of(event)?, status, differences })
    };
    let items = events.iter().zip(steps(&events, differences)?).map(item).collect::<Result<_, ApiError>>()?;
    Ok(Items::<OrderHistoryItem>::new(items, None).respond_at(position))
}

/// When orders were created.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreatedParams {
    /// Only orders created after this time.
    created_after: Option<Timestamp>,
    /// Only orders created before this time.
    created_before: Option<Timestamp>,
}

/// Orders that match a filter, without personal data.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Merchant(merchant): Merchant,
    Params(mut filter): Params<OrderFilter>,
    Params(created): Params<CreatedParams>,
    Params(page): Params<PageParams>,
    Params(min): Params<MinPosition>,
) -> Answer {
    let list = List::Orders(filter.sort);
    let after = page.after(list)?;
    min.wait(&app, &merchant).await?;
    let CreatedParams { created_after, created_before } = created;
    filter.first_position =
        app.queries.created_between(merchant.as_str(), created_after, created_before).await?;
    let reached = Reached::of(&app, Orders::NAME, &merchant);
    let found = app.queries.orders(merchant.as_str(), &filter, after.as_deref(), page.limit()).await?;
    let items = found.items.iter().filter_map(OrderRow::view).collect();
    Ok(reached.respond(items, found.next.map(|next| list.at(next).encode())))
}
