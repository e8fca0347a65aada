//! Units of an order that leave, and units that are missing when they are picked.

use super::channel_quota::OrderRef;
use super::events::{
    AdjustmentReason, Condition, StockEvent, StockShipmentCancelled, StockShipped, StockShorted,
};
use super::late_report::{Adjustment, earlier};
use super::reservation::no_longer_expires;
use super::{Decision, StockItem};
use crate::values::{LocationId, ShipmentId, Sku, Timestamp, Units};

/// Takes off reserved units that were not found.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct ShortInventory {
    pub order: OrderRef,
    pub location: LocationId,
    /// Units that are missing.
    pub quantity: Units,
    /// When they were found missing, if reported.
    pub happened_at: Option<Timestamp>,
    /// The decision time.
    pub at: Timestamp,
}

/// Takes off units that were shipped for an order.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct ShipInventory {
    pub order: OrderRef,
    pub shipment_id: ShipmentId,
    pub location: LocationId,
    /// Units that left.
    pub quantity: Units,
    /// How many of them were not reserved for the order there.
    pub unreserved: Units,
    /// When they left.
    pub shipped_at: Timestamp,
    /// The decision time.
    pub at: Timestamp,
}

/// Adds units of a shipment that did not leave.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct UndoShipping {
    pub order: OrderRef,
    pub shipment_id: ShipmentId,
    pub location: LocationId,
    /// Units that did not leave.
    pub quantity: Units,
    /// How many of them are not reserved for the order again.
    pub unreserved: Units,
    /// When they were reported to have left.
    pub shipped_at: Timestamp,
    /// The decision time.
    pub at: Timestamp,
}

/// Units that a count has taken off on hand already are not taken off a second time.
pub(super) fn short(item: &StockItem, command: &ShortInventory) -> Decision {
    let ShortInventory { order, location, quantity, happened_at, at } = command.clone();
    let sku = item.require_known()?.clone();
    item.require_reserved(&location, quantity)?;
    let on_hand = quantity.saturating_sub(item.overcommitted_at(&location));
    let (order_id, channel) = (order.order_id, item.counted_channel(&order));
    let happened_at = earlier(happened_at, at);
    Ok(vec![StockShorted { sku, order_id, location, quantity, on_hand, channel, at, happened_at }.into()])
}

/// Records units that left, whether or not they were reserved and on hand.
pub(super) fn ship(item: &StockItem, command: &ShipInventory) -> Decision {
    let ShipInventory { order, shipment_id, location, quantity, unreserved, shipped_at, at } =
        command.clone();
    let sku = item.require_known()?.clone();
    item.require_reserved(&location, quantity.saturating_sub(unreserved))?;
    let happened_at = earlier(Some(shipped_at), at);
    let mut events = found_at_shipping(item, &sku, command, happened_at);
    let (order_id, channel) = (order.order_id, item.counted_channel(&order));
    let shipped =
        StockShipped { sku, order_id, shipment_id, location, quantity, unreserved, channel, at, happened_at };
    events.push(shipped.into());
    Ok(events)
}

/// Units that did not leave are on hand again, from the time of the shipment: a later count already includes them.
pub(super) fn undo_shipping(item: &StockItem, command: &UndoShipping) -> Decision {
    let UndoShipping { order, shipment_id, location, quantity, unreserved, shipped_at, at } = command.clone();
    let sku = item.require_known()?.clone();
    item.require_room(&location, Condition::Sellable, quantity)?;
    let (order_id, channel) = (order.order_id, item.counted_channel(&order));
    let happened_at = earlier(Some(shipped_at), at);
    let cancelled = StockShipmentCancelled {
        sku,
        order_id,
        shipment_id,
        location,
        quantity,
        unreserved,
        channel,
        at,
        happened_at,
    };
    Ok(vec![cancelled.into()])
}

/// Units that left existed, even if the last count did not find them: on hand is adjusted first, so that the events add up
/// to it.
fn found_at_shipping(
    item: &StockItem,
    sku: &Sku,
    command: &ShipInventory,
    happened_at: Option<Timestamp>,
) -> Vec<StockEvent> {
    let ShipInventory { location, quantity, at, .. } = command;
    if item.has_counted_since(location, happened_at) {
        return Vec::new();
    }
    let on_hand = item.on_hand_at(location);
    let found = Adjustment { sku, location, reason: AdjustmentReason::Found, at: *at, happened_at };
    let units = quantity.saturating_sub(on_hand).minus(Units::ZERO);
    found.of(units).into_iter().map(StockEvent::from).collect()
}

pub(super) fn shorted(item: &mut StockItem, shorted: &StockShorted) {
    let StockShorted { order_id, location, quantity, on_hand, channel, at, happened_at, .. } = shorted;
    no_longer_expires(item, *order_id, location, *quantity);
    item.subtract_promised(channel.as_ref(), *quantity);
    let level = item.level_mut(location);
    level.reserved -= *quantity;
    level.take(*on_hand, Condition::Sellable, happened_at.unwrap_or(*at));
}

pub(super) fn shipped(item: &mut StockItem, shipped: &StockShipped) {
    let StockShipped { order_id, location, quantity, unreserved, channel, at, happened_at, .. } = shipped;
    item.add_promised(channel.as_ref(), *unreserved);
    let reserved = quantity.saturating_sub(*unreserved);
    no_longer_expires(item, *order_id, location, reserved);
    let level = item.level_mut(location);
    level.reserved -= reserved;
    level.take(*quantity, Condition::Sellable, happened_at.unwrap_or(*at));
}

pub(super) fn shipment_cancelled(item: &mut StockItem, cancelled: &StockShipmentCancelled) {
    let StockShipmentCancelled { location, quantity, unreserved, channel, at, happened_at, .. } = cancelled;
    item.subtract_promised(channel.as_ref(), *unreserved);
    let level = item.level_mut(location);
    level.reserved += quantity.saturating_sub(*unreserved);
    level.add(*quantity, Condition::Sellable, happened_at.unwrap_or(*at));
}
