//! Queries.

mod journal;
mod merchant;
mod nodes;
mod orders;
mod stock;

use async_graphql::MergedObject;

/// All queries. `merchants`, `node` and `nodes` need no merchant. All others are about one: the merchant of the header
/// `Merchant` or, without the header, the only merchant there is.
///
/// Lists are Relay connections. `first` and `last` take 1 to 200. A connection whose list is read forward only rejects
/// `last` and `before`. `minPosition` waits, at most 5 seconds, until the answer includes that position of the journal;
/// `asOf` is a position of the journal or an RFC 3339 time.
#[derive(MergedObject, Default)]
pub(super) struct Query(
    nodes::NodeQueries,
    orders::OrderQueries,
    stock::StockQueries,
    journal::JournalQueries,
    merchant::MerchantQueries,
);
