//! Units that come back from customers.

use super::events::{Condition, StockReturned};
use super::late_report::earlier;
use super::{Decision, StockItem};
use crate::values::{LocationId, OrderId, ReturnId, Timestamp, Units};

/// Adds units that a customer returned.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct ReturnInventory {
    pub order_id: OrderId,
    pub return_id: ReturnId,
    /// The location that received them.
    pub location: LocationId,
    pub quantity: Units,
    pub condition: Condition,
    /// When they came back.
    pub happened_at: Option<Timestamp>,
    /// The decision time.
    pub at: Timestamp,
}

pub(super) fn take_back(item: &StockItem, command: &ReturnInventory) -> Decision {
    let ReturnInventory { order_id, return_id, location, quantity, condition, happened_at, at } =
        command.clone();
    item.require_room(&location, condition, quantity)?;
    let sku = item.require_known()?.clone();
    let happened_at = earlier(happened_at, at);
    Ok(vec![
        StockReturned { sku, order_id, return_id, location, quantity, condition, at, happened_at }.into(),
    ])
}

pub(super) fn taken_back(item: &mut StockItem, returned: &StockReturned) {
    let StockReturned { location, quantity, condition, at, happened_at, .. } = returned;
    item.level_mut(location).add(*quantity, *condition, happened_at.unwrap_or(*at));
}
