//! What a command on a stock item leads to.

use std::collections::BTreeMap;

use super::commands::{AdjustStock, CountStock, ReceiveStock, SetStockPolicy, StockCommand};
use super::events::{
    Allocation, Condition, CountEffect, StockAdjusted, StockBackorderFilled, StockBackorderWithdrawn,
    StockBackordered, StockCounted, StockEarmarked, StockEvent, StockPolicySet, StockReceived, StockReleased,
    StockReserved, StockReturned, StockShipped, StockShorted,
};
use super::queue::head_start;
use super::refusals::StockRefusal;
use super::state::{Bin, StockItem};
use crate::values::{Delta, LocationId, OrderId, Quantity, Sku, Text, Timestamp, Units};

/// Why on hand was raised before a shipment.
const FOUND_AT_SHIPPING: &str = "more units left than were on hand";

type Decision = Result<Vec<StockEvent>, StockRefusal>;

pub(super) fn decide(item: &StockItem, command: &StockCommand) -> Decision {
    match command {
        StockCommand::ReceiveStock(command, at) => receive(item, command, *at),
        StockCommand::CountStock(command, at) => count(item, command, *at),
        StockCommand::AdjustStock(command, at) => adjust(item, command, *at),
        StockCommand::ReserveInventory { order_id, allocations } => reserve(item, *order_id, allocations),
        StockCommand::ReleaseInventory { order_id, allocations } => release(item, *order_id, allocations),
        StockCommand::SetStockPolicy(command) => set_policy(item, command),
        StockCommand::BackorderInventory {
            order_id,
            quantity,
            priority,
            whole,
            only_at,
            not_at,
            may_be_refused,
            at,
        } => {
            if *may_be_refused {
                may_wait(item, *quantity)?;
            }
            let place = (at.microseconds() - head_start(*priority)).max(0);
            let place = Timestamp::from_microseconds(place);
            let (sku, only_at, not_at) = (known(item)?.clone(), only_at.clone(), not_at.clone());
            let (order_id, quantity, whole) = (*order_id, *quantity, *whole);
            Ok(vec![StockBackordered { sku, order_id, quantity, place, whole, only_at, not_at }.into()])
        }
        StockCommand::WithdrawBackorder { order_id } => Ok(withdraw(item, *order_id)),
        StockCommand::EarmarkInventory { closed } => {
            let Some(sku) = &item.sku else { return Ok(Vec::new()) };
            let earmarked = |Allocation { location, quantity }| {
                StockEarmarked { sku: sku.clone(), location, quantity }.into()
            };
            Ok(item.earmarks(closed).into_iter().map(earmarked).collect())
        }
        StockCommand::FillBackorder { order_id, allocations } => fill(item, *order_id, allocations),
        StockCommand::ShortInventory { order_id, location, quantity, at } => {
            short(item, *order_id, location, *quantity, *at)
        }
        StockCommand::ReturnInventory { order_id, return_id, location, quantity, condition, at } => {
            room(item, location, *condition, *quantity)?;
            let sku = known(item)?.clone();
            let (order_id, return_id, location) = (*order_id, *return_id, location.clone());
            let (quantity, condition, at) = (*quantity, *condition, *at);
            Ok(vec![StockReturned { sku, order_id, return_id, location, quantity, condition, at }.into()])
        }
        StockCommand::ShipInventory { order_id, shipment_id, location, quantity, at } => {
            let sku = known(item)?.clone();
            held(item, location, *quantity)?;
            let mut events = found_at_shipping(item, &sku, location, *quantity, *at);
            let (order_id, shipment_id, location) = (*order_id, *shipment_id, location.clone());
            let shipped = StockShipped { sku, order_id, shipment_id, location, quantity: *quantity, at: *at };
            events.push(shipped.into());
            Ok(events)
        }
    }
}

fn receive(item: &StockItem, command: &ReceiveStock, at: Timestamp) -> Decision {
    let in_lots: Units = command.lots.iter().flatten().map(|lot| lot.quantity.units()).sum();
    if in_lots > command.quantity.units() {
        return Err(StockRefusal::LotsExceedQuantity);
    }
    let condition = command.condition.unwrap_or_default();
    room(item, &command.location, condition, command.quantity.units())?;
    let received = StockReceived {
        sku: command.sku.clone(),
        location: command.location.clone(),
        quantity: command.quantity,
        condition,
        lots: command.lots.clone(),
        reference: command.reference.clone(),
        at,
    };
    Ok(vec![received.into()])
}

