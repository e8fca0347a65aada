//! What an event makes of a stock item.

use std::sync::Arc;

use super::events::{
    Allocation, Condition, StockAdjusted, StockBackorderFilled, StockBackordered, StockConditionChanged,
    StockCounted, StockEarmarked, StockEvent, StockPolicySet, StockPromised, StockReceived, StockReleased,
    StockReservationExtended, StockReservationsExpired, StockReserved, StockReturned, StockShipped,
    StockShorted, SupplyExpected, TransferReceived, TransferShipped,
};
use super::queue::{BackorderEntry, Eligibility};
use super::state::{Bin, ChannelQuota, Expiring, StockItem, Supply, Transfer};
use crate::values::{ChannelName, LocationId, OrderId, Timestamp, Units};

pub(super) fn evolve(item: &mut StockItem, event: &StockEvent) {
    if item.sku.is_none() {
        item.sku = Some(event.sku().clone());
    }
    match event {
        StockEvent::StockReceived(received) => receive(item, received),
        StockEvent::StockConditionChanged(changed) => change_condition(item, changed),
        StockEvent::TransferShipped(shipped) => send(item, shipped),
        StockEvent::TransferReceived(received) => receive_transfer(item, received),
        StockEvent::SupplyExpected(expected) => expect(item, expected),
        StockEvent::SupplyCancelled(cancelled) => drop(item.supplies.remove(&cancelled.supply_id)),
        StockEvent::StockCounted(counted) => count(item, counted),
        StockEvent::StockAdjusted(StockAdjusted { location, delta, at, .. }) => {
            bin(item, location).move_on_hand(*at, delta.number());
        }
        StockEvent::StockReserved(reserved) => reserve(item, reserved),
        StockEvent::StockReleased(released) => release(item, released),
        StockEvent::StockReservationsExpired(expired) => expire(item, expired),
        StockEvent::StockReservationExtended(StockReservationExtended { order_id, until, .. }) => {
            extend(item, *order_id, *until);
        }
        StockEvent::StockPolicySet(set) => set_policy(item, set),
        StockEvent::StockBackordered(backordered) => join(item, backordered),
        StockEvent::StockBackorderWithdrawn(withdrawn) => {
            leave(item, withdrawn.order_id, withdrawn.quantity);
            given_back(item, withdrawn.channel.as_ref(), withdrawn.quantity);
        }
        StockEvent::StockPromised(told) => promise(item, told),
        StockEvent::StockEarmarked(StockEarmarked { location, quantity, .. }) => {
            bin(item, location).earmarked = *quantity;
        }
        StockEvent::StockBackorderFilled(filled) => fill(item, filled),
        StockEvent::StockReturned(StockReturned { location, quantity, condition, at, .. }) => {
            arrive(bin(item, location), *quantity, *condition, *at);
        }
        StockEvent::StockShorted(shorted) => miss(item, shorted),
        StockEvent::StockShipped(shipped) => ship(item, shipped),
    }
}

fn receive_transfer(item: &mut StockItem, received: &TransferReceived) {
    let TransferReceived { transfer_id, location, quantity, lost, at, .. } = received;
    arrive(bin(item, location), *quantity, Condition::Sellable, *at);
    let less = |transfer: &mut Transfer| transfer.quantity -= *quantity + *lost;
    item.transfers.entry(transfer_id.clone()).and_modify(less);
    item.transfers.retain(|_, transfer| !transfer.quantity.is_zero());
}

fn expect(item: &mut StockItem, expected: &SupplyExpected) {
    let SupplyExpected { supply_id, location, quantity, due_at, .. } = expected;
    let (location, due_at) = (location.clone(), *due_at);
    item.supplies.insert(supply_id.clone(), Supply { location, quantity: quantity.units(), due_at });
}

fn count(item: &mut StockItem, counted: &StockCounted) {
    let StockCounted { location, counted_at, adjustment, .. } = counted;
    let bin = bin(item, location);
    bin.last_counted_at = bin.last_counted_at.max(Some(*counted_at));
    if *adjustment != 0 {
        // What was found then was so then: a later count must not find the difference a second time.
        bin.move_on_hand(*counted_at, *adjustment);
    }
}

fn reserve(item: &mut StockItem, reserved: &StockReserved) {
    let StockReserved { order_id, allocations, until, channel, .. } = reserved;
    for Allocation { location, quantity } in allocations {
        bin(item, location).reserved += *quantity;
    }
    promised(item, channel.as_ref(), sum(allocations));
    expire_at(item, *order_id, *until, channel.as_ref(), allocations);
}

fn release(item: &mut StockItem, released: &StockReleased) {
    let StockReleased { order_id, allocations, channel, .. } = released;
    for Allocation { location, quantity } in allocations {
        bin(item, location).reserved -= *quantity;
        no_longer_expires(item, *order_id, location, *quantity);
    }
    given_back(item, channel.as_ref(), sum(allocations));
}

