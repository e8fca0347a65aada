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
/// Lists are Relay connections. Lists within an object have 200 items per page unless `first` or `last` says less. A connection
/// whose list is read forward only rejects `last` and `before`.
#[derive(MergedObject, Default)]
pub(super) struct Query(
    nodes::NodeQueries,
    orders::OrderQueries,
    stock::StockQueries,
    journal::JournalQueries,
    merchant::MerchantQueries,
);