/// Whether so many more can be recorded at one place.
fn room(
    item: &StockItem,
    location: &LocationId,
    condition: Condition,
    more: Units,
) -> Result<(), StockRefusal> {
    let there = item.bins.get(location).map_or(Units::ZERO, |bin| match condition {
        Condition::Sellable => bin.on_hand,
        Condition::Quarantine => bin.quarantine,
        Condition::Damaged => bin.damaged,
    });
    if there + more > Units::LIMIT { Err(StockRefusal::TooManyUnits) } else { Ok(()) }
}

fn count(item: &StockItem, command: &CountStock, at: Timestamp) -> Decision {
    if command.on_hand > Units::new(u64::from(Quantity::LIMIT)) {
        return Err(StockRefusal::CountOutOfRange);
    }
    if command.counted_at > at {
        return Err(StockRefusal::CountedInFuture { now: at });
    }
    let fresh = Bin::default();
    let bin = item.bins.get(&command.location).unwrap_or(&fresh);
    let superseded = bin.last_counted_at.is_some_and(|last| command.counted_at < last);
    let known = match bin.on_hand_at(command.counted_at) {
        Some(known) => known,
        None if superseded => bin.on_hand,
        None => {
            let remembered_from = bin.forgotten_until.unwrap_or_default();
            return Err(StockRefusal::CountTooOld { remembered_from });
        }
    };
    // What is there cannot fall below none, however the count and later movements disagree.
    let adjustment = command.on_hand.minus(known).max(-bin.on_hand.minus(Units::ZERO));
    let counted = StockCounted {
        sku: command.sku.clone(),
        location: command.location.clone(),
        counted: command.on_hand,
        counted_at: command.counted_at,
        known,
        adjustment: if superseded { 0 } else { adjustment },
        effect: if superseded { CountEffect::Superseded } else { CountEffect::Applied },
        reason: command.reason.clone(),
        at,
    };
    Ok(vec![counted.into()])
}

fn adjust(item: &StockItem, command: &AdjustStock, at: Timestamp) -> Decision {
    if !item.is_known() {
        return Err(StockRefusal::UnknownSku(command.sku.clone()));
    }
    let bin = item.bins.get(&command.location);
    let (on_hand, reserved) = bin.map_or_else(Default::default, |bin| (bin.on_hand, bin.reserved));
    let takes = command.delta.number() < 0;
    match on_hand.changed_by(command.delta.number()) {
        None if takes => return Err(StockRefusal::AdjustmentBelowZero { on_hand }),
        None => return Err(StockRefusal::AdjustmentAboveLimit),
        // Only a count, which reports what is there, may find fewer than are promised.
        Some(left) if takes && left < reserved => {
            return Err(StockRefusal::AdjustmentBelowReserved { reserved });
        }
        Some(_) => {}
    }
    let adjusted = StockAdjusted {
        sku: command.sku.clone(),
        location: command.location.clone(),
        delta: command.delta,
        reason: command.reason.clone(),
        reference: command.reference.clone(),
        at,
    };
    Ok(vec![adjusted.into()])
}

fn reserve(item: &StockItem, order_id: OrderId, allocations: &[Allocation]) -> Decision {
    let sku = known(item)?.clone();
    let allocations = summed(allocations);
    for Allocation { location, quantity } in &allocations {
        let available = item.available_at(location);
        if *quantity > available {
            let (location, requested) = (location.clone(), *quantity);
            return Err(StockRefusal::InsufficientStock { location, requested, available });
        }
    }
    Ok(vec![StockReserved { sku, order_id, allocations }.into()])
}

fn release(item: &StockItem, order_id: OrderId, allocations: &[Allocation]) -> Decision {
    let sku = known(item)?.clone();
    let allocations = summed(allocations);
    for Allocation { location, quantity } in &allocations {
        held(item, location, *quantity)?;
    }
    Ok(vec![StockReleased { sku, order_id, allocations }.into()])
}