fn promise(item: &mut StockItem, told: &StockPromised) {
    let queue = Arc::make_mut(&mut item.queue);
    let own = queue.iter_mut().filter(|waiting| waiting.order_id == told.order_id);
    own.for_each(|waiting| waiting.promised_at = told.promised_at);
}

fn miss(item: &mut StockItem, shorted: &StockShorted) {
    let StockShorted { order_id, location, quantity, on_hand, channel, at, .. } = shorted;
    no_longer_expires(item, *order_id, location, *quantity);
    given_back(item, channel.as_ref(), *quantity);
    let bin = bin(item, location);
    bin.reserved -= *quantity;
    bin.move_on_hand(*at, -on_hand.number().cast_signed());
}

fn ship(item: &mut StockItem, shipped: &StockShipped) {
    let StockShipped { order_id, location, quantity, unreserved, channel, at, .. } = shipped;
    promised(item, channel.as_ref(), *unreserved);
    let held = quantity.saturating_sub(*unreserved);
    no_longer_expires(item, *order_id, location, held);
    let bin = bin(item, location);
    bin.reserved -= held;
    bin.move_on_hand(*at, -quantity.number().cast_signed());
}

fn set_policy(item: &mut StockItem, set: &StockPolicySet) {
    item.not_backorderable = !set.backorderable;
    item.backorder_limit = set.backorder_limit;
    item.bins.values_mut().for_each(|bin| bin.safety_stock = Units::ZERO);
    for (location, units) in &set.safety_stock {
        bin(item, location).safety_stock = *units;
    }
    item.channel_quotas.retain(|channel, _| set.channel_limits.contains_key(channel));
    for (channel, limit) in &set.channel_limits {
        match item.channel_quotas.get_mut(channel) {
            Some(quota) => quota.limit = *limit,
            None => introduce_quota(item, channel, *limit, set.at.unwrap_or_default()),
        }
    }
}

/// Orders that hold units or wait for them by then are older than the quota.
fn introduce_quota(item: &mut StockItem, channel: &ChannelName, limit: Units, since: Timestamp) {
    item.channel_quotas.insert(channel.clone(), ChannelQuota { limit, promised: Units::ZERO, since });
    let is_counted = |counted: &Option<ChannelName>| counted.as_ref() == Some(channel);
    if item.queue.iter().any(|entry| is_counted(&entry.channel)) {
        let queue = Arc::make_mut(&mut item.queue).iter_mut();
        queue.filter(|entry| is_counted(&entry.channel)).for_each(|entry| entry.channel = None);
    }
    if item.expiring.iter().any(|held| is_counted(&held.channel)) {
        let expiring = Arc::make_mut(&mut item.expiring).iter_mut();
        expiring.filter(|held| is_counted(&held.channel)).for_each(|held| held.channel = None);
    }
}

fn receive(item: &mut StockItem, received: &StockReceived) {
    let StockReceived { location, quantity, condition, supply_id, closes_supply, at, .. } = received;
    arrive(bin(item, location), quantity.units(), *condition, *at);
    if let Some(id) = supply_id {
        let less = |supply: &mut Supply| {
            let left = supply.quantity.saturating_sub(quantity.units());
            supply.quantity = if *closes_supply { Units::ZERO } else { left };
        };
        item.supplies.entry(id.clone()).and_modify(less);
        item.supplies.retain(|_, supply| !supply.quantity.is_zero());
    }
}

fn change_condition(item: &mut StockItem, changed: &StockConditionChanged) {
    let StockConditionChanged { location, from, to, quantity, at, .. } = changed;
    let bin = bin(item, location);
    match from {
        Condition::Sellable => bin.move_on_hand(*at, -quantity.units().number().cast_signed()),
        Condition::Quarantine => bin.quarantine -= quantity.units(),
        Condition::Damaged => bin.damaged -= quantity.units(),
    }
    arrive(bin, quantity.units(), *to, *at);
}

fn send(item: &mut StockItem, shipped: &TransferShipped) {
    let TransferShipped { transfer_id, from, to, quantity, at, .. } = shipped;
    let quantity = quantity.units();
    bin(item, from).move_on_hand(*at, -quantity.number().cast_signed());
    let (from, to) = (from.clone(), to.clone());
    item.transfers.insert(transfer_id.clone(), Transfer { from, to, quantity });
}

fn sum(allocations: &[Allocation]) -> Units {
    allocations.iter().map(|allocation| allocation.quantity).sum()
}

fn promised(item: &mut StockItem, channel: Option<&ChannelName>, quantity: Units) {
    if let Some(quota) = channel.and_then(|channel| item.channel_quotas.get_mut(channel)) {
        quota.promised += quantity;
    }
}

