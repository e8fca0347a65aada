//! The fulfillment board: the next step of each location for each fulfillment order.

use async_graphql::{ID, SimpleObject};
use holdfast_domain::values::{MerchantId, Timestamp};
use holdfast_projections::{self as projections, Stage};

use super::choice::Choice;
use super::fulfillment_order::FulfillmentOrder;
use super::scalars::{DateTime, Long, id};
use crate::graphql::error::Problem;

/// A fulfillment order on a location's board.
#[derive(Debug, Clone, SimpleObject)]
pub(in crate::graphql) struct BoardEntry {
    /// The next step of the location.
    stage: Choice<Stage>,
    /// When the fulfillment order entered the stage.
    since: DateTime,
    /// The time since `since`, in seconds.
    age_seconds: Long,
    /// The latest time to ship: the order's `shipBy`, or else the promised date. Null without both.
    due_at: Option<DateTime>,
    /// Whether `dueAt` has passed.
    overdue: bool,
    fulfillment_order: FulfillmentOrder,
}

impl BoardEntry {
    /// An entry of a merchant's board at the time `now`.
    pub(in crate::graphql) fn new(
        merchant: &MerchantId,
        entry: projections::BoardEntry,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        Ok(Self {
            stage: Choice(entry.stage),
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
    location: ID,
    /// The next step of the location.
    stage: Choice<Stage>,
    /// The number of fulfillment orders in the stage.
    fulfillment_orders: Long,
    /// The number of fulfillment orders whose `dueAt` has passed.
    overdue: Long,
    /// When the oldest fulfillment order entered the stage.
    oldest_since: DateTime,
    /// The time since `oldestSince`, in seconds.
    oldest_age_seconds: Long,
    /// The earliest `dueAt`. Null if no fulfillment order has one.
    next_due_at: Option<DateTime>,
}

impl BoardSummary {
    /// A summary at the time `now`.
    pub(in crate::graphql) fn new(summary: &projections::BoardSummary, now: Timestamp) -> Self {
        Self {
            location: id(&summary.location),
            stage: Choice(summary.stage),
            fulfillment_orders: summary.fulfillment_orders.into(),
            overdue: summary.overdue.into(),
            oldest_since: DateTime(summary.oldest_since),
            oldest_age_seconds: summary.oldest_since.seconds_until(now).into(),
            next_due_at: summary.next_due_at.map(DateTime),
        }
    }
}
