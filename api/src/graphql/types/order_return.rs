//! Returns.

use async_graphql::{ID, SimpleObject};
use serde::Deserialize;

use super::scalars::Long;
use crate::graphql::connection::Items;

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct OrderReturn {
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    pub(super) return_id: ID,
    reason: String,
    open: bool,
    lapses_at: Option<String>,
    closed_reason: Option<String>,
    pub(in crate::graphql) lines: Items<OrderReturnLine>,
}

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct OrderReturnLine {
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    pub(super) line: u32,
    requested: Long,
    received: Long,
    scrapped: Long,
}
