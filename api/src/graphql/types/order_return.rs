//! Returns.

use async_graphql::{ID, SimpleObject};
use serde::Deserialize;

use super::scalars::Long;
use crate::graphql::connection::Items;

/// Goods of an order that the customer sends back together.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct OrderReturn {
    /// Global id: opaque, unique over all types and merchants.
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    /// The return's id, as in REST.
    pub(super) return_id: ID,
    /// The customer's reason, at most 500 characters.
    reason: String,
    /// The units per order line, by number.
    pub(in crate::graphql) lines: Items<OrderReturnLine>,
}

/// A return's share of an order line. All counts are in the SKU's smallest unit.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct OrderReturnLine {
    /// Global id: opaque, unique over all types and merchants.
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    /// The number of the order line.
    pub(super) line: u32,
    /// Units announced.
    requested: Long,
    /// Units received.
    received: Long,
    /// Received units that were scrapped.
    scrapped: Long,
}
