//! Lists in pages: Relay connections.

use async_graphql::SimpleObject;
use holdfast_projections::{FulfillmentOrderRow, OrderRow, OrderSort, Page};

use super::error::Problem;
use super::event::Event;
use super::fulfillment::FulfillmentOrder;
use super::limits::PAGE;
use super::order::Order;
use super::scalars::Long;
use crate::cursor::List;

/// How many items a page has, within its limits.
pub(super) fn page_size(first: i32) -> Result<usize, Problem> {
    let refused = || Problem::invalid("first", format!("must be from 1 to {PAGE}"));
    usize::try_from(first).ok().filter(|_| (1..=PAGE).contains(&first)).ok_or_else(refused)
}

/// The place that a cursor stands for.
pub(super) fn place(list: List, cursor: Option<&str>) -> Result<Option<String>, Problem> {
    let invalid = || Problem {
        code: "invalid_cursor".into(),
        ..Problem::invalid("after", "is not a cursor that this list has given")
    };
    cursor.map(|cursor| list.place(cursor).ok_or_else(invalid)).transpose()
}

/// Where a page ends.
#[derive(Debug, SimpleObject)]
pub(super) struct PageInfo {
    /// Whether there is more after it.
    has_next_page: bool,
    /// The last item's cursor: `after` for the next page.
    end_cursor: Option<String>,
}

impl PageInfo {
    /// Whether there is more, and the last item's cursor.
    pub(super) fn of(has_next_page: bool, end_cursor: Option<String>) -> Self {
        Self { has_next_page, end_cursor }
    }
}

/// A page of orders.
#[derive(Debug, SimpleObject)]
pub(super) struct OrderConnection {
    /// The orders with their cursors.
    edges: Vec<OrderEdge>,
    /// Where the page ends.
    page_info: PageInfo,
}

/// An order in a list.
#[derive(Debug, SimpleObject)]
pub(super) struct OrderEdge {
    /// Its place in the list.
    cursor: String,
    /// The order, without personal data.
    node: Order,
}

impl OrderConnection {
    /// A page of a list that is sorted like this.
    pub(super) fn of(page: &Page<OrderRow>, sort: OrderSort) -> Self {
        let edge = |row: &OrderRow| {
            let cursor = List::Orders(sort).cursor(&sort.cursor(row));
            row.view().map(|view| OrderEdge { cursor, node: Order::from(&view) })
        };
        let edges: Vec<OrderEdge> = page.items.iter().filter_map(edge).collect();
        let end_cursor = edges.last().map(|edge| edge.cursor.clone());
        Self { edges, page_info: PageInfo { has_next_page: page.next.is_some(), end_cursor } }
    }
}

/// A page of fulfillment orders, those of the oldest order first.
#[derive(Debug, SimpleObject)]
pub(super) struct FulfillmentOrderConnection {
    /// The fulfillment orders with their cursors.
    edges: Vec<FulfillmentOrderEdge>,
    /// Where the page ends.
    page_info: PageInfo,
}

/// A fulfillment order in a list.
#[derive(Debug, SimpleObject)]
pub(super) struct FulfillmentOrderEdge {
    /// Its place in the list.
    cursor: String,
    /// The fulfillment order.
    node: FulfillmentOrder,
}

impl From<Page<FulfillmentOrderRow>> for FulfillmentOrderConnection {
    fn from(page: Page<FulfillmentOrderRow>) -> Self {
        let edge = |part: FulfillmentOrderRow| {
            let number = part.view.fulfillment_order_id.number();
            let place = format!("{}.{number}", part.order.first_position);
            FulfillmentOrderEdge { cursor: List::FulfillmentOrders.cursor(&place), node: part.into() }
        };
        let edges: Vec<FulfillmentOrderEdge> = page.items.into_iter().map(edge).collect();
        let end_cursor = edges.last().map(|edge| edge.cursor.clone());
        Self { edges, page_info: PageInfo { has_next_page: page.next.is_some(), end_cursor } }
    }
}

/// A page of the journal, in order. Its cursors are positions. It ends where a command ends, so it may have more
/// than `first` events.
#[derive(Debug, SimpleObject)]
pub(super) struct EventConnection {
    /// The events with their positions.
    edges: Vec<EventEdge>,
    /// Where the page ends.
    page_info: EventPageInfo,
}

/// An event in the journal.
#[derive(Debug, SimpleObject)]
pub(super) struct EventEdge {
    /// Its position.
    cursor: Long,
    /// The event.
    node: Event,
}

/// Where a page of the journal ends.
#[derive(Debug, SimpleObject)]
pub(super) struct EventPageInfo {
    /// Whether there was more after it when it was read.
    has_next_page: bool,
    /// `after` for the next page: the last event's position or, where only some were asked for and there were no more, that
    /// of the end of the journal.
    end_cursor: Long,
}

impl EventConnection {
    /// Events up to a position, and whether there is more behind it.
    pub(super) fn of(
        events: &[holdfast_journal::Event],
        end: u64,
        has_next_page: bool,
    ) -> Result<Self, Problem> {
        let edge = |event: &holdfast_journal::Event| {
            Ok(EventEdge { cursor: event.position.into(), node: event.try_into()? })
        };
        let edges = events.iter().map(edge).collect::<Result<Vec<_>, Problem>>()?;
        let page_info = EventPageInfo { has_next_page, end_cursor: end.into() };
        Ok(Self { edges, page_info })
    }
}
