//! Queries.

mod journal;
mod merchant;
mod nodes;
mod orders;
mod stock;

use async_graphql::MergedObject;

/// All queries. `merchants`, `node` and `nodes` need no merchant. The other queries use the merchant of the header `Merchant`;
/// the header is optional while the store has one merchant.
///
/// Lists are Relay connections. A list within an object has 200 items per page by default. A list that can be read forward only
/// rejects `last` and `before`. A value that is described as absent is null.
#[derive(MergedObject, Default)]
pub(super) struct Query(
    nodes::NodeQueries,
    orders::OrderQueries,
    stock::StockQueries,
    journal::JournalQueries,
    merchant::MerchantQueries,
);
