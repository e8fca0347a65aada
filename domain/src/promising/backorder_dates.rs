//! When backordered units are expected.
//!
//! Orders are served in the order of the queue, so that is also the order in which expected supplies are assigned to them:
//! an order's date is the arrival of its last unit if all supplies arrive as announced.

use std::collections::BTreeMap;

use crate::stock::{BackorderEntry, StockItem, Supply};
use crate::values::{LocationId, OrderId, Timestamp, Units};

impl StockItem {
    /// Units that can be promised by a time at locations that are open: available units and supplies until then, less
    /// backordered units that are not earmarked yet.
    ///
    /// That is the least, over all later times, of supply by then less demand by then: supply only grows, and demand is due
    /// at once, except that of scheduled entries which have supplies assigned.
    pub fn available_by(&self, time: Timestamp, is_open: impl Fn(&LocationId) -> bool) -> Units {
        let levels = self.levels.iter().filter(|(location, _)| is_open(location));
        let now: Units = levels.map(|(_, level)| level.available()).sum();
        let in_time = |supply: &&Supply| supply.due_at <= time && is_open(&supply.location);
        let of_scheduled = self.supplies_of_scheduled();
        let expected: Units = self.supplies.values().filter(in_time).map(|supply| supply.quantity).sum();
        let assigned: Units = of_scheduled.iter().filter(in_time).map(|supply| supply.quantity).sum();
        let expected = expected.saturating_sub(assigned);
        let earmarked: Units = self.levels.values().map(|level| level.earmarked).sum();
        let deferred: Units = of_scheduled.iter().map(|supply| supply.quantity).sum();
        (now + expected).saturating_sub(self.backordered().saturating_sub(earmarked + deferred))
    }

    /// When the last unit is expected of each order in the queue that cannot be served completely now; nothing if not all
    /// of its units are expected.
    pub fn expected_dates(&self) -> BTreeMap<OrderId, Option<Timestamp>> {
        let mut expected = BTreeMap::new();
        for (entry, plan) in self.plans() {
            if plan.on_hand() < entry.quantity {
                let date = plan.complete_at;
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
