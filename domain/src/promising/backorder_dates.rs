//! When backordered units are expected.
//!
//! Orders are served in the order of the queue, so that is also the order in which expected supplies are assigned to them:
//! an order's date is the arrival of its last unit if all supplies arrive as announced.

use std::collections::BTreeMap;

use crate::stock::{Allocation, BackorderEntry, StockItem, Supply, take};
use crate::values::{LocationId, OrderId, Timestamp, Units};

impl StockItem {
    /// Units that can be promised by a time at locations that are open: available units and supplies until then, less
    /// backordered units that are not earmarked yet.
    ///
    /// That is the least, over all later times, of supply by then less demand by then: all demand is due at once, and
    /// supply only grows.
    pub fn available_by(&self, time: Timestamp, is_open: impl Fn(&LocationId) -> bool) -> Units {
        let levels = self.levels.iter().filter(|(location, _)| is_open(location));
        let now: Units = levels.map(|(_, level)| level.available()).sum();
        let in_time = |supply: &&Supply| supply.due_at <= time && is_open(&supply.location);
        let expected: Units = self.supplies.values().filter(in_time).map(|supply| supply.quantity).sum();
        let earmarked: Units = self.levels.values().map(|level| level.earmarked).sum();
        (now + expected).saturating_sub(self.backordered().saturating_sub(earmarked))
    }

    /// When the last unit is expected of each order in the queue that cannot be served completely now; nothing if not all
    /// of its units are expected.
    pub fn expected_dates(&self) -> BTreeMap<OrderId, Option<Timestamp>> {
        let mut earmarked: BTreeMap<&LocationId, Units> =
            self.levels.iter().map(|(location, level)| (location, level.earmarked)).collect();
        earmarked.retain(|_, units| !units.is_zero());
        let mut supplies: Vec<Supply> = self.supplies.values().cloned().collect();
        supplies.sort_by(|a, b| (a.due_at, &a.location).cmp(&(b.due_at, &b.location)));
        supplies.retain(|supply| !supply.quantity.is_zero());
        let mut expected = BTreeMap::new();
        for entry in self.queue.iter() {
            let given = take(entry, &mut earmarked);
            let units: Units = given.iter().map(|allocation| allocation.quantity).sum();
            if units < entry.quantity {
                let date = last_date(entry, &given, &mut supplies);
                let known = expected.entry(entry.order_id).or_insert(date);
                *known = known.zip(date).map(|(known, date)| known.max(date));
            }
        }
        expected
    }

    /// The expected date of an order in the queue that differs from its last reported date; nothing if it does not, or if
    /// the order can be served now.
    pub fn promise_update(
        &self,
        order_id: OrderId,
        reported: Option<Timestamp>,
    ) -> Option<Option<Timestamp>> {
        let known = self.entries_of(order_id).next()?.promised_at;
        if self.supplies.is_empty() && known.is_none() && reported.is_none() {
            return None;
        }
        let date = self.expected_dates().remove(&order_id)?;
        (date != known || date != reported).then_some(date)
    }

    /// The orders in the queue whose expected date differs from the last reported one, each with the expected date; the first
    /// in the queue first.
    pub fn stale_promises(&self) -> Vec<(OrderId, Option<Timestamp>)> {
        let has_promise = |entry: &BackorderEntry| entry.promised_at.is_some();
        if self.supplies.is_empty() && !self.queue.iter().any(has_promise) {
            return Vec::new();
        }
        let mut expected = self.expected_dates();
        let stale = self.queue.iter().filter_map(|entry| {
            let date = expected.remove(&entry.order_id)?;
            (date != entry.promised_at).then_some((entry.order_id, date))
        });
        stale.collect()
    }
}

/// Assigns supplies, the earliest first, to an entry with some earmarked units. Returns when its last unit is expected, or
/// nothing if not all of them are. Units that must come from one location wait until that location has them all.
fn last_date(entry: &BackorderEntry, given: &[Allocation], supplies: &mut Vec<Supply>) -> Option<Timestamp> {
    let whole = entry.eligibility.whole;
    let only = whole.then(|| first_complete(entry, given, supplies)).flatten();
    if whole && only.is_none() {
        return None;
    }
    let counts = given.iter().filter(|there| only.as_ref().is_none_or(|only| there.location == *only));
    let mut missing = entry.quantity.saturating_sub(counts.map(|there| there.quantity).sum());
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
    for supply in supplies.iter_mut().filter(may_give) {
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
        supplies.retain(|supply| !supply.quantity.is_zero());
    }
    last.filter(|_| missing.is_zero())
}

/// The location that has all units first, together with those that are earmarked there.
fn first_complete(entry: &BackorderEntry, given: &[Allocation], supplies: &[Supply]) -> Option<LocationId> {
    let mut sums: BTreeMap<&LocationId, Units> =
        given.iter().map(|there| (&there.location, there.quantity)).collect();
    for supply in supplies.iter().filter(|supply| entry.eligibility.allows(&supply.location)) {
        let sum = sums.entry(&supply.location).or_default();
        *sum += supply.quantity;
        if *sum >= entry.quantity {
            return Some(supply.location.clone());
        }
    }
    None
}
