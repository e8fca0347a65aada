//! A location's capacity: which fulfillment orders are booked for each of its days.
//!
//! Every location has a stream of its own, so that a busy location does not make the others' streams longer. The state stays
//! small: it has the days from the one on which the latest booking was made, each with at most as many fulfillment orders
//! as the location can handle. Bookings are stored by fulfillment order (20 bytes each), because they are freed by that
//! id. Days that have passed are forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::aggregate::pure_aggregate;
use crate::event::{event_enum, payloads};
use crate::promising::working_days::WorkingDays;
use crate::refusal::{Class, Refusal};
use crate::values::{Day, FulfillmentOrderId, LocationId, Quantity};

#[cfg(test)]
mod tests;

// ---- events ----

payloads! {
    /// A fulfillment order was booked for a day of a location.
    CapacityBooked {
        location: LocationId,
        /// The day, in the location's time zone.
        day: Day,
        fulfillment_order_id: FulfillmentOrderId,
        /// The location's day at the decision time. Earlier days are forgotten.
        booked_on: Day,
    }
    /// A fulfillment order no longer takes capacity of a location.
    CapacityFreed {
        location: LocationId,
        /// The day, in the location's time zone.
        day: Day,
        fulfillment_order_id: FulfillmentOrderId,
    }
}

event_enum!(
    /// The events of a location's capacity.
    CapacityEvent { CapacityBooked = 1, CapacityFreed = 1 }
);

// ---- state ----

/// The fulfillment orders that are booked at a location.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LocationCapacity {
    /// The location; absent if nothing was ever booked.
    pub location: Option<LocationId>,
    /// The day on which the latest booking was made. Earlier days are not known, and cannot be booked.
    pub since: Option<Day>,
    /// The booked fulfillment orders by day. Days without any are absent.
    pub days: BTreeMap<Day, Arc<BTreeSet<FulfillmentOrderId>>>,
}

impl LocationCapacity {
    /// The most days ahead for which orders are taken.
    pub const HORIZON: u32 = 60;

    /// The number of fulfillment orders that are booked for a day.
    pub fn booked(&self, day: Day) -> usize {
        self.days.get(&day).map_or(0, |booked| booked.len())
    }

    /// The day that a fulfillment order is booked for; nothing once the day has passed.
    pub fn day_of(&self, fulfillment_order: FulfillmentOrderId) -> Option<Day> {
        let mut days = self.days.iter();
        days.find(|(_, booked)| booked.contains(&fulfillment_order)).map(|(day, _)| *day)
    }
}

/// The first working day with free capacity, from the earliest day on and within `horizon` days, at most
/// [`LocationCapacity::HORIZON`].
///
/// It is never before the day on which the latest booking was made, since earlier days are not known.
pub fn first_free_day(
    bookings: &LocationCapacity,
    capacity: Quantity,
    calendar: &WorkingDays,
    earliest: Day,
    horizon: u32,
) -> Option<Day> {
    let first = bookings.since.map_or(earliest, |since| since.max(earliest));
    let end = first.plus(horizon.min(LocationCapacity::HORIZON));
    let mut days = calendar.days_from(first).take_while(|day| *day < end);
    days.find(|day| (bookings.booked(*day) as u64) < capacity.units().number())
}

// ---- commands ----

/// Books a fulfillment order for the first working day with free capacity.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the other names say it")]
pub struct BookCapacity {
    pub location: LocationId,
    pub fulfillment_order_id: FulfillmentOrderId,
    /// Fulfillment orders that the location can handle per day.
    pub capacity: Quantity,
    /// The days on which the location works.
    pub calendar: WorkingDays,
    /// The location's day at the decision time.
    pub today: Day,
    /// The first day that may be booked.
    pub earliest: Day,
    /// The number of days that may be booked, counted from the earliest.
    pub horizon: u32,
}

/// The decisions about a location's capacity. They are parts of decisions about orders, and not commands of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CapacityCommand {
    /// Books a fulfillment order.
    Book(BookCapacity),
    /// Frees the capacity of a fulfillment order.
    Free(FulfillmentOrderId),
}

// ---- refusals ----

/// Why capacity was not booked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CapacityRefusal {
    /// No day has free capacity.
    #[error("{location} has no capacity within {days} days from {earliest}")]
    #[allow(missing_docs, reason = "the text says what the values are")]
    NoCapacity { location: LocationId, earliest: Day, days: u32 },
}

impl Refusal for CapacityRefusal {
    fn kind(&self) -> (&'static str, Class) {
        match self {
            Self::NoCapacity { .. } => ("no_capacity", Class::Conflict),
        }
    }
}

// ---- decide ----

fn decide(
    bookings: &LocationCapacity,
    command: &CapacityCommand,
) -> Result<Vec<CapacityEvent>, CapacityRefusal> {
    match command {
        CapacityCommand::Book(command) => book(bookings, command),
        CapacityCommand::Free(fulfillment_order_id) => Ok(free(bookings, *fulfillment_order_id)),
    }
}

/// No events if it is booked already: a second booking would never be freed.
fn book(bookings: &LocationCapacity, command: &BookCapacity) -> Result<Vec<CapacityEvent>, CapacityRefusal> {
    let BookCapacity { location, fulfillment_order_id, capacity, calendar, today, earliest, horizon } =
        command.clone();
    if bookings.day_of(fulfillment_order_id).is_some() {
        return Ok(Vec::new());
    }
    let earliest = earliest.max(today);
    let Some(day) = first_free_day(bookings, capacity, &calendar, earliest, horizon) else {
        let days = horizon.min(LocationCapacity::HORIZON);
        return Err(CapacityRefusal::NoCapacity { location, earliest, days });
    };
    Ok(vec![CapacityBooked { location, day, fulfillment_order_id, booked_on: today }.into()])
}

fn free(bookings: &LocationCapacity, fulfillment_order_id: FulfillmentOrderId) -> Vec<CapacityEvent> {
    // A day that has passed has nothing to free.
    let booked = bookings.location.clone().zip(bookings.day_of(fulfillment_order_id));
    let freed = booked.map(|(location, day)| CapacityFreed { location, day, fulfillment_order_id }.into());
    freed.into_iter().collect()
}

// ---- evolve ----

fn evolve(bookings: &mut LocationCapacity, event: &CapacityEvent) {
    match event {
        CapacityEvent::CapacityBooked(CapacityBooked { location, day, fulfillment_order_id, booked_on }) => {
            bookings.location = Some(location.clone());
            // A location that changes its time zone may go back by a day: forgotten days stay forgotten.
            let since = bookings.since.map_or(*booked_on, |since| since.max(*booked_on));
            bookings.since = Some(since);
            bookings.days = bookings.days.split_off(&since);
            Arc::make_mut(bookings.days.entry(*day).or_default()).insert(*fulfillment_order_id);
        }
        CapacityEvent::CapacityFreed(CapacityFreed { day, fulfillment_order_id, .. }) => {
            if let Some(booked) = bookings.days.get_mut(day) {
                Arc::make_mut(booked).remove(fulfillment_order_id);
            }
            bookings.days.retain(|_, booked| !booked.is_empty());
        }
    }
}

pure_aggregate!(LocationCapacity, "workload", CapacityCommand, CapacityEvent, CapacityRefusal);
