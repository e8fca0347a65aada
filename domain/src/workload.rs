//! A location's workload: how many fulfillment orders it has taken on for each of its days.
//!
//! One stream for every location, so that a busy one does not make the others' longer. Its state stays small: it knows
//! days from the one on which the latest booking was made, and of each the fulfillment orders booked, which are no more
//! than the location can handle a day. They are kept by id, twenty bytes each, because whoever is freed says who it is
//! and not on which day. What was booked for a day that has passed is forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::aggregate::pure_aggregate;
use crate::event::{event_enum, payloads};
use crate::refusal::{Class, Refusal};
use crate::values::{Day, FulfillmentOrderId, LocationId, Quantity};

#[cfg(test)]
mod tests;

// ---- events ----

payloads! {
    /// A location handles a fulfillment order on a day.
    CapacityBooked {
        /// Which location.
        location: LocationId,
        /// On which of its days.
        day: Day,
        /// Which fulfillment order.
        fulfillment_order_id: FulfillmentOrderId,
        /// On which of its days that was decided. Days before it are forgotten.
        booked_on: Day,
    }
    /// A location handles a fulfillment order no longer, so that there is room for another.
    CapacityFreed {
        /// Which location.
        location: LocationId,
        /// On which of its days.
        day: Day,
        /// Which fulfillment order.
        fulfillment_order_id: FulfillmentOrderId,
    }
}

event_enum!(
    /// Everything that happens to a location's workload.
    WorkloadEvent { CapacityBooked = 1, CapacityFreed = 1 }
);

// ---- state ----

/// What a location has taken on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Workload {
    /// The location; nothing where none was ever booked.
    pub location: Option<LocationId>,
    /// The day on which the latest booking was made. Nothing is booked before it, and nothing is known of before.
    pub since: Option<Day>,
    /// The fulfillment orders booked, by day. A day without any is not there.
    pub days: BTreeMap<Day, Arc<BTreeSet<FulfillmentOrderId>>>,
}

impl Workload {
    /// For how many days orders are taken at most.
    pub const HORIZON: u32 = 60;

    /// How many fulfillment orders are booked for a day.
    pub fn booked(&self, day: Day) -> usize {
        self.days.get(&day).map_or(0, |booked| booked.len())
    }

    /// The day that a fulfillment order is booked for, as long as it has not passed.
    pub fn day_of(&self, fulfillment_order: FulfillmentOrderId) -> Option<Day> {
        let mut days = self.days.iter();
        days.find(|(_, booked)| booked.contains(&fulfillment_order)).map(|(day, _)| *day)
    }
}

/// The first day with room, from the earliest on and within so many days, at most [`Workload::HORIZON`].
///
/// It is earlier than the day on which the latest booking was made in no case: of such days nothing is known.
pub fn first_free_day(workload: &Workload, capacity: Quantity, earliest: Day, horizon: u32) -> Option<Day> {
    let first = workload.since.map_or(earliest, |since| since.max(earliest));
    let mut days = (0..horizon.min(Workload::HORIZON)).map(|ahead| first.plus(ahead));
    days.find(|day| (workload.booked(*day) as u64) < capacity.units().number())
}

// ---- commands ----

/// What can be asked of a workload. No caller asks: it is part of decisions about orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkloadCommand {
    /// Handle a fulfillment order on the first day with room.
    Book {
        /// Which location.
        location: LocationId,
        /// Which fulfillment order.
        fulfillment_order_id: FulfillmentOrderId,
        /// How many it can handle a day.
        capacity: Quantity,
        /// The location's day at the moment of decision.
        today: Day,
        /// The first day on which it could be handled.
        earliest: Day,
        /// Within how many days it must be handled, counted from the earliest.
        horizon: u32,
    },
    /// Make room again.
    Free {
        /// Which fulfillment order.
        fulfillment_order_id: FulfillmentOrderId,
    },
}

// ---- refusals ----

/// Why a workload was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkloadRefusal {
    /// No day has room.
    #[error("{location} has no room within {days} days from {earliest}")]
    NoCapacity {
        /// Which location.
        location: LocationId,
        /// From which day on.
        earliest: Day,
        /// Within how many days.
        days: u32,
    },
}

impl Refusal for WorkloadRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NoCapacity { .. } => "no_capacity",
        }
    }

    fn class(&self) -> Class {
        Class::Conflict
    }
}

// ---- decide ----

fn decide(workload: &Workload, command: &WorkloadCommand) -> Result<Vec<WorkloadEvent>, WorkloadRefusal> {
    match command {
        WorkloadCommand::Book { .. } => book(workload, command),
        WorkloadCommand::Free { fulfillment_order_id } => Ok(free(workload, *fulfillment_order_id)),
    }
}

fn book(workload: &Workload, command: &WorkloadCommand) -> Result<Vec<WorkloadEvent>, WorkloadRefusal> {
    let WorkloadCommand::Book { location, fulfillment_order_id, capacity, today, earliest, horizon } =
        command
    else {
        return Ok(Vec::new());
    };
    // It has its day already: a second booking would take room that nobody gives back.
    if workload.day_of(*fulfillment_order_id).is_some() {
        return Ok(Vec::new());
    }
    let earliest = *earliest.max(today);
    let day = first_free_day(workload, *capacity, earliest, *horizon).ok_or_else(|| {
        let days = (*horizon).min(Workload::HORIZON);
        WorkloadRefusal::NoCapacity { location: location.clone(), earliest, days }
    })?;
    let (location, booked_on) = (location.clone(), *today);
    let fulfillment_order_id = *fulfillment_order_id;
    Ok(vec![CapacityBooked { location, day, fulfillment_order_id, booked_on }.into()])
}

fn free(workload: &Workload, fulfillment_order_id: FulfillmentOrderId) -> Vec<WorkloadEvent> {
    // What was booked for a day that has passed leaves no room behind.
    let booked = workload.location.clone().zip(workload.day_of(fulfillment_order_id));
    let freed = booked.map(|(location, day)| CapacityFreed { location, day, fulfillment_order_id }.into());
    freed.into_iter().collect()
}

// ---- evolve ----

fn evolve(workload: &mut Workload, event: &WorkloadEvent) {
    match event {
        WorkloadEvent::CapacityBooked(CapacityBooked { location, day, fulfillment_order_id, booked_on }) => {
            workload.location = Some(location.clone());
            // A location that changes its time zone may be set back by a day: what is forgotten stays forgotten.
            let since = workload.since.map_or(*booked_on, |since| since.max(*booked_on));
            workload.since = Some(since);
            workload.days = workload.days.split_off(&since);
            Arc::make_mut(workload.days.entry(*day).or_default()).insert(*fulfillment_order_id);
        }
        WorkloadEvent::CapacityFreed(CapacityFreed { day, fulfillment_order_id, .. }) => {
            if let Some(booked) = workload.days.get_mut(day) {
                Arc::make_mut(booked).remove(fulfillment_order_id);
            }
            workload.days.retain(|_, booked| !booked.is_empty());
        }
    }
}

pure_aggregate!(Workload, "workload", WorkloadCommand, WorkloadEvent, WorkloadRefusal);
