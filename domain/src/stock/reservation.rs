//! Reservations: units that are reserved for an order, with or without an end.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::allocation::{Allocation, summed, total};
use super::cart::ExpiringCarts;
use super::channel_quota::OrderRef;
use super::events::{
    StockEvent, StockReleased, StockReservationExtended, StockReservationsExpired, StockReserved,
};
use super::level::StockLevel;
use super::{Decision, StockItem};
use crate::values::{ChannelName, LocationId, OrderId, Timestamp, Units};

/// The reservation of an order that ends at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpiringReservation {
    /// The order that has reserved the units.
    pub order_id: OrderId,
    /// When it ends.
    pub until: Timestamp,
    /// The order's channel, if the units count towards its quota.
    pub channel: Option<ChannelName>,
    /// The reserved units by location. A location may be named several times.
    pub allocations: Vec<Allocation>,
}

/// Reserves available units for an order.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct ReserveInventory {
    pub order: OrderRef,
    pub allocations: Vec<Allocation>,
    /// When the reservation ends; never if absent.
    pub until: Option<Timestamp>,
    /// Whether the units may be safety stock: those of the order's cart were promised before the safety stock was raised.
    pub may_use_safety_stock: bool,
}

/// Ends the reservation of units of an order.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct ReleaseInventory {
    pub order: OrderRef,
    pub allocations: Vec<Allocation>,
}

/// Sourcing has chosen the locations within the quota of the order's channel. It has also limited the safety stock that is used
/// to the units of the order's cart.
pub(super) fn reserve(item: &StockItem, command: &ReserveInventory) -> Decision {
    let sku = item.require_known()?.clone();
    let allocations = summed(&command.allocations);
    let available = if command.may_use_safety_stock { StockLevel::unreserved } else { StockLevel::available };
    item.require_available(&allocations, available)?;
    let channel = item.counted_channel(&command.order);
    let (order_id, until) = (command.order.order_id, command.until);
    Ok(vec![StockReserved { sku, order_id, allocations, until, channel }.into()])
}

pub(super) fn release(item: &StockItem, command: &ReleaseInventory) -> Decision {
    let sku = item.require_known()?.clone();
    let allocations = summed(&command.allocations);
    for Allocation { location, quantity } in &allocations {
        item.require_reserved(location, *quantity)?;
    }
    let (order_id, channel) = (command.order.order_id, item.counted_channel(&command.order));
    Ok(vec![StockReleased { sku, order_id, allocations, channel }.into()])
}

/// Ends the reservations of orders and carts whose time has come, all of them in one event.
pub(super) fn expire(item: &StockItem, at: Timestamp) -> Vec<StockEvent> {
    let orders = item.expiring.iter().take_while(|reservation| reservation.until <= at);
    let carts = item.carts.iter().take_while(|carts| carts.until <= at);
    let of_carts: Vec<Allocation> = carts.flat_map(|carts| carts.allocations()).collect();
    let mut ended = orders.flat_map(|reservation| &reservation.allocations).chain(&of_carts).peekable();
    let Some(sku) = item.sku.clone().filter(|_| ended.peek().is_some()) else { return Vec::new() };
    let allocations = summed(ended);
    vec![StockReservationsExpired { sku, until: at, allocations }.into()]
}

/// Returns no events if the order has no expiring reservation and no permanent one gets a deadline.
pub(super) fn extend(
    item: &StockItem,
    order: &OrderRef,
    until: Option<Timestamp>,
    allocations: &[Allocation],
) -> Vec<StockEvent> {
    let order_id = order.order_id;
    let ends = item.expiring.iter().any(|reservation| reservation.order_id == order_id);
    // A permanent reservation gets a deadline: the item does not know yet which units are the order's.
    let is_limited = !ends && until.is_some() && !allocations.is_empty();
    let Some(sku) = item.sku.clone().filter(|_| ends || is_limited) else { return Vec::new() };
    let allocations = if is_limited { summed(allocations) } else { Vec::new() };
    let channel = item.counted_channel(order).filter(|_| is_limited);
    vec![StockReservationExtended { sku, order_id, until, allocations, channel }.into()]
}

