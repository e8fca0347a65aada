//! Where the units of each entry of the queue come from: free units, or expected supplies.

use std::collections::BTreeMap;

use super::{BackorderEntry, Eligibility};
use crate::stock::StockItem;
use crate::stock::allocation::{Allocation, total};
use crate::stock::supply::Supply;
use crate::values::{LocationId, Timestamp, Units};

/// Where the units of one entry come from.
pub(crate) struct Plan {
    /// Free units that it takes, by location.
    pub(crate) allocations: Vec<Allocation>,
    /// When the last unit from a supply is due. None if supplies do not cover all missing units, or if no unit comes from one.
    pub(crate) complete_at: Option<Timestamp>,
}

impl Plan {
    /// Units that it takes now.
    pub(crate) fn on_hand(&self) -> Units {
        total(&self.allocations)
    }
}

/// The supplies of a SKU, the earliest first, as far as they are not assigned to an entry of the queue.
pub(super) struct ExpectedSupplies {
    unassigned: Vec<Supply>,
    /// The parts that are assigned to scheduled entries.
    of_scheduled: Vec<Supply>,
}

impl StockItem {
    /// Where the units of each entry of the queue come from, if the earmarked units are divided among them.
    pub(crate) fn plans(&self) -> impl Iterator<Item = (&BackorderEntry, Plan)> {
        let (mut earmarked, mut supplies) = (self.earmarked(), ExpectedSupplies::of(self));
        self.queue.iter().map(move |entry| (entry, plan(entry, &mut earmarked, &mut supplies)))
    }

    /// The parts of supplies that are assigned to scheduled entries.
    pub(crate) fn supplies_of_scheduled(&self) -> Vec<Supply> {
        if self.may_serve_scheduled() { self.unassigned_supplies().of_scheduled } else { Vec::new() }
    }

    /// The number of an order's units that can wait for supplies which are due between now and the time at which the units are
    /// needed. Only supplies that are assigned to no entry count, at locations that are open.
    pub fn deferrable(
        &self,
        quantity: Units,
        eligibility: &Eligibility,
        now: Timestamp,
        is_open: impl Fn(&LocationId) -> bool,
    ) -> Units {
        if eligibility.needed_at.is_none() || self.supplies.is_empty() {
            return Units::ZERO;
        }
        let mut supplies = self.unassigned_supplies();
        supplies.unassigned.retain(|supply| supply.due_at >= now && is_open(&supply.location));
        supplies.assign_in_time(quantity, eligibility).0
    }

    /// Whether supplies may serve entries before free units do.
    pub(crate) fn may_serve_scheduled(&self) -> bool {
        self.scheduled_entries > 0 && !self.supplies.is_empty()
    }

    fn earmarked(&self) -> BTreeMap<&LocationId, Units> {
        let earmarked = self.levels.iter().map(|(location, level)| (location, level.earmarked));
        earmarked.filter(|(_, units)| !units.is_zero()).collect()
    }

    fn unassigned_supplies(&self) -> ExpectedSupplies {
        let (mut earmarked, mut supplies) = (self.earmarked(), ExpectedSupplies::of(self));
        for entry in self.queue.iter() {
            plan(entry, &mut earmarked, &mut supplies);
        }
        supplies
    }
}

/// Plans one entry. A scheduled entry takes supplies that are due by the time at which it needs its units, the latest first, so that
/// earlier supplies remain for other entries. The missing units come from free units, then from the remaining supplies, the
/// earliest first.
pub(super) fn plan(
    entry: &BackorderEntry,
    free: &mut BTreeMap<&LocationId, Units>,
    supplies: &mut ExpectedSupplies,
) -> Plan {
    let (deferred, last_deferred) = supplies.assign_in_time(entry.quantity, &entry.eligibility);
    let wanted = entry.quantity.saturating_sub(deferred);
    let allocations = take(entry, wanted, free);
    let missing = wanted.saturating_sub(total(&allocations));
    if missing.is_zero() {
        return Plan { allocations, complete_at: last_deferred };
    }
    let last = supplies.serve(entry, wanted, &allocations);
    Plan {
        allocations,
        complete_at: last.map(|last| last_deferred.map_or(last, |deferred| deferred.max(last))),
    }
}

