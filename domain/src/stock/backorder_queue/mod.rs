//! The backorder queue of a SKU: which orders wait for units, and in which order they are served.
//!
//! The queue is ordered by age less a boost for priority, so that no order waits permanently: an express order goes before
//! the standard ones of the last day, and a standard order that has waited longer than a day goes before it. Free units are
//! [earmarked](earmarks) for the queue in the decision that adds or frees them; they are reserved for the next orders
//! afterwards, by `FillBackorders`.

mod earmarks;
mod eligibility;
mod plan;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::allocation::{Allocation, summed, total};
use super::channel_quota::OrderRef;
use super::events::{
    StockBackorderFilled, StockBackorderWithdrawn, StockBackordered, StockEvent, StockPromised,
};
use super::refusals::StockRefusal;
use super::reservation::expire_at;
use super::{Decision, StockItem};
use crate::command::commands;
use crate::values::{ChannelName, OrderId, Priority, Quantity, Sku, Timestamp, Units};

pub use earmarks::Share;
pub(super) use earmarks::{earmark, earmarked};
pub use eligibility::{Eligibility, SplitAllowance};

/// A day in microseconds.
const DAY: i64 = 24 * 3_600 * 1_000_000;

/// How much earlier than it joined the queue an order of a priority is ranked, in microseconds.
const fn priority_boost(priority: Priority) -> i64 {
    match priority {
        Priority::Standard => 0,
        Priority::Express => DAY,
        Priority::Critical => 30 * DAY,
    }
}

/// Units of one order that wait for supply. An order may have several entries for a SKU, unless its units must come
/// together.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackorderEntry {
    /// The order that waits for the units.
    pub order_id: OrderId,
    /// Units that are still to come; at least 1.
    pub quantity: Units,
    /// The time that the queue is ordered by, the earliest first: when the order joined it, less its priority boost.
    pub effective_since: Timestamp,
    /// The locations that may serve it.
    #[serde(flatten)]
    pub eligibility: Eligibility,
    /// When the last unit is expected, as last reported to the order; absent if that is not known.
    pub promised_at: Option<Timestamp>,
    /// The order's channel, if the units count towards its quota.
    pub channel: Option<ChannelName>,
}

commands! {
    /// Reserves earmarked units for the next orders in the backorder queue. Not part of the API: the process manager gives
    /// this command whenever an order can be served.
    FillBackorders {
        /// The SKU.
        sku: Sku,
    }
}

impl StockItem {
    /// Units that all orders together wait for.
    pub fn backordered(&self) -> Units {
        self.queue.iter().map(|entry| entry.quantity).sum()
    }

    /// Units that one order waits for.
    pub fn backordered_for(&self, order_id: OrderId) -> Units {
        self.entries_of(order_id).map(|entry| entry.quantity).sum()
    }

    /// An order's entries in the queue, the one to be served next first.
    pub fn entries_of(&self, order_id: OrderId) -> impl Iterator<Item = &BackorderEntry> {
        self.queue.iter().filter(move |entry| entry.order_id == order_id)
    }
}

/// Adds an order to the backorder queue, behind those that are ranked before it or alike.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct BackorderInventory {
    pub order: OrderRef,
    /// Units that it waits for.
    pub quantity: Units,
    pub priority: Priority,
    pub eligibility: Eligibility,
    /// Whether the SKU's rules and the channel's quota may refuse it. They may refuse a new order, and not what has
    /// happened to an existing one.
    pub may_be_refused: bool,
    /// The decision time.
    pub at: Timestamp,
}

/// Changes which locations may serve an order in the queue, and its priority. Its entries keep their age and their quantities.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct RequeueBackorder {
    pub order: OrderRef,
    pub eligibility: Eligibility,
    /// The order's priority before.
    pub from: Priority,
    /// Its priority from now on.
    pub to: Priority,
}

