//! Order lines and charges.

use async_graphql::{ID, SimpleObject};
use serde::Deserialize;
use serde_json::Value;

use super::scalars::{DateTime, Decimal, Long};

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct OrderLine {
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    pub(super) line: u32,
    line_ref: Option<String>,
    sku: String,
    quantity: Long,
    requires_stock: bool,
    unit: Option<Decimal>,
    total: Option<Decimal>,
    tax: Option<Decimal>,
    discount: Option<Decimal>,
    bundle: Option<BundleLine>,
    attributes: Option<Value>,
    reserved: Long,
    backordered: Long,
    picked: Long,
    packed: Long,
    shipped: Long,
    delivered: Long,
    fulfilled: Long,
    cancelled: Long,
    returned: Long,
    promised_at: Option<DateTime>,
}

/// The bundle to which the units of a line belong.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct BundleLine {
    sku: String,
    quantity: Long,
    line_ref: Option<String>,
    component: u32,
}

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct Charge {
    code: String,
    amount: Decimal,
    tax: Option<Decimal>,
}
