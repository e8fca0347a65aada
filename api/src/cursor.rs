//! Cursors: places in lists, which mean nothing to those who carry them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holdfast_projections::OrderSort;

/// A list that has cursors of its own: they are the same by REST and GraphQL, and nothing to another list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    /// Orders, sorted like this: the position of their first event, and before it the moment in which they were changed where
    /// they are sorted by that.
    Orders(OrderSort),
    /// Fulfillment orders: the position of their order's first event, and their number within it.
    FulfillmentOrders,
    /// A location's board: priority, due date, and the place of the fulfillment order.
    FulfillmentBoard,
    /// A stock item's movements: the position of the last event that was looked at.
    StockMovements,
}

impl List {
    const fn mark(self) -> &'static str {
        match self {
            Self::Orders(OrderSort::NewestFirst) => "o",
            Self::Orders(OrderSort::OldestFirst) => "p",
            Self::Orders(OrderSort::LatestChangeFirst) => "u",
            Self::Orders(OrderSort::EarliestChangeFirst) => "v",
            Self::FulfillmentOrders => "f",
            Self::FulfillmentBoard => "b",
            Self::StockMovements => "m",
        }
    }

    /// How many numbers with a dot between them a place has.
    fn numbers(self) -> usize {
        match self {
            Self::Orders(sort) => 1 + usize::from(sort.is_by_change()),
            Self::StockMovements => 1,
            Self::FulfillmentOrders => 2,
            Self::FulfillmentBoard => 4,
        }
    }

    /// The cursor of a place.
    pub(crate) fn cursor(self, place: &str) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}{place}", self.mark()))
    }

    /// The place of a cursor; nothing where this list has not given it.
    pub(crate) fn place(self, cursor: &str) -> Option<String> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let place = text.strip_prefix(self.mark())?;
        let is_number = |text: &str| text.parse().is_ok_and(|number: i64| number >= 0);
        let is_sound = place.split('.').count() == self.numbers() && place.split('.').all(is_number);
        is_sound.then(|| place.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_only_good_for_its_own_list() {
        let orders = List::Orders(OrderSort::NewestFirst);
        let cursor = orders.cursor("12");
        assert_eq!(orders.place(&cursor).as_deref(), Some("12"));
        assert_eq!(List::FulfillmentOrders.place(&cursor), None);
        assert_eq!(List::Orders(OrderSort::OldestFirst).place(&cursor), None, "it would turn round");
        let cursor = List::FulfillmentOrders.cursor("12.1");
        assert_eq!(List::FulfillmentOrders.place(&cursor).as_deref(), Some("12.1"));
        assert_eq!(List::Orders(OrderSort::LatestChangeFirst).place(&cursor), None);
        for bad in ["", "12", "%", &orders.cursor("x"), &orders.cursor("99999999999999999999")] {
            assert_eq!(orders.place(bad), None, "{bad}");
        }
    }
}
