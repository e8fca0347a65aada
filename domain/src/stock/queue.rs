//! Who waits for units of a SKU, and whose turn it is.
//!
//! The queue is served by priority and then by age, but nobody waits for ever: an order's place is the moment at which
//! it began to wait, less the head start of its priority. So an express order goes before the standard ones of the
//! last day, and a standard one that has waited longer than that goes before it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::events::Allocation;
use super::state::StockItem;
use crate::values::{ChannelName, LocationId, OrderId, Priority, Timestamp, Units};

const DAY: i64 = 24 * 3_600 * 1_000_000;

/// How much earlier than it began an order of a priority counts as waiting, in microseconds.
pub(super) const fn head_start(priority: Priority) -> i64 {
    match priority {
        Priority::Standard => 0,
        Priority::Express => DAY,
        Priority::Critical => 30 * DAY,
    }
}

/// An order that waits for units of the SKU.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// The order.
    pub order_id: OrderId,
    /// How many units it waits for.
    pub quantity: Units,
    /// Its place: the earlier, the sooner.
    pub place: Timestamp,
    /// Whether it takes all of them at once, from one location, or as they come.
    pub whole: bool,
    /// The only location that may give them.
    pub only_at: Option<LocationId>,
    /// The locations that will not give them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub not_at: BTreeSet<LocationId>,
    /// When it was told that the last of them is expected.
    pub promised_at: Option<Timestamp>,
    /// Its channel, where that may promise only so many.
    pub channel: Option<ChannelName>,
}

impl Waiting {
    /// Whether a location may give it units.
    pub(super) fn may_come_from(&self, location: &LocationId) -> bool {
        self.only_at.as_ref().is_none_or(|only| only == location) && !self.not_at.contains(location)
    }
}

/// What one in the queue may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The order.
    pub order_id: OrderId,
    /// Where and how many.
    pub allocations: Vec<Allocation>,
    /// Whether it can be given now; else it is kept until there is enough.
    pub is_due: bool,
}

impl StockItem {
    /// Units that orders wait for.
    pub fn waiting(&self) -> Units {
        self.queue.iter().map(|waiting| waiting.quantity).sum()
    }

    /// What an order waits for.
    pub fn waiting_for(&self, order_id: OrderId) -> Units {
        self.queue.iter().filter(|waiting| waiting.order_id == order_id).map(|waiting| waiting.quantity).sum()
    }

    /// Who may have what is set aside, the first in the queue first.
    pub fn due(&self) -> impl Iterator<Item = Share> {
        let set_aside = self.bins.iter().map(|(location, bin)| (location, bin.earmarked));
        shares(&self.queue, set_aside.collect()).filter(|share| share.is_due)
    }

    /// How many units are to be set aside at each location where that is not what is set aside: as many as the queue can
    /// have of what is neither reserved nor kept, and none where nothing leaves for now.
    pub fn earmarks(&self, closed: &BTreeSet<LocationId>) -> Vec<Allocation> {
        if self.queue.is_empty() && self.bins.values().all(|bin| bin.earmarked.is_zero()) {
            return Vec::new();
        }
        let open = self.bins.iter().filter(|(location, _)| !closed.contains(*location));
        let supply = open.map(|(location, bin)| (location, bin.earmarked_at_most())).collect();
        let mut wanted: BTreeMap<LocationId, Units> = BTreeMap::new();
        for Allocation { location, quantity } in
            shares(&self.queue, supply).flat_map(|share| share.allocations)
        {
            *wanted.entry(location).or_default() += quantity;
        }
        let change = |(location, bin): (&LocationId, &super::Bin)| {
            let quantity = wanted.get(location).copied().unwrap_or_default();
            (quantity != bin.earmarked).then(|| Allocation { location: location.clone(), quantity })
        };
        self.bins.iter().filter_map(change).collect()
    }
}

/// Divides units among a queue until none are left.
fn shares<'a>(
    queue: &'a [Waiting],
    mut left: BTreeMap<&'a LocationId, Units>,
) -> impl Iterator<Item = Share> + use<'a> {
    left.retain(|_, units| !units.is_zero());
    let mut queue = queue.iter();
    std::iter::from_fn(move || {
        while !left.is_empty() {
            let waiting = queue.next()?;
            let allocations = take(waiting, &mut left);
            if !allocations.is_empty() {
                let given: Units = allocations.iter().map(|allocation| allocation.quantity).sum();
                let is_due = !waiting.whole || given == waiting.quantity;
                return Some(Share { order_id: waiting.order_id, allocations, is_due });
            }
        }
        None
    })
}

/// What one in the queue takes of what is left: in the order of locations or, where all must come from one, from the
/// first that has enough or else from the one that has most.
pub(super) fn take(waiting: &Waiting, left: &mut BTreeMap<&LocationId, Units>) -> Vec<Allocation> {
    let mut wanted = waiting.quantity;
    let mut givers: Vec<(LocationId, Units)> = left
        .iter()
        .filter(|(location, _)| waiting.may_come_from(location))
        .map(|(location, units)| ((*location).clone(), *units))
        .collect();
    if waiting.whole {
        let enough = givers.iter().position(|(_, units)| *units >= wanted);
        let most = givers.iter().map(|(_, units)| *units).max();
        let chosen = enough.or_else(|| givers.iter().position(|(_, units)| Some(*units) == most));
        givers = chosen.map(|index| givers.swap_remove(index)).into_iter().collect();
    }
    let mut allocations = Vec::new();
    for (location, units) in givers {
        let quantity = units.min(wanted);
        if quantity.is_zero() {
            break;
        }
        wanted -= quantity;
        if quantity == units {
            left.remove(&location);
        } else if let Some(left) = left.get_mut(&location) {
            *left -= quantity;
        }
        allocations.push(Allocation { location, quantity });
    }
    allocations
}