pub(super) fn reserved(item: &mut StockItem, reserved: &StockReserved) {
    let StockReserved { order_id, allocations, until, channel, .. } = reserved;
    for Allocation { location, quantity } in allocations {
        item.level_mut(location).reserved += *quantity;
    }
    item.add_promised(channel.as_ref(), total(allocations));
    expire_at(item, *order_id, *until, channel.as_ref(), allocations);
}

pub(super) fn released(item: &mut StockItem, released: &StockReleased) {
    let StockReleased { order_id, allocations, channel, .. } = released;
    for Allocation { location, quantity } in allocations {
        item.level_mut(location).reserved -= *quantity;
        no_longer_expires(item, *order_id, location, *quantity);
    }
    item.subtract_promised(channel.as_ref(), total(allocations));
}

pub(super) fn expired(item: &mut StockItem, expired: &StockReservationsExpired) {
    for Allocation { location, quantity } in &expired.allocations {
        item.level_mut(location).reserved -= *quantity;
    }
    let count = item.expiring.partition_point(|reservation| reservation.until <= expired.until);
    let ended: Vec<ExpiringReservation> = Arc::make_mut(&mut item.expiring).drain(..count).collect();
    for reservation in ended {
        item.subtract_promised(reservation.channel.as_ref(), total(&reservation.allocations));
    }
    let count = item.carts.partition_point(|carts| carts.until <= expired.until);
    let ended: Vec<Arc<ExpiringCarts>> = Arc::make_mut(&mut item.carts).drain(..count).collect();
    for (channel, quantity) in ended.iter().flat_map(|carts| &carts.counted) {
        item.subtract_promised(Some(channel), *quantity);
    }
}

pub(super) fn extended(item: &mut StockItem, extended: &StockReservationExtended) {
    let StockReservationExtended { order_id, until, allocations, channel, .. } = extended;
    let expiring = Arc::make_mut(&mut item.expiring);
    let Some(index) = expiring.iter().position(|reservation| reservation.order_id == *order_id) else {
        return expire_at(
            item,
            *order_id,
            until.filter(|_| !allocations.is_empty()),
            channel.as_ref(),
            allocations,
        );
    };
    let reservation = expiring.remove(index);
    if let Some(until) = *until {
        insert(expiring, ExpiringReservation { until, ..reservation });
    }
}

/// Records the deadline of reserved units. It also becomes the deadline of the order's other expiring units.
pub(super) fn expire_at(
    item: &mut StockItem,
    order_id: OrderId,
    until: Option<Timestamp>,
    channel: Option<&ChannelName>,
    allocations: &[Allocation],
) {
    let Some(until) = until else { return };
    let expiring = Arc::make_mut(&mut item.expiring);
    let index = expiring.iter().position(|reservation| reservation.order_id == order_id);
    let known = index.map(|index| expiring.remove(index));
    let (channel, mut all) =
        known.map_or_else(|| (channel.cloned(), Vec::new()), |known| (known.channel, known.allocations));
    all.extend_from_slice(allocations);
    insert(expiring, ExpiringReservation { order_id, until, channel, allocations: all });
}

fn insert(expiring: &mut Vec<ExpiringReservation>, reservation: ExpiringReservation) {
    let index = expiring.partition_point(|other| other.until <= reservation.until);
    expiring.insert(index, reservation);
}

/// Units of an order have left, or are reserved no longer: they do not expire.
pub(super) fn no_longer_expires(
    item: &mut StockItem,
    order_id: OrderId,
    location: &LocationId,
    quantity: Units,
) {
    if !item.expiring.iter().any(|reservation| reservation.order_id == order_id) {
        return;
    }
    let expiring = Arc::make_mut(&mut item.expiring);
    let mut rest = quantity;
    for reservation in expiring.iter_mut().filter(|reservation| reservation.order_id == order_id) {
        for allocation in reservation.allocations.iter_mut().filter(|there| there.location == *location) {
            let taken = allocation.quantity.min(rest);
            allocation.quantity -= taken;
            rest -= taken;
        }
        reservation.allocations.retain(|allocation| !allocation.quantity.is_zero());
    }
    expiring.retain(|reservation| !reservation.allocations.is_empty());
}