/// Takes units for one entry from the free units at the locations that may serve it.
fn take(
    entry: &BackorderEntry,
    mut wanted: Units,
    free: &mut BTreeMap<&LocationId, Units>,
) -> Vec<Allocation> {
    if wanted.is_zero() {
        return Vec::new();
    }
    let having = free.iter().map(|(location, units)| ((*location).clone(), *units)).collect();
    let mut allocations = Vec::new();
    for (location, units) in entry.eligibility.servers(having, wanted) {
        let quantity = units.min(wanted);
        if quantity.is_zero() {
            break;
        }
        wanted -= quantity;
        if quantity == units {
            free.remove(&location);
        } else if let Some(there) = free.get_mut(&location) {
            *there -= quantity;
        }
        allocations.push(Allocation { location, quantity });
    }
    allocations
}

impl ExpectedSupplies {
    /// No supplies are assigned: entries take free units only.
    pub(super) const IGNORED: Self = Self { unassigned: Vec::new(), of_scheduled: Vec::new() };

    pub(super) fn of(item: &StockItem) -> Self {
        let mut unassigned: Vec<Supply> = item.supplies.values().cloned().collect();
        unassigned.sort_by(|a, b| (a.due_at, &a.location).cmp(&(b.due_at, &b.location)));
        unassigned.retain(|supply| !supply.quantity.is_zero());
        Self { unassigned, ..Self::IGNORED }
    }

    /// Assigns supplies, the latest first, to units that are needed later. Returns the number of units that they cover, and when
    /// the last of these is due.
    fn assign_in_time(&mut self, quantity: Units, eligibility: &Eligibility) -> (Units, Option<Timestamp>) {
        let Some(needed_at) = eligibility.needed_at else { return (Units::ZERO, None) };
        let in_time =
            |supply: &&mut Supply| supply.due_at <= needed_at && eligibility.allows(&supply.location);
        let (mut missing, mut last) = (quantity, None);
        let mut is_used_up = false;
        for supply in self.unassigned.iter_mut().rev().filter(in_time) {
            let taken = supply.quantity.min(missing);
            if taken.is_zero() {
                break;
            }
            supply.quantity -= taken;
            missing -= taken;
            last = last.or(Some(supply.due_at));
            is_used_up |= supply.quantity.is_zero();
            self.of_scheduled.push(Supply { quantity: taken, ..supply.clone() });
        }
        if is_used_up {
            self.unassigned.retain(|supply| !supply.quantity.is_zero());
        }
        (quantity.saturating_sub(missing), last)
    }

    /// Assigns supplies, the earliest first, to an entry with some free units. Returns when the last unit is expected, or
    /// nothing if not all of them are. Units that must come from one location wait until that location has them all.
    fn serve(&mut self, entry: &BackorderEntry, wanted: Units, given: &[Allocation]) -> Option<Timestamp> {
        if self.unassigned.is_empty() {
            return None;
        }
        let whole = entry.eligibility.whole;
        let only = whole.then(|| self.first_complete(entry, given)).flatten();
        if whole && only.is_none() {
            return None;
        }
        let counts = given.iter().filter(|there| only.as_ref().is_none_or(|only| there.location == *only));
        let mut missing = wanted.saturating_sub(counts.map(|there| there.quantity).sum());
        let mut last = None;
        let mut split = entry.eligibility.split.clone();
        let mut admits = |location: &LocationId| split.as_mut().is_none_or(|split| split.admit(location));
        for there in given {
            admits(&there.location);
        }
        let may_give = |supply: &&mut Supply| match &only {
            Some(only) => supply.location == *only,
            None => entry.eligibility.allows(&supply.location) && admits(&supply.location),
        };
        let mut is_used_up = false;
        for supply in self.unassigned.iter_mut().filter(may_give) {
            if missing.is_zero() {
                break;
            }
            let taken = supply.quantity.min(missing);
            supply.quantity -= taken;
            missing -= taken;
            last = Some(supply.due_at);
            is_used_up |= supply.quantity.is_zero();
        }
        // Later entries of a long queue do not look at used-up supplies again.
        if is_used_up {
            self.unassigned.retain(|supply| !supply.quantity.is_zero());
        }
        last.filter(|_| missing.is_zero())
    }

    /// The location that has all units first, together with those that are free there.
    fn first_complete(&self, entry: &BackorderEntry, given: &[Allocation]) -> Option<LocationId> {
        let mut sums: BTreeMap<&LocationId, Units> =
            given.iter().map(|there| (&there.location, there.quantity)).collect();
        for supply in self.unassigned.iter().filter(|supply| entry.eligibility.allows(&supply.location)) {
            let sum = sums.entry(&supply.location).or_default();
            *sum += supply.quantity;
            if *sum >= entry.quantity {
                return Some(supply.location.clone());
            }
        }
        None
    }
}