pub(super) fn join(item: &StockItem, command: &BackorderInventory) -> Decision {
    let BackorderInventory { order, quantity, priority, eligibility, at, .. } = command;
    if command.may_be_refused {
        can_backorder(item, *quantity)?;
        item.require_quota(order, *quantity)?;
    }
    let since = Timestamp::from_microseconds((at.microseconds() - priority_boost(*priority)).max(0));
    let (sku, channel) = (item.require_known()?.clone(), item.counted_channel(order));
    if !eligibility.whole {
        return Ok(vec![joined(sku, order.order_id, (*quantity, since), eligibility.clone(), channel)]);
    }
    // Units that must come together are one entry, as old as its oldest units.
    let waiting = item.backordered_for(order.order_id);
    let oldest = item.entries_of(order.order_id).map(|entry| entry.effective_since).min();
    let units = (waiting + *quantity, oldest.map_or(since, |oldest| oldest.min(since)));
    let mut events = withdraw(item, order, waiting);
    events.push(joined(sku, order.order_id, units, eligibility.clone(), channel));
    Ok(events)
}

impl StockItem {
    /// Units that may yet be backordered; no limit when absent.
    pub fn remaining_backorders(&self) -> Option<Units> {
        let limit = self.backorder_limit.map(Quantity::units);
        let limit = if self.not_backorderable { Some(Units::ZERO) } else { limit };
        limit.map(|limit| limit.saturating_sub(self.backordered()))
    }
}

/// Whether a new order may wait for units.
fn can_backorder(item: &StockItem, quantity: Units) -> Result<(), StockRefusal> {
    if item.remaining_backorders().is_none_or(|left| quantity <= left) {
        return Ok(());
    }
    Err(match item.backorder_limit.map(Quantity::units).filter(|_| !item.not_backorderable) {
        Some(limit) => {
            let waiting = item.backordered();
            StockRefusal::BackorderLimitExceeded { limit, waiting, requested: quantity }
        }
        None => StockRefusal::NotBackorderable,
    })
}

fn joined(
    sku: Sku,
    order_id: OrderId,
    (quantity, effective_since): (Units, Timestamp),
    eligibility: Eligibility,
    channel: Option<ChannelName>,
) -> StockEvent {
    let Eligibility { only_at, not_at, split, whole, needed_at } = eligibility;
    let place = effective_since;
    StockBackordered { sku, order_id, quantity, place, whole, only_at, not_at, split, needed_at, channel }
        .into()
}

/// Replaces an order's entries by entries of the same age and quantity that other locations may serve, or that have another
/// priority. No events if its entries are so already, or if it has none.
pub(super) fn requeue(item: &StockItem, command: &RequeueBackorder) -> Decision {
    let RequeueBackorder { order, eligibility, from, to } = command;
    let order_id = order.order_id;
    let boost = priority_boost(*to) - priority_boost(*from);
    let is_unchanged = item.entries_of(order_id).all(|entry| entry.eligibility == *eligibility);
    if is_unchanged && boost == 0 {
        return Ok(Vec::new());
    }
    let Some(first) = item.entries_of(order_id).next() else { return Ok(Vec::new()) };
    let sku = item.require_known()?;
    let channel = item.counted_channel(order);
    let waiting = item.backordered_for(order_id);
    let mut events = withdraw(item, order, waiting);
    let since = |entry: &BackorderEntry| {
        Timestamp::from_microseconds((entry.effective_since.microseconds() - boost).max(0))
    };
    let join = |units| joined(sku.clone(), order_id, units, eligibility.clone(), channel.clone());
    if eligibility.whole {
        // Units that must come together are one entry, as old as its oldest units.
        events.push(join((waiting, since(first))));
    } else {
        events.extend(item.entries_of(order_id).map(|entry| join((entry.quantity, since(entry)))));
    }
    Ok(events)
}

/// No events if the order does not wait.
pub(super) fn withdraw(item: &StockItem, order: &OrderRef, quantity: Units) -> Vec<StockEvent> {
    let (order_id, channel) = (order.order_id, item.counted_channel(order));
    let quantity = quantity.min(item.backordered_for(order_id));
    let Some(sku) = item.sku.clone().filter(|_| !quantity.is_zero()) else { return Vec::new() };
    vec![StockBackorderWithdrawn { sku, order_id, quantity, channel }.into()]
}

