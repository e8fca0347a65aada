//! Units of an order that leave, and units that are missing when they are picked.

use super::Decision;
use super::command::StockCommand;
use super::events::{AdjustmentReason, Condition, StockAdjusted, StockEvent, StockShipped, StockShorted};
use super::item::StockItem;
use super::reservation::no_longer_expires;
use crate::values::{Delta, LocationId, Quantity, Sku, Text, Timestamp, Units};

/// The note of an adjustment that is made because more units left than were on hand.
const FOUND_AT_SHIPPING: &str = "more units left than were on hand";

/// Takes reserved units off that were not found. Units that a count has taken off on hand already are not taken off a
/// second time.
pub(super) fn short(item: &StockItem, command: &StockCommand) -> Decision {
    let StockCommand::ShortInventory { order_id, channel, ordered_at, location, quantity, at } = command
    else {
        return Ok(Vec::new());
    };
    let sku = item.require_known()?.clone();
    item.require_reserved(location, *quantity)?;
    let (location, on_hand) = (location.clone(), quantity.saturating_sub(item.overcommitted_at(location)));
    let (order_id, quantity, at) = (*order_id, *quantity, *at);
    let channel = item.counted_channel(channel, *ordered_at);
    Ok(vec![StockShorted { sku, order_id, location, quantity, on_hand, channel, at }.into()])
}

/// Records units that left, whether or not they were reserved and on hand.
pub(super) fn ship(item: &StockItem, command: &StockCommand) -> Decision {
    let StockCommand::ShipInventory {
        order_id,
        channel,
        ordered_at,
        shipment_id,
        location,
        quantity,
        unreserved,
        at,
    } = command
    else {
        return Ok(Vec::new());
    };
    let sku = item.require_known()?.clone();
    item.require_reserved(location, quantity.saturating_sub(*unreserved))?;
    let mut events = found_at_shipping(item, &sku, location, *quantity, *at);
    let (order_id, shipment_id, location) = (*order_id, *shipment_id, location.clone());
    let (quantity, unreserved, at) = (*quantity, *unreserved, *at);
    let channel = item.counted_channel(channel, *ordered_at);
    let shipped = StockShipped { sku, order_id, shipment_id, location, quantity, unreserved, channel, at };
    events.push(shipped.into());
    Ok(events)
}

/// Units that left existed, whatever the last count said: on hand is adjusted first, so that the events add up to it.
fn found_at_shipping(
    item: &StockItem,
    sku: &Sku,
    location: &LocationId,
    quantity: Units,
    at: Timestamp,
) -> Vec<StockEvent> {
    let on_hand = item.levels.get(location).map_or(Units::ZERO, |level| level.on_hand);
    let mut found = quantity.saturating_sub(on_hand);
    let mut events = Vec::new();
    let reason = AdjustmentReason::Found;
    while let (Ok(delta), Ok(note)) =
        (Delta::new(found.minus(Units::ZERO).min(i64::from(Quantity::LIMIT))), Text::new(FOUND_AT_SHIPPING))
    {
        found -= Units::new(delta.number().unsigned_abs());
        let (sku, location) = (sku.clone(), location.clone());
        let note = Some(note);
        events.push(StockAdjusted { sku, location, delta, reason, note, reference: None, at }.into());
    }
    events
}

pub(super) fn shorted(item: &mut StockItem, shorted: &StockShorted) {
    let StockShorted { order_id, location, quantity, on_hand, channel, at, .. } = shorted;
    no_longer_expires(item, *order_id, location, *quantity);
    item.count_given_back(channel.as_ref(), *quantity);
    let level = item.level_mut(location);
    level.reserved -= *quantity;
    level.take(*on_hand, Condition::Sellable, *at);
}

pub(super) fn shipped(item: &mut StockItem, shipped: &StockShipped) {
    let StockShipped { order_id, location, quantity, unreserved, channel, at, .. } = shipped;
    item.count_promised(channel.as_ref(), *unreserved);
    let reserved = quantity.saturating_sub(*unreserved);
    no_longer_expires(item, *order_id, location, reserved);
    let level = item.level_mut(location);
    level.reserved -= reserved;
    level.take(*quantity, Condition::Sellable, *at);
}
