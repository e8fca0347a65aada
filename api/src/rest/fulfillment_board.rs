//! The fulfillment board: what each location has to do next, and for how long it has been waiting.

use std::sync::Arc;

use axum::extract::State;
use holdfast_domain::values::{LocationId, Timestamp};
use holdfast_projections::{BoardEntry, BoardSummary, Orders, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::caller::{Answered, ForMerchant};
use super::endpoint::Parameter;
use super::fulfillment_orders::Work;
use super::listing::Reached;
use super::parameters::{self, Parameters};
use crate::app::App;
use crate::cursor::List;

/// What there is to do next. More may be added.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", remote = "Stage")]
enum StageName {
    /// The location was asked something and has not answered.
    Answer,
    /// Goods are to be taken from their places.
    Pick,
    /// Picked goods are to be put into parcels.
    Pack,
    /// Parcels are to leave, or to be got ready for who fetches them.
    Ship,
    /// It waits for the customer to fetch it.
    HandOver,
}

/// A stage as it is asked for.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct AskedStage(#[serde(with = "StageName")] Stage);

/// What one location has to do, and since when.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BoardItem {
    /// What there is to do next.
    #[serde(with = "StageName")]
    #[schemars(with = "StageName")]
    stage: Stage,
    /// Since when.
    since: Timestamp,
    /// For how many seconds.
    age_seconds: u64,
    /// By when it is to have left: what the order asks, else what was promised.
    due_at: Option<Timestamp>,
    /// Whether it should have left by now.
    overdue: bool,
    /// The fulfillment order.
    fulfillment_order: Work,
}

impl BoardItem {
    fn of(entry: BoardEntry, now: Timestamp) -> Option<Self> {
        let BoardEntry { stage, stage_since: since, due_at, fulfillment_order, .. } = entry;
        let overdue = due_at.is_some_and(|due_at| due_at < now);
        let fulfillment_order = Work::of(fulfillment_order)?;
        Some(Self { stage, since, age_seconds: since.seconds_until(now), due_at, overdue, fulfillment_order })
    }
}

/// How much there is to do at a location in a stage.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BoardSummaryItem {
    /// The location.
    location: LocationId,
    /// What there is to do next.
    #[serde(with = "StageName")]
    #[schemars(with = "StageName")]
    stage: Stage,
    /// Fulfillment orders in it.
    fulfillment_orders: u64,
    /// Of those, how many should have left by now.
    overdue: u64,
    /// Since when the first of them waits.
    oldest_since: Timestamp,
    /// For how many seconds.
    oldest_age_seconds: u64,
    /// When the next of them is to have left.
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

const LOCATION: Parameter = Parameter::of::<LocationId>("location", "At this location.");

/// What a location's board is asked with.
pub(super) const LIST: &[Parameter] = &[
    Parameter::of::<LocationId>("location", "At this location: it must be given."),
    Parameter::of::<StageName>("stage", "In this stage: it must be given."),
    parameters::MIN_POSITION,
    parameters::CURSOR,
    parameters::LIMIT,
];

/// What the summary is asked with.
pub(super) const SUMMARY: &[Parameter] = &[LOCATION, parameters::MIN_POSITION];

/// What a location has to do next in a stage, the most urgent first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    ForMerchant(merchant): ForMerchant,
    given: Parameters,
) -> Answered {
    let must = |name| parameters::invalid(name, "must be given");
    let location: LocationId = given.optional("location")?.ok_or_else(|| must("location"))?;
    let AskedStage(stage) = given.optional("stage")?.ok_or_else(|| must("stage"))?;
    let after = given.cursor(List::FulfillmentBoard)?;
    let limit = given.limit()?;
    given.wait(&app, &merchant).await?;
    let reached = Reached::of(&app, Orders::NAME, &merchant);
    let page = app.reading.board(merchant.as_str(), (&location, stage), after.as_deref(), limit).await?;
    let now = app.commands.clock().now();
    let items: Vec<BoardItem> =
        page.items.into_iter().filter_map(|entry| BoardItem::of(entry, now)).collect();
    let next_cursor = page.next.map(|next| List::FulfillmentBoard.at(next).encode());
    Ok(reached.answer(items, next_cursor))
}

/// How much there is to do, by location and stage.
pub(super) async fn summary(
    State(app): State<Arc<App>>,
    ForMerchant(merchant): ForMerchant,
    given: Parameters,
) -> Answered {
    let location: Option<LocationId> = given.optional("location")?;
    given.wait(&app, &merchant).await?;
    let reached = Reached::of(&app, Orders::NAME, &merchant);
    let now = app.commands.clock().now();
    let found = app.reading.board_summary(merchant.as_str(), location.as_ref(), now).await?;
    let items: Vec<BoardSummaryItem> =
        found.into_iter().map(|summary| BoardSummaryItem::of(summary, now)).collect();
    Ok(reached.answer(items, None))
}
