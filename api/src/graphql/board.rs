//! The fulfillment board: what each location has to do next, and for how long it has been waiting.

use async_graphql::{ID, SimpleObject};
use holdfast_domain::values::Timestamp;
use holdfast_projections::{self as projections, Page};

use super::enums::Stage;
use super::fulfillment::FulfillmentOrder;
use super::paging::PageInfo;
use super::scalars::{DateTime, Long, id};
use crate::cursor::List;

/// A page of what a location has to do, the most urgent first.
#[derive(Debug, SimpleObject)]
pub(super) struct BoardConnection {
    /// What there is to do, with its cursors.
    edges: Vec<BoardEdge>,
    /// Where the page ends.
    page_info: PageInfo,
}

/// Something to do, in a list.
#[derive(Debug, SimpleObject)]
pub(super) struct BoardEdge {
    /// Its place in the list.
    cursor: String,
    /// What there is to do.
    node: BoardEntry,
}

/// What one location has to do, and since when.
#[derive(Debug, SimpleObject)]
pub(super) struct BoardEntry {
    /// What there is to do next.
    stage: Stage,
    /// Since when.
    since: DateTime,
    /// For how many seconds.
    age_seconds: Long,
    /// By when it is to have left: what the order asks, else what was promised.
    due_at: Option<DateTime>,
    /// Whether it should have left by now.
    overdue: bool,
    /// The fulfillment order.
    fulfillment_order: FulfillmentOrder,
}

impl BoardConnection {
    /// A page as it is at a moment.
    pub(super) fn of(page: Page<projections::BoardEntry>, now: Timestamp) -> Self {
        let edge = |entry: projections::BoardEntry| BoardEdge {
            cursor: List::FulfillmentBoard.cursor(entry.cursor()),
            node: BoardEntry {
                stage: entry.stage.into(),
                since: DateTime(entry.stage_since),
                age_seconds: entry.stage_since.seconds_until(now).into(),
                due_at: entry.due_at.map(DateTime),
                overdue: entry.due_at.is_some_and(|due_at| due_at < now),
                fulfillment_order: entry.fulfillment_order.into(),
            },
        };
        let edges: Vec<BoardEdge> = page.items.into_iter().map(edge).collect();
        let page_info = PageInfo::of(page.next.is_some(), edges.last().map(|edge| edge.cursor.clone()));
        Self { edges, page_info }
    }
}

/// How much there is to do at a location in a stage.
#[derive(Debug, SimpleObject)]
pub(super) struct BoardSummary {
    /// The location.
    location: ID,
    /// What there is to do next.
    stage: Stage,
    /// Fulfillment orders in it.
    fulfillment_orders: Long,
    /// Of those, how many should have left by now.
    overdue: Long,
    /// Since when the first of them waits.
    oldest_since: DateTime,
    /// For how many seconds.
    oldest_age_seconds: Long,
    /// When the next of them is to have left.
    next_due_at: Option<DateTime>,
}

impl BoardSummary {
    /// As it is at a moment.
    pub(super) fn of(summary: &projections::BoardSummary, now: Timestamp) -> Self {
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
