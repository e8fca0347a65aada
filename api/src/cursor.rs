//! Cursors: places in lists, which mean nothing to those who carry them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holdfast_projections::OrderSort;

/// A list that has cursors of its own: they are the same by REST and GraphQL, and nothing to another list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    /// Orders: the position of their first event.
    Orders,
    /// Orders by when they were changed: that moment, and the position of their first event.
    OrdersByChange,
    /// Fulfillment orders: the same, and their number within the order.
    FulfillmentOrders,
    /// A location's board: priority, due date, and the place of the fulfillment order.
    FulfillmentBoard,
    /// A stock item's movements: the position of the last event that was looked at.
    StockMovements,
}

impl List {
    /// The list of orders that is sorted like this.
    pub(crate) fn orders(sort: OrderSort) -> Self {
        if sort.is_by_change() { Self::OrdersByChange } else { Self::Orders }
    }

    const fn mark(self) -> &'static str {
        match self {
            Self::Orders => "o",
            Self::OrdersByChange => "u",
            Self::FulfillmentOrders => "f",
            Self::FulfillmentBoard => "b",
            Self::StockMovements => "m",
        }
    }

    /// How many numbers with a dot between them a place has.
    const fn numbers(self) -> usize {
        match self {
            Self::Orders | Self::StockMovements => 1,
            Self::OrdersByChange | Self::FulfillmentOrders => 2,
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
        let cursor = List::Orders.cursor("12");
        assert_eq!(List::Orders.place(&cursor).as_deref(), Some("12"));
        assert_eq!(List::FulfillmentOrders.place(&cursor), None);
        let cursor = List::FulfillmentOrders.cursor("12.1");
        assert_eq!(List::FulfillmentOrders.place(&cursor).as_deref(), Some("12.1"));
        assert_eq!(List::OrdersByChange.place(&cursor), None);
        for bad in ["", "12", "%", &List::Orders.cursor("x"), &List::Orders.cursor("99999999999999999999")] {
            assert_eq!(List::Orders.place(bad), None, "{bad}");
        }
    }
}