/// The rules as they are from now on; nothing where they are so already.
fn set_policy(item: &StockItem, command: &SetStockPolicy) -> Decision {
    if !item.is_known() {
        return Err(StockRefusal::UnknownSku(command.sku.clone()));
    }
    let kept = item.bins.iter().filter(|(_, bin)| !bin.safety_stock.is_zero());
    let known: BTreeMap<_, _> = kept.map(|(location, bin)| (location.clone(), bin.safety_stock)).collect();
    let mut safety_stock = known.clone();
    safety_stock.extend(command.safety_stock.clone().unwrap_or_default());
    safety_stock.retain(|_, units| !units.is_zero());
    if safety_stock.values().any(|units| *units > Units::new(u64::from(Quantity::LIMIT))) {
        return Err(StockRefusal::SafetyStockOutOfRange);
    }
    let backorderable = command.backorderable.unwrap_or(!item.not_backorderable);
    let backorder_limit = command.backorder_limit.or(item.backorder_limit);
    if (backorderable, backorder_limit, &safety_stock)
        == (!item.not_backorderable, item.backorder_limit, &known)
    {
        return Ok(Vec::new());
    }
    let sku = command.sku.clone();
    Ok(vec![StockPolicySet { sku, backorderable, backorder_limit, safety_stock }.into()])
}

/// Whether a new order may wait for so many units.
fn may_wait(item: &StockItem, quantity: Units) -> Result<(), StockRefusal> {
    if item.not_backorderable {
        return Err(StockRefusal::NotBackorderable);
    }
    let waiting = item.waiting();
    match item.backorder_limit.map(Quantity::units) {
        Some(limit) if waiting + quantity > limit => {
            Err(StockRefusal::BackorderLimitExceeded { limit, waiting, requested: quantity })
        }
        _ => Ok(()),
    }
}

fn withdraw(item: &StockItem, order_id: OrderId) -> Vec<StockEvent> {
    let quantity = item.waiting_for(order_id);
    match &item.sku {
        Some(sku) if !quantity.is_zero() => {
            vec![StockBackorderWithdrawn { sku: sku.clone(), order_id, quantity }.into()]
        }
        _ => Vec::new(),
    }
}

fn fill(item: &StockItem, order_id: OrderId, allocations: &[Allocation]) -> Decision {
    let sku = known(item)?.clone();
    let allocations = summed(allocations);
    let wanted: Units = allocations.iter().map(|allocation| allocation.quantity).sum();
    let waiting = item.waiting_for(order_id);
    if wanted > waiting {
        return Err(StockRefusal::NotBackordered { requested: wanted, waiting });
    }
    for Allocation { location, quantity } in &allocations {
        let available = item.bins.get(location).map_or(Units::ZERO, |bin| bin.earmarked);
        if *quantity > available {
            let (location, requested) = (location.clone(), *quantity);
            return Err(StockRefusal::InsufficientStock { location, requested, available });
        }
    }
    Ok(vec![StockBackorderFilled { sku, order_id, allocations }.into()])
}

fn short(
    item: &StockItem,
    order_id: OrderId,
    location: &LocationId,
    quantity: Units,
    at: Timestamp,
) -> Decision {
    let sku = known(item)?.clone();
    held(item, location, quantity)?;
    // What a count has not found is off the books: it is not missed a second time.
    let bin = item.bins.get(location);
    let missed = bin.map_or(Units::ZERO, |bin| bin.reserved.saturating_sub(bin.on_hand));
    let (location, on_hand) = (location.clone(), quantity.saturating_sub(missed));
    Ok(vec![StockShorted { sku, order_id, location, quantity, on_hand, at }.into()])
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
    while let (Ok(delta), Ok(reason)) =
        (Delta::new(found.minus(Units::ZERO).min(i64::from(Quantity::LIMIT))), Text::new(FOUND_AT_SHIPPING))
    {
        found -= Units::new(delta.number().unsigned_abs());
        let (sku, location) = (sku.clone(), location.clone());
        events.push(StockAdjusted { sku, location, delta, reason, reference: None, at }.into());
    }
    events
}

fn held(item: &StockItem, location: &LocationId, requested: Units) -> Result<(), StockRefusal> {
    let held = item.bins.get(location).map_or(Units::ZERO, |bin| bin.reserved);
    if requested > held {
        return Err(StockRefusal::NotReserved { location: location.clone(), requested, held });
    }
    Ok(())
}

fn known(item: &StockItem) -> Result<&Sku, StockRefusal> {
    item.sku.as_ref().ok_or(StockRefusal::NeverSeen)
}

/// One allocation a location: the same location named twice is judged by its sum.
fn summed(allocations: &[Allocation]) -> Vec<Allocation> {
    let mut sums: BTreeMap<LocationId, Units> = BTreeMap::new();
    for Allocation { location, quantity } in allocations {
        *sums.entry(location.clone()).or_default() += *quantity;
    }
    sums.into_iter().map(|(location, quantity)| Allocation { location, quantity }).collect()
}
