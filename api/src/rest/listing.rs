//! Lists: their form, and cursors that mean nothing to those who carry them.

use axum::http::HeaderValue;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holdfast_domain::values::MerchantId;
use schemars::JsonSchema;
use serde::Serialize;

use super::problem::Problem;
use crate::app::App;

/// A part of a list.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Items<T> {
    /// The items.
    pub(super) items: Vec<T>,
    /// Where the next part begins; absent at the end.
    pub(super) next_cursor: Option<String>,
}

/// What a cursor is of. One list's cursor is nothing to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cursor {
    /// `GET /v1/orders`.
    Orders,
    /// `GET /v1/fulfillment-orders`.
    FulfillmentOrders,
}

impl Cursor {
    const fn mark(self) -> &'static str {
        match self {
            Self::Orders => "o",
            Self::FulfillmentOrders => "f",
        }
    }

    /// How many numbers with a dot between them the place has.
    const fn numbers(self) -> usize {
        match self {
            Self::Orders => 1,
            Self::FulfillmentOrders => 2,
        }
    }

    /// The cursor of a place.
    pub(super) fn seal(self, place: &str) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}{place}", self.mark()))
    }

    /// The place of a cursor.
    pub(super) fn open(self, cursor: &str) -> Result<String, Problem> {
        let invalid = || Problem::bad("invalid_cursor", "the cursor is not one that this list has given");
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| invalid())?;
        let text = String::from_utf8(bytes).map_err(|_| invalid())?;
        let place = text.strip_prefix(self.mark()).ok_or_else(invalid)?;
        let mut numbers = 0;
        for number in place.split('.') {
            number.parse::<i64>().map_err(|_| invalid())?;
            numbers += 1;
        }
        if numbers == self.numbers() { Ok(place.to_owned()) } else { Err(invalid()) }
    }
}

/// How far a read model is: what is answered from it now is at least as new.
pub(super) fn reached(app: &App, projection: &'static str, merchant: &MerchantId) -> u64 {
    app.reading.progress().state(projection, merchant.as_str()).position
}

/// The same response, which says what it includes.
pub(super) fn at_position(mut response: Response, position: u64) -> Response {
    response.headers_mut().insert("journal-position", HeaderValue::from(position));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_only_good_for_its_own_list() {
        let cursor = Cursor::Orders.seal("12");
        assert_eq!(Cursor::Orders.open(&cursor).unwrap(), "12");
        assert!(Cursor::FulfillmentOrders.open(&cursor).is_err());
        let cursor = Cursor::FulfillmentOrders.seal("12.1");
        assert_eq!(Cursor::FulfillmentOrders.open(&cursor).unwrap(), "12.1");
        for bad in ["", "12", "%", &Cursor::Orders.seal("x"), &Cursor::Orders.seal("99999999999999999999")] {
            assert!(Cursor::Orders.open(bad).is_err(), "{bad}");
        }
    }
}
