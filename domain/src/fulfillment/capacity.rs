//! The daily capacity of locations follows the order's fulfillment orders.

use super::aggregates::Aggregates;
use crate::capacity::{BookCapacity, CapacityCommand, LocationCapacity, first_free_day};
use crate::order::{FulfillmentOrder, Order};
use crate::promising::day_at;
use crate::stream::StreamId;
use crate::values::{FulfillmentOrderId, LocationId, Timestamp};

/// A fulfillment order that a location has to handle, or no longer has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapacityChange {
    /// The location.
    pub location: LocationId,
    /// The fulfillment order.
    pub fulfillment_order_id: FulfillmentOrderId,
    /// When it is promised to leave; absent when the capacity is given back, or nothing is promised.
    pub ship_at: Option<Timestamp>,
}

/// What changes at locations between two states of an order: a fulfillment order is new, moved, or has nothing left.
pub(super) fn capacity_changes(before: &Order, after: &Order) -> Vec<CapacityChange> {
    let is_active = |part: &FulfillmentOrder| part.is_open() || part.has_shipped();
    let change = |location: &LocationId, part: &FulfillmentOrder, ship_at| CapacityChange {
        location: location.clone(),
        fulfillment_order_id: part.id,
        ship_at,
    };
    let mut changes = Vec::new();
    for part in &after.fulfillment_orders {
        let former = before.fulfillment_order(part.id).filter(|former| is_active(former));
        let is_unmoved = former.is_some_and(|former| former.location == part.location);
        if let Some(former) = former.filter(|_| !is_unmoved || !is_active(part)) {
            changes.push(change(&former.location, part, None));
        }
        if is_active(part) && !is_unmoved {
            let ship_at = part.promise.as_ref().map(|promise| promise.ship_at);
            changes.push(change(&part.location, part, ship_at));
        }
    }
    changes
}

/// Books and frees capacity at the locations that have a limit.
pub(super) fn update_capacity<A: Aggregates>(
    aggregates: &mut A,
    changes: &[CapacityChange],
) -> Result<(), A::Error> {
    let network = aggregates.network()?;
    let limited = changes.iter().filter_map(|change| {
        let details = &network.locations.get(&change.location)?.details;
        Some((change, details, details.daily_capacity?))
    });
    aggregates.require(limited.clone().map(|(change, ..)| StreamId::Capacity(change.location.clone())))?;
    for (change, details, capacity) in limited {
        let (location, fulfillment_order_id) = (change.location.clone(), change.fulfillment_order_id);
        let Some(ship_at) = change.ship_at else {
            aggregates.decide_capacity(&location, &CapacityCommand::Free(fulfillment_order_id))?;
            continue;
        };
        let (today, earliest) = (day_at(details, aggregates.now()), day_at(details, ship_at));
        let bookings = aggregates.capacity(&location)?;
        let (calendar, horizon) = (details.calendar(), LocationCapacity::HORIZON);
        // A location that is full was given the order by a report or by hand, and takes it all the same.
        if first_free_day(&bookings, capacity, &calendar, earliest.max(today), horizon).is_some() {
            let book =
                BookCapacity { location, fulfillment_order_id, capacity, calendar, today, earliest, horizon };
            aggregates.decide_capacity(&change.location, &CapacityCommand::Book(book))?;
        }
    }
    Ok(())
}
