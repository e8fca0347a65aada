//! Earmarks: free units that are set apart for the backorder queue, and how they are divided among its entries.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{ExpectedSupplies, plan};
use crate::stock::StockItem;
use crate::stock::allocation::{Allocation, total};
use crate::stock::events::{StockEarmarked, StockEvent};
use crate::stock::level::StockLevel;
use crate::values::{LocationId, OrderId, Units};

/// The part of some units that one entry of the queue may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The order of the queue entry.
    pub order_id: OrderId,
    /// Units by location.
    pub allocations: Vec<Allocation>,
    /// Whether the units can be reserved now. If not, they stay earmarked until there are enough.
    pub is_due: bool,
}

impl StockItem {
    /// The entries that can be served from earmarked units now, the next one first.
    pub fn due(&self) -> impl Iterator<Item = Share> {
        let earmarked = self.levels.iter().map(|(location, level)| (location, level.earmarked));
        shares(self, earmarked.collect()).filter(|share| share.is_due)
    }

    /// The locations whose number of earmarked units must change, each with its new number: as many free units as the queue
    /// can use, and none at paused locations.
    pub fn earmarks(&self, paused: &BTreeSet<LocationId>) -> Vec<Allocation> {
        if self.queue.is_empty() && self.levels.values().all(|level| level.earmarked.is_zero()) {
            return Vec::new();
        }
        let open = self.levels.iter().filter(|(location, _)| !paused.contains(*location));
        let free = open.map(|(location, level)| (location, level.earmarkable())).collect();
        let mut wanted: BTreeMap<LocationId, Units> = BTreeMap::new();
        for Allocation { location, quantity } in shares(self, free).flat_map(|share| share.allocations) {
            *wanted.entry(location).or_default() += quantity;
        }
        let change = |(location, level): (&LocationId, &StockLevel)| {
            let quantity = wanted.get(location).copied().unwrap_or_default();
            (quantity != level.earmarked).then(|| Allocation { location: location.clone(), quantity })
        };
        self.levels.iter().filter_map(change).collect()
    }
}

/// Divides units among the entries of the queue, until none are left.
fn shares<'a>(
    item: &'a StockItem,
    mut left: BTreeMap<&'a LocationId, Units>,
) -> impl Iterator<Item = Share> + use<'a> {
    left.retain(|_, units| !units.is_zero());
    let needs_supplies = !left.is_empty() && item.may_serve_scheduled();
    let mut supplies = if needs_supplies { ExpectedSupplies::of(item) } else { ExpectedSupplies::IGNORED };
    let mut queue = item.queue.iter();
    std::iter::from_fn(move || {
        while !left.is_empty() {
            let entry = queue.next()?;
            let allocations = plan(entry, &mut left, &mut supplies).allocations;
            if !allocations.is_empty() {
                let is_due = !entry.eligibility.whole || total(&allocations) == entry.quantity;
                return Some(Share { order_id: entry.order_id, allocations, is_due });
            }
        }
        None
    })
}

pub(in crate::stock) fn earmark(item: &StockItem, paused: &BTreeSet<LocationId>) -> Vec<StockEvent> {
    let Some(sku) = &item.sku else { return Vec::new() };
    let earmarked =
        |Allocation { location, quantity }| StockEarmarked { sku: sku.clone(), location, quantity }.into();
    item.earmarks(paused).into_iter().map(earmarked).collect()
}

pub(in crate::stock) fn earmarked(item: &mut StockItem, earmarked: &StockEarmarked) {
    item.level_mut(&earmarked.location).earmarked = earmarked.quantity;
}
