//! The fulfillment board: what each location has to do next, and since when.

use async_graphql::{ID, SimpleObject};
use holdfast_domain::values::{MerchantId, Timestamp};
use holdfast_projections as projections;

use super::enums::Stage;
use super::fulfillment_order::FulfillmentOrder;
use super::scalars::{DateTime, Long, id};
use crate::graphql::error::Problem;

/// A fulfillment order on a location's board.
#[derive(Debug, Clone, SimpleObject)]
pub(in crate::graphql) struct BoardEntry {
    /// What the location has to do next.
    stage: Stage,
    /// When it entered the stage.
    since: DateTime,
    /// Seconds since then.
    age_seconds: Long,
    /// The latest time to ship: the order's `shipBy`, else the promised date; null if there is neither.
    due_at: Option<DateTime>,
    /// Whether `dueAt` has passed.
    overdue: bool,
    /// The fulfillment order.
    fulfillment_order: FulfillmentOrder,
}

impl BoardEntry {
    /// An entry of a merchant's board at a time.
    pub(in crate::graphql) fn new(
        merchant: &MerchantId,
        entry: projections::BoardEntry,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        Ok(Self {
            stage: entry.stage.into(),
            since: DateTime(entry.stage_since),
            age_seconds: entry.stage_since.seconds_until(now).into(),
            due_at: entry.due_at.map(DateTime),
            overdue: entry.due_at.is_some_and(|due_at| due_at < now),
            fulfillment_order: FulfillmentOrder::current(merchant, entry.fulfillment_order)?,
        })
    }
}

/// The fulfillment orders at a location in one stage.
#[derive(Debug, Clone, SimpleObject)]
pub(in crate::graphql) struct BoardSummary {
    /// The id of the location.
    location: ID,
    /// What the location has to do next.
    stage: Stage,
    /// The number of fulfillment orders.
    fulfillment_orders: Long,
    /// How many of them are past their `dueAt`.
    overdue: Long,
    /// When the oldest of them entered the stage.
    oldest_since: DateTime,
    /// Seconds since then.
    oldest_age_seconds: Long,
    /// The earliest `dueAt`; null if none has one.
    next_due_at: Option<DateTime>,
}

impl BoardSummary {
    /// A summary at a time.
    pub(in crate::graphql) fn new(summary: &projections::BoardSummary, now: Timestamp) -> Self {
        Self {
            location: id(&summary.location),
            stage: summary.stage.into(),
            fulfillment_orders: summary.fulfillment_orders.into(),
            overdue: summary.overdue.into(),
            oldest_since: DateTime(summary.oldest_since),
            oldest_age_seconds: summary.oldest_since.seconds_until(now).into(),
            next_due_at: summary.next_due_at.map(DateTime),
        }
    }
}
