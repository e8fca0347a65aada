//! Order lines and charges.

use async_graphql::{ID, SimpleObject};
use holdfast_domain::order as domain;
use serde_json::Value;

use super::scalars::{DateTime, Decimal, Long, json, text};
use crate::graphql::node::{GlobalId, Kind};

/// An order line. `quantity = pending + backordered + reserved + shipped + cancelled`; pending units are not sourced yet.
/// All counts are in the SKU's smallest unit.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct OrderLine {
    /// Global id: opaque, unique over all types and merchants.
    pub(in crate::graphql) id: ID,
    /// The line's number within the order, from 1.
    line: u32,
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

impl OrderLine {
    pub(super) fn new(root: &GlobalId, view: &domain::LineView) -> Self {
        let ordered = &view.ordered;
        Self {
            id: root.part(Kind::OrderLine, ordered.line),
            line: ordered.line.number(),
            line_ref: text(ordered.line_ref.as_ref()),
            sku: ordered.sku.to_string(),
            quantity: ordered.quantity.into(),
            unit: ordered.unit.map(Decimal),
            total: ordered.total.map(Decimal),
            tax: ordered.tax.map(Decimal),
            discount: ordered.discount.map(Decimal),
            attributes: json(ordered.attributes.as_ref()),
            reserved: view.reserved.into(),
            backordered: view.backordered.into(),
            picked: view.picked.into(),
            packed: view.packed.into(),
            shipped: view.shipped.into(),
            delivered: view.delivered.into(),
            cancelled: view.cancelled.into(),
            returned: view.returned.into(),
            promised_at: view.promised_at.map(DateTime),
        }
    }
}

/// A charge in addition to the lines.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct Charge {
    /// The kind of charge, such as `shipping`.
    code: String,
    /// The amount.
    amount: Decimal,
    /// Tax on the amount.
    tax: Option<Decimal>,
}

impl From<&domain::Charge> for Charge {
    fn from(charge: &domain::Charge) -> Self {
        Self { code: charge.code.to_string(), amount: charge.amount.into(), tax: charge.tax.map(Decimal) }
    }
}
