//! The backorder queue of a SKU: which orders wait for units, and in which order they are served.
//!
//! The queue is ordered by age less a boost for priority, so that no order waits for ever: an express order goes before
//! the standard ones of the last day, and a standard order that has waited longer than a day goes before it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::Allocation;
use super::state::StockItem;
use crate::values::{ChannelName, LocationId, OrderId, Priority, Timestamp, Units};

const DAY: i64 = 24 * 3_600 * 1_000_000;

/// How much earlier than it joined the queue an order of a priority is ranked, in microseconds.
pub(super) const fn priority_boost(priority: Priority) -> i64 {
    match priority {
        Priority::Standard => 0,
        Priority::Express => DAY,
        Priority::Critical => 30 * DAY,
    }
}

/// Which locations may serve backordered units, and how.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Eligibility {
    /// The only location that may serve them; any location when absent.
    pub only_at: Option<LocationId>,
    /// Locations that must not serve them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub not_at: BTreeSet<LocationId>,
    /// How many more locations the order may ship from; any number when absent.
    pub split: Option<SplitAllowance>,
    /// Whether all units must come at once, from one location. Otherwise they come as they arrive.
    pub whole: bool,
}

/// How many more locations an order may ship from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SplitAllowance {
    /// Locations that the order already ships from: they may always give more.
    pub used: BTreeSet<LocationId>,
    /// How many other locations may join them; 0 for none.
    pub more: u32,
}

impl SplitAllowance {
    /// The allowance of an order that ships from some locations and may ship from at most `limit`. A limit of 0 counts as 1.
    pub fn within(limit: u32, used: BTreeSet<LocationId>) -> Self {
        let in_use = u32::try_from(used.len()).unwrap_or(u32::MAX);
        Self { more: limit.max(1).saturating_sub(in_use), used }
    }

    /// Takes a location into use. False where no more locations may be.
    pub(super) fn admit(&mut self, location: &LocationId) -> bool {
        if self.used.contains(location) {
            return true;
        }
        let is_free = self.more > 0;
        if is_free {
            self.more -= 1;
            self.used.insert(location.clone());
        }
        is_free
    }
}

impl Eligibility {
    /// Whether a location may serve the units.
    pub fn allows(&self, location: &LocationId) -> bool {
        let within_split = |split: &SplitAllowance| split.more > 0 || split.used.contains(location);
        self.only_at.as_ref().is_none_or(|only| only == location)
            && !self.not_at.contains(location)
            && self.split.as_ref().is_none_or(within_split)
    }

    /// The locations that may serve the units together, out of those that have some, in the order in which they are asked.
    ///
    /// Locations are asked by name. Where not all of them may take part, those that the order already ships from come
    /// first, then those that have most. Units that must come from one location come from the first that has enough, or
    /// are collected at the one that has most.
    fn servers(&self, mut having: Vec<(LocationId, Units)>, quantity: Units) -> Vec<(LocationId, Units)> {
        having.retain(|(location, _)| self.allows(location));
        if self.whole {
            let enough = having.iter().position(|(_, units)| *units >= quantity);
            let most = having.iter().map(|(_, units)| *units).max();
            let chosen = enough.or_else(|| having.iter().position(|(_, units)| Some(*units) == most));
            return chosen.map(|index| having.swap_remove(index)).into_iter().collect();
        }
        let Some(split) = &self.split else { return having };
        let (mut servers, mut others): (Vec<_>, Vec<_>) =
            having.into_iter().partition(|(location, _)| split.used.contains(location));
        let more = usize::try_from(split.more).unwrap_or(usize::MAX);
        if others.len() > more {
            others.sort_by_key(|(_, units)| std::cmp::Reverse(*units));
            others.truncate(more);
        }
        servers.extend(others);
        servers
    }
}

/// Units of one order that wait for supply.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackorderEntry {
    /// The order.
    pub order_id: OrderId,
    /// Units that are still to come; at least 1.
    pub quantity: Units,
    /// The time that the queue is ordered by, the earliest first: when the order joined it, less its priority boost.
    pub effective_since: Timestamp,
    /// The locations that may serve it.
    #[serde(flatten)]
    pub eligibility: Eligibility,
    /// When the last unit is expected, as the order was last told; absent where that is not known.
    pub promised_at: Option<Timestamp>,
    /// The order's channel, if the units count towards its quota.
    pub channel: Option<ChannelName>,
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
        self.queue.iter().map(|entry| entry.quantity).sum()
    }

    /// What an order waits for.
    pub fn waiting_for(&self, order_id: OrderId) -> Units {
        self.entries_of(order_id).map(|entry| entry.quantity).sum()
    }

    /// An order's entries in the queue, the one to be served next first.
    pub fn entries_of(&self, order_id: OrderId) -> impl Iterator<Item = &BackorderEntry> {
        self.queue.iter().filter(move |entry| entry.order_id == order_id)
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
    queue: &'a [BackorderEntry],
    mut left: BTreeMap<&'a LocationId, Units>,
) -> impl Iterator<Item = Share> + use<'a> {
    left.retain(|_, units| !units.is_zero());
    let mut queue = queue.iter();
    std::iter::from_fn(move || {
        while !left.is_empty() {
            let entry = queue.next()?;
            let allocations = take(entry, &mut left);
            if !allocations.is_empty() {
                let given: Units = allocations.iter().map(|allocation| allocation.quantity).sum();
                let is_due = !entry.eligibility.whole || given == entry.quantity;
                return Some(Share { order_id: entry.order_id, allocations, is_due });
            }
        }
        None
    })
}

/// Takes what one entry may have out of the units that are left.
pub(super) fn take(entry: &BackorderEntry, left: &mut BTreeMap<&LocationId, Units>) -> Vec<Allocation> {
    let mut wanted = entry.quantity;
    let having = left.iter().map(|(location, units)| ((*location).clone(), *units)).collect();
    let mut allocations = Vec::new();
    for (location, units) in entry.eligibility.servers(having, wanted) {
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