fn given_back(item: &mut StockItem, channel: Option<&ChannelName>, quantity: Units) {
    if let Some(quota) = channel.and_then(|channel| item.channel_quotas.get_mut(channel)) {
        quota.promised -= quantity;
    }
}

/// All that an order holds expires at once.
fn expire_at(
    item: &mut StockItem,
    order_id: OrderId,
    until: Option<Timestamp>,
    channel: Option<&ChannelName>,
    allocations: &[Allocation],
) {
    let Some(until) = until else { return };
    let expiring = Arc::make_mut(&mut item.expiring);
    let known =
        expiring.iter().position(|held| held.order_id == order_id).map(|index| expiring.remove(index));
    let channel = channel.cloned();
    let mut held = known.unwrap_or(Expiring { order_id, until, channel, allocations: Vec::new() });
    held.until = until;
    held.allocations.extend_from_slice(allocations);
    let index = expiring.partition_point(|other| other.until <= until);
    expiring.insert(index, held);
}

fn extend(item: &mut StockItem, order_id: OrderId, until: Option<Timestamp>) {
    let expiring = Arc::make_mut(&mut item.expiring);
    let Some(index) = expiring.iter().position(|held| held.order_id == order_id) else { return };
    let held = expiring.remove(index);
    if let Some(until) = until {
        let index = expiring.partition_point(|other| other.until <= until);
        expiring.insert(index, Expiring { until, ..held });
    }
}

/// Units of an order that are held no more, or for good, do not expire.
fn no_longer_expires(item: &mut StockItem, order_id: OrderId, location: &LocationId, quantity: Units) {
    if !item.expiring.iter().any(|held| held.order_id == order_id) {
        return;
    }
    let expiring = Arc::make_mut(&mut item.expiring);
    let mut left = quantity;
    for held in expiring.iter_mut().filter(|held| held.order_id == order_id) {
        for there in held.allocations.iter_mut().filter(|there| there.location == *location) {
            let taken = there.quantity.min(left);
            there.quantity -= taken;
            left -= taken;
        }
        held.allocations.retain(|there| !there.quantity.is_zero());
    }
    expiring.retain(|held| !held.allocations.is_empty());
}

fn expire(item: &mut StockItem, expired: &StockReservationsExpired) {
    for Allocation { location, quantity } in &expired.allocations {
        bin(item, location).reserved -= *quantity;
    }
    let count = item.expiring.partition_point(|held| held.until <= expired.until);
    let gone: Vec<Expiring> = Arc::make_mut(&mut item.expiring).drain(..count).collect();
    for held in gone {
        given_back(item, held.channel.as_ref(), sum(&held.allocations));
    }
}

fn arrive(bin: &mut Bin, quantity: Units, condition: Condition, at: Timestamp) {
    match condition {
        Condition::Sellable => bin.move_on_hand(at, quantity.number().cast_signed()),
        Condition::Quarantine => bin.quarantine += quantity,
        Condition::Damaged => bin.damaged += quantity,
    }
}

/// Behind all that are to be served before it.
fn join(item: &mut StockItem, backordered: &StockBackordered) {
    promised(item, backordered.channel.as_ref(), backordered.quantity);
    let StockBackordered { order_id, quantity, place, whole, only_at, not_at, split, channel, .. } =
        backordered.clone();
    let eligibility = Eligibility { only_at, not_at, split, whole };
    let index = item.queue.partition_point(|entry| entry.effective_since <= place);
    let entry = BackorderEntry {
        order_id,
        quantity,
        effective_since: place,
        eligibility,
        promised_at: None,
        channel,
    };
    Arc::make_mut(&mut item.queue).insert(index, entry);
}

/// What its channel promised when the order began to wait is given back should it expire.
fn fill(item: &mut StockItem, filled: &StockBackorderFilled) {
    let StockBackorderFilled { order_id, allocations, until, .. } = filled;
    for Allocation { location, quantity } in allocations {
        let bin = bin(item, location);
        bin.earmarked -= *quantity;
        bin.reserved += *quantity;
    }
    let waited = item.queue.iter().find(|waiting| waiting.order_id == *order_id);
    let channel = waited.and_then(|waiting| waiting.channel.clone());
    leave(item, *order_id, sum(allocations));
    expire_at(item, *order_id, *until, channel.as_ref(), allocations);
}

/// An order may wait at several places of the queue: it leaves the first ones first.
fn leave(item: &mut StockItem, order_id: OrderId, quantity: Units) {
    let queue = Arc::make_mut(&mut item.queue);
    let mut left = quantity;
    for waiting in queue.iter_mut().filter(|waiting| waiting.order_id == order_id) {
        let taken = waiting.quantity.min(left);
        waiting.quantity -= taken;
        left -= taken;
    }
    queue.retain(|waiting| !waiting.quantity.is_zero());
}

fn bin<'a>(item: &'a mut StockItem, location: &LocationId) -> &'a mut Bin {
    item.bins.entry(location.clone()).or_default()
}
