//! The fulfillment board: the next step for each fulfillment order of a location, and how long it has been waiting.

use std::sync::Arc;

use axum::extract::State;
use holdfast_domain::values::{LocationId, Timestamp};
use holdfast_projections::{BoardEntry, BoardSummary, Orders, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::extract::{Answer, Merchant};
use super::fulfillment_orders::LocationWork;
use super::page::Reached;
use super::query::{MinPosition, PageParams, Params};
use crate::app::App;
use crate::cursor::List;

/// A fulfillment order on the board of its location.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BoardItem {
    stage: Stage,
    /// When it entered the stage.
    since: Timestamp,
    /// The time since then, in seconds.
    age_seconds: u64,
    /// When it must be shipped: the order's `shipBy`, or else the promised date.
    due_at: Option<Timestamp>,
    /// Whether it is still here after `dueAt`.
    overdue: bool,
    fulfillment_order: LocationWork,
}

impl BoardItem {
    fn of(entry: BoardEntry, now: Timestamp) -> Option<Self> {
        let BoardEntry { stage, stage_since: since, due_at, fulfillment_order, .. } = entry;
        let overdue = due_at.is_some_and(|due_at| due_at < now);
        let fulfillment_order = LocationWork::of(fulfillment_order)?;
        Some(Self { stage, since, age_seconds: since.seconds_until(now), due_at, overdue, fulfillment_order })
    }
}

/// The work of a location in a stage.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BoardSummaryItem {
    location: LocationId,
    stage: Stage,
    /// The number of fulfillment orders in the stage.
    fulfillment_orders: u64,
    /// How many of them are overdue.
    overdue: u64,
    /// When the oldest of them entered the stage.
    oldest_since: Timestamp,
    /// The time since then, in seconds.
    oldest_age_seconds: u64,
    /// When the next of them must be shipped.
    next_due_at: Option<Timestamp>,
}

impl BoardSummaryItem {
    fn of(summary: BoardSummary, now: Timestamp) -> Self {
        let BoardSummary { location, stage, fulfillment_orders, overdue, oldest_since, next_due_at } =
            summary;
        let oldest_age_seconds = oldest_since.seconds_until(now);
        Self { location, stage, fulfillment_orders, overdue, oldest_since, oldest_age_seconds, next_due_at }
    }
}

/// Which board.
#[derive(Deserialize, JsonSchema)]
pub(super) struct BoardParams {
    /// The location.
    location: LocationId,
    /// The stage.
    stage: Stage,
}

/// The fulfillment orders of a location in a stage, most urgent first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Merchant(merchant): Merchant,
    Params(BoardParams { location, stage }): Params<BoardParams>,
    Params(page): Params<PageParams>,
    Params(min): Params<MinPosition>,
) -> Answer {
    let after = page.after(List::FulfillmentBoard)?;
    min.wait(&app, &merchant).await?;
    let reached = Reached::of(&app, Orders::NAME, &merchant);
    let board = (&location, stage);
    let found = app.queries.board(merchant.as_str(), board, after.as_deref(), page.limit()).await?;
    let now = app.commands.clock().now();
    let items = found.items.into_iter().filter_map(|entry| BoardItem::of(entry, now)).collect();
    Ok(reached.respond(items, found.next.map(|next| List::FulfillmentBoard.at(next).encode())))
}

/// Which boards.
#[derive(Deserialize, JsonSchema)]
pub(super) struct SummaryParams {
    /// Only this location.
    location: Option<LocationId>,
}

/// The work by location and stage.
pub(super) async fn summary(
    State(app): State<Arc<App>>,
    Merchant(merchant): Merchant,
    Params(SummaryParams { location }): Params<SummaryParams>,
    Params(min): Params<MinPosition>,
) -> Answer {
    min.wait(&app, &merchant).await?;
    let reached = Reached::of(&app, Orders::NAME, &merchant);
    let now = app.commands.clock().now();
    let found = app.queries.board_summary(merchant.as_str(), location.as_ref(), now).await?;
    let items = found.into_iter().map(|summary| BoardSummaryItem::of(summary, now)).collect();
    Ok(reached.respond(items, None))
}
