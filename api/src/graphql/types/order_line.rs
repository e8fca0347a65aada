//! Order lines and charges.

use async_graphql::{ID, SimpleObject};
use serde::Deserialize;
use serde_json::Value;

use super::scalars::{DateTime, Decimal, Long};

/// An order line. `quantity = pending + backordered + reserved + shipped + cancelled`; pending units are not sourced yet.
/// All counts are in the SKU's smallest unit.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct OrderLine {
    /// Global id: opaque, unique over all types and merchants.
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    /// The line's number within the order, from 1.
    pub(super) line: u32,
    /// The sender's reference for the line.
    line_ref: Option<String>,
    /// The SKU ordered.
    sku: String,
    /// Units ordered, 1 to 1,000,000,000.
    quantity: Long,
    /// Price per unit.
    unit: Option<Decimal>,
    /// Price of the line.
    total: Option<Decimal>,
    /// Tax of the line.
    tax: Option<Decimal>,
    /// Discount on the line.
    discount: Option<Decimal>,
    /// The sender's own data: an object of strings.
    attributes: Option<Value>,
    /// Units reserved and not shipped; picked and packed units included.
    reserved: Long,
    /// Units that wait for supply.
    backordered: Long,
    /// Units picked; packed and shipped units included.
    picked: Long,
    /// Units packed; shipped units included.
    packed: Long,
    /// Units shipped; delivered units included.
    shipped: Long,
    /// Units delivered.
    delivered: Long,
    /// Units cancelled.
    cancelled: Long,
    /// Units received back.
    returned: Long,
    /// When the last backordered unit is expected; null if that is unknown or nothing is backordered.
    promised_at: Option<DateTime>,
}

/// A charge in addition to the lines.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct Charge {
    /// The kind of charge, such as `shipping`.
    code: String,
    /// The amount.
    amount: Decimal,
    /// Tax on the amount.
    tax: Option<Decimal>,
}
