//! When units that are not there can be promised.
//!
//! Those that wait get what comes in the order of the queue, so that is also the order in which supplies are counted for
//! them: a promise says when an order's turn will have come, as far as is known.

use std::collections::BTreeMap;

use super::events::Allocation;
use super::queue::{BackorderEntry, take};
use super::state::{StockItem, Supply};
use crate::values::{LocationId, OrderId, Timestamp, Units};

impl StockItem {
    /// Units that can be promised by a moment at locations that are open: what can be promised now and what is expected
    /// until then, less what is waited for and not yet set aside.
    ///
    /// That is the least, over all later moments, of supply by then less demand by then: demand is due at once, and
    /// supply only ever adds up.
    pub fn available_by(&self, moment: Timestamp, is_open: impl Fn(&LocationId) -> bool) -> Units {
        let bins = self.bins.iter().filter(|(location, _)| is_open(location));
        let now: Units = bins.map(|(_, bin)| bin.available()).sum();
        let in_time = |supply: &&Supply| supply.due_at <= moment && is_open(&supply.location);
        let expected: Units = self.supplies.values().filter(in_time).map(|supply| supply.quantity).sum();
        let set_aside: Units = self.bins.values().map(|bin| bin.earmarked).sum();
        (now + expected).saturating_sub(self.waiting().saturating_sub(set_aside))
    }

    /// When each order that waits, and cannot be served yet, has the last of its units by what is known.
    pub fn expected(&self) -> BTreeMap<OrderId, Option<Timestamp>> {
        let mut there: BTreeMap<&LocationId, Units> =
            self.bins.iter().map(|(location, bin)| (location, bin.earmarked)).collect();
        there.retain(|_, units| !units.is_zero());
        let mut supplies: Vec<Supply> = self.supplies.values().cloned().collect();
        supplies.sort_by(|a, b| (a.due_at, &a.location).cmp(&(b.due_at, &b.location)));
        supplies.retain(|supply| !supply.quantity.is_zero());
        let mut expected = BTreeMap::new();
        for waiting in self.queue.iter() {
            let given = take(waiting, &mut there);
            let units: Units = given.iter().map(|allocation| allocation.quantity).sum();
            if units < waiting.quantity {
                let moment = last_of(waiting, &given, &mut supplies);
                let known = expected.entry(waiting.order_id).or_insert(moment);
                *known = known.zip(moment).map(|(known, moment)| known.max(moment));
            }
        }
        expected
    }

    /// What an order that waits is to be told of when its units are expected, where that is not what it was told; nothing
    /// where it can be served.
    pub fn news_for(&self, order_id: OrderId, told: Option<Timestamp>) -> Option<Option<Timestamp>> {
        let known = self.queue.iter().find(|waiting| waiting.order_id == order_id)?.promised_at;
        if self.supplies.is_empty() && known.is_none() && told.is_none() {
            return None;
        }
        let moment = self.expected().remove(&order_id)?;
        (moment != known || moment != told).then_some(moment)
    }

    /// The orders that wait and were told otherwise than is known by now, the first in the queue first.
    pub fn untold(&self) -> Vec<(OrderId, Option<Timestamp>)> {
        let is_told = |waiting: &BackorderEntry| waiting.promised_at.is_some();
        if self.supplies.is_empty() && !self.queue.iter().any(is_told) {
            return Vec::new();
        }
        let mut expected = self.expected();
        let told = self.queue.iter().filter_map(|waiting| {
            let moment = expected.remove(&waiting.order_id)?;
            (moment != waiting.promised_at).then_some((waiting.order_id, moment))
        });
        told.collect()
    }
}

/// Counts supplies for one that waits beside what is set aside for it, the earliest first, and tells when the last of its
/// units is expected; nothing where not all of them are. One that takes all at once waits for one location to have them.
fn last_of(waiting: &BackorderEntry, given: &[Allocation], supplies: &mut Vec<Supply>) -> Option<Timestamp> {
    let place = waiting.eligibility.whole.then(|| first_complete(waiting, given, supplies)).flatten();
    if waiting.eligibility.whole && place.is_none() {
        return None;
    }
    let counts = given.iter().filter(|there| place.as_ref().is_none_or(|place| there.location == *place));
    let mut left = waiting.quantity.saturating_sub(counts.map(|there| there.quantity).sum());
    let mut last = None;
    let mut split = waiting.eligibility.split.clone();
    let mut admits = |location: &LocationId| split.as_mut().is_none_or(|split| split.admit(location));
    for there in given {
        admits(&there.location);
    }
    let may_give = |supply: &&mut Supply| match &place {
        Some(place) => supply.location == *place,
        None => waiting.eligibility.allows(&supply.location) && admits(&supply.location),
    };
    let mut used_up = false;
    for supply in supplies.iter_mut().filter(may_give) {
        if left.is_zero() {
            break;
        }
        let taken = supply.quantity.min(left);
        supply.quantity -= taken;
        left -= taken;
        last = Some(supply.due_at);
        used_up |= supply.quantity.is_zero();
    }
    // A long queue does not look again at what those before have used up.
    if used_up {
        supplies.retain(|supply| !supply.quantity.is_zero());
    }
    last.filter(|_| left.is_zero())
}

/// The location that has enough first, with what is set aside there.
fn first_complete(waiting: &BackorderEntry, given: &[Allocation], supplies: &[Supply]) -> Option<LocationId> {
    let mut sums: BTreeMap<&LocationId, Units> =
        given.iter().map(|there| (&there.location, there.quantity)).collect();
    for supply in supplies.iter().filter(|supply| waiting.eligibility.allows(&supply.location)) {
        let sum = sums.entry(&supply.location).or_default();
        *sum += supply.quantity;
        if *sum >= waiting.quantity {
            return Some(supply.location.clone());
        }
    }
    None
}
