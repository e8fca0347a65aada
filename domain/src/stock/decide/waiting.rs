//! Orders that wait for units, and whose turn it is.

use std::collections::BTreeSet;

use super::{Decision, known, limited, summed};
use crate::stock::commands::StockCommand;
use crate::stock::events::{
    Allocation, StockBackorderFilled, StockBackorderWithdrawn, StockBackordered, StockEarmarked, StockEvent,
    StockPromised,
};
use crate::stock::queue::{Eligibility, priority_boost};
use crate::stock::refusals::StockRefusal;
use crate::stock::state::StockItem;
use crate::values::{ChannelName, LocationId, OrderId, Quantity, Sku, Timestamp, Units};

/// An order joins the queue at the place that its priority gives it.
pub(super) fn wait(item: &StockItem, command: &StockCommand) -> Decision {
    let StockCommand::BackorderInventory {
        order_id,
        channel,
        ordered_at,
        quantity,
        priority,
        eligibility,
        may_be_refused,
        at,
    } = command
    else {
        return Ok(Vec::new());
    };
    if *may_be_refused {
        may_wait(item, *quantity)?;
        within_quota(item, channel, *ordered_at, *quantity)?;
    }
    let since = Timestamp::from_microseconds((at.microseconds() - priority_boost(*priority)).max(0));
    let (sku, channel) = (known(item)?.clone(), limited(item, channel, *ordered_at));
    let eligibility = eligibility.clone();
    Ok(vec![backordered(sku, *order_id, *quantity, since, eligibility, channel)])
}

fn backordered(
    sku: Sku,
    order_id: OrderId,
    quantity: Units,
    place: Timestamp,
    eligibility: Eligibility,
    channel: Option<ChannelName>,
) -> StockEvent {
    let Eligibility { only_at, not_at, split, whole } = eligibility;
    StockBackordered { sku, order_id, quantity, place, whole, only_at, not_at, split, channel }.into()
}

/// Replaces an order's entries by entries of the same age and quantity that other locations may serve. No events where
/// its entries are so already, or where it has none.
pub(super) fn requeue(
    item: &StockItem,
    order_id: OrderId,
    channel: Option<&ChannelName>,
    eligibility: &Eligibility,
) -> Decision {
    if item.entries_of(order_id).all(|entry| entry.eligibility == *eligibility) {
        return Ok(Vec::new());
    }
    let sku = known(item)?;
    let mut events = withdraw(item, order_id, channel, item.waiting_for(order_id));
    events.extend(item.entries_of(order_id).map(|entry| {
        let (quantity, since) = (entry.quantity, entry.effective_since);
        backordered(sku.clone(), order_id, quantity, since, eligibility.clone(), channel.cloned())
    }));
    Ok(events)
}

/// Whether a channel may promise so many more units to an order that was created then.
fn within_quota(
    item: &StockItem,
    channel: &ChannelName,
    ordered_at: Timestamp,
    requested: Units,
) -> Result<(), StockRefusal> {
    match item.remaining_quota(channel, ordered_at).filter(|left| requested > *left) {
        Some(left) => Err(StockRefusal::ChannelLimitExceeded { channel: channel.clone(), left, requested }),
        None => Ok(()),
    }
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

pub(super) fn withdraw(
    item: &StockItem,
    order_id: OrderId,
    channel: Option<&ChannelName>,
    quantity: Units,
) -> Vec<StockEvent> {
    let quantity = quantity.min(item.waiting_for(order_id));
    let Some(sku) = item.sku.clone().filter(|_| !quantity.is_zero()) else { return Vec::new() };
    let channel = channel.cloned();
    vec![StockBackorderWithdrawn { sku, order_id, quantity, channel }.into()]
}

/// Nothing where the order waits for nothing.
pub(super) fn promise(
    item: &StockItem,
    order_id: OrderId,
    promised_at: Option<Timestamp>,
) -> Vec<StockEvent> {
    let waits = item.queue.iter().any(|waiting| waiting.order_id == order_id);
    let Some(sku) = item.sku.clone().filter(|_| waits) else { return Vec::new() };
    vec![StockPromised { sku, order_id, promised_at }.into()]
}

pub(super) fn earmark(item: &StockItem, closed: &BTreeSet<LocationId>) -> Vec<StockEvent> {
    let Some(sku) = &item.sku else { return Vec::new() };
    let earmarked =
        |Allocation { location, quantity }| StockEarmarked { sku: sku.clone(), location, quantity }.into();
    item.earmarks(closed).into_iter().map(earmarked).collect()
}

pub(super) fn fill(
    item: &StockItem,
    order_id: OrderId,
    allocations: &[Allocation],
    until: Option<Timestamp>,
) -> Decision {
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
    Ok(vec![StockBackorderFilled { sku, order_id, allocations, until }.into()])
}
