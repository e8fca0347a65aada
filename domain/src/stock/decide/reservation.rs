//! Units that are held for orders: from the promise until they leave, or are free again.

use std::collections::BTreeMap;

use super::{Decision, held, known, limited, room, summed};
use crate::stock::commands::StockCommand;
use crate::stock::events::{
    AdjustmentReason, Allocation, StockAdjusted, StockEvent, StockReleased, StockReservationExtended,
    StockReservationsExpired, StockReserved, StockReturned, StockShipped, StockShorted,
};
use crate::stock::refusals::StockRefusal;
use crate::stock::state::StockItem;
use crate::values::{ChannelName, Delta, LocationId, OrderId, Quantity, Sku, Text, Timestamp, Units};

/// What is noted where on hand is raised before a shipment.
const FOUND_AT_SHIPPING: &str = "more units left than were on hand";

/// Units are held where they are. How many the order's channel may promise was minded when they were sourced.
pub(super) fn reserve(
    item: &StockItem,
    order_id: OrderId,
    channel: Option<ChannelName>,
    allocations: &[Allocation],
    until: Option<Timestamp>,
) -> Decision {
    let sku = known(item)?.clone();
    let allocations = summed(allocations);
    for Allocation { location, quantity } in &allocations {
        let available = item.available_at(location);
        if *quantity > available {
            let (location, requested) = (location.clone(), *quantity);
            return Err(StockRefusal::InsufficientStock { location, requested, available });
        }
    }
    Ok(vec![StockReserved { sku, order_id, allocations, until, channel }.into()])
}

pub(super) fn release(
    item: &StockItem,
    order_id: OrderId,
    channel: Option<ChannelName>,
    allocations: &[Allocation],
) -> Decision {
    let sku = known(item)?.clone();
    let allocations = summed(allocations);
    for Allocation { location, quantity } in &allocations {
        held(item, location, *quantity)?;
    }
    Ok(vec![StockReleased { sku, order_id, allocations, channel }.into()])
}

/// What was held until a moment that is past.
pub(super) fn expire(item: &StockItem, at: Timestamp) -> Vec<StockEvent> {
    let past = item.expiring.iter().take_while(|held| held.until <= at);
    let mut sums: BTreeMap<LocationId, Units> = BTreeMap::new();
    for Allocation { location, quantity } in past.flat_map(|held| &held.allocations) {
        *sums.entry(location.clone()).or_default() += *quantity;
    }
    let any = item.expiring.first().is_some_and(|held| held.until <= at);
    let Some(sku) = item.sku.clone().filter(|_| any) else { return Vec::new() };
    let allocations =
        sums.into_iter().map(|(location, quantity)| Allocation { location, quantity }).collect();
    vec![StockReservationsExpired { sku, until: at, allocations }.into()]
}

/// Nothing where the order holds nothing that would expire.
pub(super) fn extend(item: &StockItem, order_id: OrderId, until: Option<Timestamp>) -> Vec<StockEvent> {
    let holds = item.expiring.iter().any(|held| held.order_id == order_id);
    let Some(sku) = item.sku.clone().filter(|_| holds) else { return Vec::new() };
    vec![StockReservationExtended { sku, order_id, until }.into()]
}

pub(super) fn short(item: &StockItem, command: &StockCommand) -> Decision {
    let StockCommand::ShortInventory { order_id, channel, ordered_at, location, quantity, at } = command
    else {
        return Ok(Vec::new());
    };
    let sku = known(item)?.clone();
    held(item, location, *quantity)?;
    // What a count has not found is off the books: it is not missed a second time.
    let bin = item.bins.get(location);
    let missed = bin.map_or(Units::ZERO, |bin| bin.reserved.saturating_sub(bin.on_hand));
    let (location, on_hand) = (location.clone(), quantity.saturating_sub(missed));
    let (order_id, quantity, at) = (*order_id, *quantity, *at);
    let channel = limited(item, channel, *ordered_at);
    Ok(vec![StockShorted { sku, order_id, location, quantity, on_hand, channel, at }.into()])
}

/// What came back from a customer.
pub(super) fn give_back(item: &StockItem, command: &StockCommand) -> Decision {
    let StockCommand::ReturnInventory { order_id, return_id, location, quantity, condition, at } = command
    else {
        return Ok(Vec::new());
    };
    room(item, location, *condition, *quantity)?;
    let sku = known(item)?.clone();
    let (order_id, return_id, location) = (*order_id, *return_id, location.clone());
    let (quantity, condition, at) = (*quantity, *condition, *at);
    Ok(vec![StockReturned { sku, order_id, return_id, location, quantity, condition, at }.into()])
}

/// What left is gone, whether it was held or not.
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
    let sku = known(item)?.clone();
    held(item, location, quantity.saturating_sub(*unreserved))?;
    let mut events = found_at_shipping(item, &sku, location, *quantity, *at);
    let (order_id, shipment_id, location) = (*order_id, *shipment_id, location.clone());
    let (quantity, unreserved, at) = (*quantity, *unreserved, *at);
    let channel = limited(item, channel, *ordered_at);
    let shipped = StockShipped { sku, order_id, shipment_id, location, quantity, unreserved, channel, at };
    events.push(shipped.into());
    Ok(events)
}

/// What left was there, whatever the last count said: the units by which it was wrong are put on the books
/// first, so that the events alone add up to what is on hand.
fn found_at_shipping(
    item: &StockItem,
    sku: &Sku,
    location: &LocationId,
    quantity: Units,
    at: Timestamp,
) -> Vec<StockEvent> {
    let on_hand = item.bins.get(location).map_or(Units::ZERO, |bin| bin.on_hand);
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
