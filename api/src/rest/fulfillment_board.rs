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
    /// When the fulfillment order entered the stage.
    since: Timestamp,
    /// The time since then, in seconds.
    age_seconds: u64,
    /// The time by which it must ship: the order's `shipBy`, or else the promised date.
    due_at: Option<Timestamp>,
    /// True if `dueAt` has passed.
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

/// The number of fulfillment orders of a location in a stage.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BoardSummaryItem {
    location: LocationId,
    stage: Stage,
    /// The number of fulfillment orders in the stage.
    fulfillment_orders: u64,
    /// The number of these fulfillment orders whose `dueAt` has passed.
    overdue: u64,
    /// When the oldest fulfillment order entered the stage.
    oldest_since: Timestamp,
    /// The time since then, in seconds.
    oldest_age_seconds: u64,
    /// The earliest `dueAt`. Absent if no fulfillment order has one.
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

#[derive(Deserialize, JsonSchema)]
pub(super) struct BoardParams {
    /// The location of the board.
    location: LocationId,
    /// The stage of the board.
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

#[derive(Deserialize, JsonSchema)]
pub(super) struct SummaryParams {
    /// Only fulfillment orders of this location. Default: all locations.
    location: Option<LocationId>,
}

/// The number of fulfillment orders by location and stage.
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
