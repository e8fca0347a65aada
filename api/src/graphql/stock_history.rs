//! What happened to a stock item, with what was there after each movement.

use async_graphql::{ID, SimpleObject};
use holdfast_domain::stock::{Movement, MovementAt};

use super::error::Problem;
use super::event::Event;
use super::paging::PageInfo;
use super::scalars::{Long, SignedLong, id};
use crate::cursor::List;
use crate::reading::StockHistory;

/// A part of a stock item's history, the oldest movement first. Where only one location is asked for, it may have fewer
/// movements than `first`, also none, and go on all the same.
#[derive(Debug, SimpleObject)]
pub(super) struct StockMovementConnection {
    /// The movements with their cursors.
    edges: Vec<StockMovementEdge>,
    /// Where the page ends.
    page_info: PageInfo,
}

/// A movement in a history.
#[derive(Debug, SimpleObject)]
pub(super) struct StockMovementEdge {
    /// Its place in the history.
    cursor: String,
    /// The movement.
    node: StockMovement,
}

/// An event of a stock item, with what was there after it.
#[derive(Debug, SimpleObject)]
pub(super) struct StockMovement {
    /// What happened, when, by which command and by whom.
    event: Event,
    /// The order that it was about.
    order_id: Option<ID>,
    /// How many units it was about, of all locations together; less than none where that many were missing.
    quantity: Option<SignedLong>,
    /// The locations that it was about, with what was there after it. One that is not named was as before.
    locations: Vec<StockMovementAt>,
    /// Units that orders waited for after it, where it was about those that wait.
    backordered: Option<Long>,
}

/// What an event has moved at one location, and what was there after it.
#[derive(Debug, SimpleObject)]
pub(super) struct StockMovementAt {
    /// The location.
    location: ID,
    /// How many units it was about here; less than none where that many were missing.
    quantity: Option<SignedLong>,
    /// Sellable units physically there, reserved ones included.
    on_hand: Long,
    /// Of those, held for orders.
    reserved: Long,
    /// Of those, set aside for the backorder queue.
    earmarked: Long,
    /// Of those, never promised.
    safety_stock: Long,
    /// What could still be promised there.
    available: Long,
    /// Kept beside: waiting for inspection.
    quarantine: Long,
    /// Kept beside: cannot be sold.
    damaged: Long,
}

impl TryFrom<StockHistory> for StockMovementConnection {
    type Error = Problem;

    fn try_from(history: StockHistory) -> Result<Self, Problem> {
        let cursor = |position: u64| List::StockMovements.cursor(&position.to_string());
        let edge = |(event, movement): (holdfast_journal::Event, Movement)| {
            let node = StockMovement::of(Event::try_from(&event)?, movement);
            Ok(StockMovementEdge { cursor: cursor(event.position), node })
        };
        let edges = history.items.into_iter().map(edge).collect::<Result<Vec<_>, Problem>>()?;
        // Behind the last that was told there may be some that were looked at and not asked for.
        let end_cursor = history.next.map(cursor).or_else(|| edges.last().map(|edge| edge.cursor.clone()));
        Ok(Self { page_info: PageInfo::of(history.next.is_some(), end_cursor), edges })
    }
}

impl StockMovement {
    fn of(event: Event, movement: Movement) -> Self {
        Self {
            event,
            order_id: movement.order_id.as_ref().map(id),
            quantity: movement.quantity.map(SignedLong),
            locations: movement.locations.into_iter().map(Into::into).collect(),
            backordered: movement.backordered.map(Into::into),
        }
    }
}

impl From<MovementAt> for StockMovementAt {
    fn from(there: MovementAt) -> Self {
        Self {
            location: id(&there.location),
            quantity: there.quantity.map(SignedLong),
            on_hand: there.on_hand.into(),
            reserved: there.reserved.into(),
            earmarked: there.earmarked.into(),
            safety_stock: there.safety_stock.into(),
            available: there.available.into(),
            quarantine: there.quarantine.into(),
            damaged: there.damaged.into(),
        }
    }
}
