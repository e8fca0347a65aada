//! Cursors: opaque positions in lists, the same by REST and GraphQL. A cursor is valid only for the list that issued it.

use holdfast_projections::OrderSort;
use serde::{Deserialize, Serialize};

use crate::opaque;

/// A list that issues cursors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List<'a> {
    /// Orders in one sort order: the position of the first event, preceded by the time of the last change if the list is
    /// sorted by that.
    Orders(OrderSort),
    /// Fulfillment orders: the position of the order's first event, and the number within the order.
    FulfillmentOrders,
    /// A location's board: priority, due date, and the place of the fulfillment order.
    FulfillmentBoard,
    /// Stock movements of a SKU: the position of the last event examined.
    StockMovements,
    /// The journal: an event's position.
    Events,
    /// A list that is complete in memory, by the name of its items' type: the item's offset, from 0.
    InMemory(&'a str),
}

/// A place in a list: the list's mark, and numbers joined by dots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor(String, String);

impl<'a> List<'a> {
    const fn mark(self) -> &'a str {
        match self {
            Self::Orders(OrderSort::NewestFirst) => "-created",
            Self::Orders(OrderSort::OldestFirst) => "created",
            Self::Orders(OrderSort::LatestChangeFirst) => "-changed",
            Self::Orders(OrderSort::EarliestChangeFirst) => "changed",
            Self::FulfillmentOrders => "fulfillmentOrders",
            Self::FulfillmentBoard => "fulfillmentBoard",
            Self::StockMovements => "stockMovements",
            Self::Events => "events",
            Self::InMemory(name) => name,
        }
    }

    /// How many numbers a place has.
    fn numbers(self) -> usize {
        match self {
            Self::Orders(sort) => 1 + usize::from(sort.is_by_change()),
            Self::StockMovements | Self::Events | Self::InMemory(_) => 1,
            Self::FulfillmentOrders => 2,
            Self::FulfillmentBoard => 4,
        }
    }

    /// The cursor of a place.
    #[allow(clippy::needless_pass_by_value, reason = "callers pass numbers and format_args!")]
    pub(crate) fn at(self, place: impl ToString) -> Cursor {
        Cursor(self.mark().to_owned(), place.to_string())
    }

    /// Decodes a cursor to its place. None if another list issued it. `None` if this list has not issued it.
    pub(crate) fn place(self, cursor: &str) -> Option<String> {
        let Cursor(mark, place) = opaque::decode(cursor)?;
        let is_number = |text: &str| text.parse().is_ok_and(|number: i64| number >= 0);
        let is_valid = mark == self.mark()
            && place.split('.').count() == self.numbers()
            && place.split('.').all(is_number);
        is_valid.then_some(place)
    }
}

impl Cursor {
    /// The cursor as clients get it.
    pub(crate) fn encode(&self) -> String {
        opaque::encode(self)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::connection::{CursorType as _, OpaqueCursor};

    use super::*;

    #[test]
    fn a_cursor_is_valid_for_its_own_list_only() {
        let orders = List::Orders(OrderSort::NewestFirst);
        let cursor = orders.at(12).encode();
        assert_eq!(orders.place(&cursor).as_deref(), Some("12"));
        assert_eq!(List::FulfillmentOrders.place(&cursor), None);
        assert_eq!(List::Orders(OrderSort::OldestFirst).place(&cursor), None, "the list would run backwards");
        let cursor = List::FulfillmentOrders.at("12.1").encode();
        assert_eq!(List::FulfillmentOrders.place(&cursor).as_deref(), Some("12.1"));
        assert_eq!(List::Orders(OrderSort::LatestChangeFirst).place(&cursor), None);
        let made_up = [orders.at("x"), orders.at("-1"), orders.at("1.2"), orders.at("99999999999999999999")];
        for bad in made_up.map(|cursor| cursor.encode()) {
            assert_eq!(orders.place(&bad), None, "{bad}");
        }
        for bad in ["", "12", "%"] {
            assert_eq!(orders.place(bad), None, "{bad}");
        }
    }

    #[test]
    fn rest_and_graphql_encode_a_cursor_alike() {
        let cursor = List::FulfillmentBoard.at("1.2.3.4");
        assert_eq!(OpaqueCursor(cursor.clone()).encode_cursor(), cursor.encode());
    }
}