/// No events if the order does not wait.
pub(super) fn record_promise(
    item: &StockItem,
    order_id: OrderId,
    promised_at: Option<Timestamp>,
) -> Vec<StockEvent> {
    let waits = item.entries_of(order_id).next().is_some();
    let Some(sku) = item.sku.clone().filter(|_| waits) else { return Vec::new() };
    vec![StockPromised { sku, order_id, promised_at }.into()]
}

/// Reserves earmarked units for an order, at most as many as it waits for.
pub(super) fn fill(
    item: &StockItem,
    order_id: OrderId,
    allocations: &[Allocation],
    until: Option<Timestamp>,
) -> Decision {
    let sku = item.require_known()?.clone();
    let allocations = summed(allocations);
    let (requested, waiting) = (total(&allocations), item.backordered_for(order_id));
    if requested > waiting {
        return Err(StockRefusal::NotBackordered { requested, waiting });
    }
    for Allocation { location, quantity } in &allocations {
        let available = item.levels.get(location).map_or(Units::ZERO, |level| level.earmarked);
        if *quantity > available {
            let (location, requested) = (location.clone(), *quantity);
            return Err(StockRefusal::InsufficientStock { location, requested, available });
        }
    }
    Ok(vec![StockBackorderFilled { sku, order_id, allocations, until }.into()])
}

pub(super) fn backordered(item: &mut StockItem, backordered: &StockBackordered) {
    item.add_promised(backordered.channel.as_ref(), backordered.quantity);
    let StockBackordered {
        order_id, quantity, place, whole, only_at, not_at, split, needed_at, channel, ..
    } = backordered.clone();
    let entry = BackorderEntry {
        order_id,
        quantity,
        effective_since: place,
        eligibility: Eligibility { only_at, not_at, split, whole, needed_at },
        promised_at: None,
        channel,
    };
    item.scheduled_entries += usize::from(entry.eligibility.needed_at.is_some());
    let index = item.queue.partition_point(|other| other.effective_since <= entry.effective_since);
    Arc::make_mut(&mut item.queue).insert(index, entry);
}

pub(super) fn withdrawn(item: &mut StockItem, withdrawn: &StockBackorderWithdrawn) {
    take_off(item, withdrawn.order_id, withdrawn.quantity);
    item.subtract_promised(withdrawn.channel.as_ref(), withdrawn.quantity);
}

pub(super) fn promised(item: &mut StockItem, promised: &StockPromised) {
    let entries = Arc::make_mut(&mut item.queue).iter_mut();
    let own = entries.filter(|entry| entry.order_id == promised.order_id);
    own.for_each(|entry| entry.promised_at = promised.promised_at);
}

/// The units counted towards the channel's quota when the order joined the queue; they stop counting if they expire.
pub(super) fn filled(item: &mut StockItem, filled: &StockBackorderFilled) {
    let StockBackorderFilled { order_id, allocations, until, .. } = filled;
    for Allocation { location, quantity } in allocations {
        let level = item.level_mut(location);
        level.earmarked -= *quantity;
        level.reserved += *quantity;
    }
    let channel = item.entries_of(*order_id).next().and_then(|entry| entry.channel.clone());
    take_off(item, *order_id, total(allocations));
    expire_at(item, *order_id, *until, channel.as_ref(), allocations);
}

/// Takes units off the order's entries, the next one first.
fn take_off(item: &mut StockItem, order_id: OrderId, quantity: Units) {
    let queue = Arc::make_mut(&mut item.queue);
    let mut rest = quantity;
    for entry in queue.iter_mut().filter(|entry| entry.order_id == order_id) {
        let taken = entry.quantity.min(rest);
        entry.quantity -= taken;
        rest -= taken;
    }
    queue.retain(|entry| !entry.quantity.is_zero());
    if item.scheduled_entries > 0 {
        item.scheduled_entries =
            item.queue.iter().filter(|entry| entry.eligibility.needed_at.is_some()).count();
    }
}
