//! The units of an order's lines, by what has happened to them.

use super::contents::{LineUnits, OrderedLine, total};
use super::fulfillment_order::FulfillmentLine;
use super::shipment::TrackedPackage;
use super::state::Order;
use crate::sourcing::Demand;
use crate::values::{FulfillmentOrderId, LineNumber, LocationId, Sku, Units};

/// The units of one line. `ordered + excess = pending + backordered + reserved + shipped + cancelled` for a line that requires
/// stock, and `ordered = unfulfilled + fulfilled + cancelled` for any other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented where the name does not say it")]
pub struct LineTotals {
    pub ordered: Units,
    pub backordered: Units,
    /// Reserved units, picked and packed ones included.
    pub reserved: Units,
    /// Picked units, packed and shipped ones included.
    pub picked: Units,
    /// Packed units, shipped ones included.
    pub packed: Units,
    /// Shipped units, delivered ones included.
    pub shipped: Units,
    pub delivered: Units,
    pub cancelled: Units,
    pub returned: Units,
    /// Units of a line without stock that are neither fulfilled nor cancelled.
    pub unfulfilled: Units,
    /// Units of a line without stock that are fulfilled.
    pub fulfilled: Units,
}

impl LineTotals {
    /// Units that have shipped beyond those that were ordered.
    pub fn excess(&self) -> Units {
        (self.backordered + self.reserved + self.shipped + self.cancelled).saturating_sub(self.ordered)
    }

    /// Units that require stock, and are neither reserved nor backordered yet.
    pub fn pending(&self) -> Units {
        let decided = self.backordered + self.reserved + self.shipped + self.cancelled;
        self.ordered.saturating_sub(decided + self.unfulfilled + self.fulfilled)
    }

    /// Units that have shipped or are fulfilled.
    pub fn done(&self) -> Units {
        self.shipped + self.fulfilled
    }

    /// Units that are still to be shipped or fulfilled.
    pub fn open(&self) -> Units {
        self.pending() + self.backordered + self.reserved + self.unfulfilled
    }
}

impl Order {
    /// The totals of every line, in order.
    pub fn line_totals(&self) -> Vec<LineTotals> {
        let total = |(line, (&cancelled, &backordered)): (&OrderedLine, (&Units, &Units))| {
            let (ordered, fulfilled) = (line.quantity.units(), self.fulfilled_units(line.line));
            let open = ordered.saturating_sub(cancelled + fulfilled);
            let unfulfilled = if line.requires_stock { Units::ZERO } else { open };
            LineTotals { ordered, backordered, cancelled, unfulfilled, fulfilled, ..LineTotals::default() }
        };
        let by_line = self.cancelled.iter().zip(&self.backordered);
        let mut totals: Vec<LineTotals> = self.lines().iter().zip(by_line).map(total).collect();
        for own in self.fulfillment_orders.iter().flat_map(|fulfillment| &fulfillment.lines) {
            if let Some(line) = totals.get_mut(own.line.index()) {
                line.reserved += own.outstanding();
                line.picked += own.picked;
                line.packed += own.packed;
                line.shipped += own.shipped;
            }
        }
        for own in self.returns.iter().flat_map(|one| &one.lines) {
            if let Some(line) = totals.get_mut(own.line.index()) {
                line.returned += own.received;
            }
        }
        let has_arrived = |package: &&TrackedPackage| package.delivered_at.is_some() && !package.is_resent;
        let delivered = self.packages().filter(has_arrived);
        for units in delivered.flat_map(|package| &package.shipped.lines) {
            if let Some(line) = totals.get_mut(units.line.index()) {
                line.delivered += units.quantity;
            }
        }
        totals
    }

    /// Whether nothing of it is left to ship or to fulfil.
    pub fn is_fulfilled(&self) -> bool {
        let has_started = !self.shipments.is_empty() || self.has_fulfilled_lines();
        has_started && self.line_totals().iter().all(|line| line.open().is_zero())
    }

    /// Whether it is sourced now: units are pending, and it awaits neither its payment nor a person's decision.
    pub fn needs_sourcing(&self) -> bool {
        !self.awaits_payment() && !self.is_out_of_stock() && !self.pending_demand().is_empty()
    }

    /// Units of every line that have shipped and are not announced to come back, in order.
    pub fn returnable(&self) -> Vec<Units> {
        let mut returnable: Vec<Units> = self.line_totals().iter().map(|totals| totals.shipped).collect();
        for (back, own) in self.returns.iter().flat_map(|one| one.lines.iter().map(move |own| (one, own))) {
            if let Some(units) = returnable.get_mut(own.line.index()) {
                *units -= own.received + back.expected(own);
            }
        }
        returnable
    }

    /// Whether all these units have shipped, and none of them was returned or is announced to come back.
    pub(super) fn are_returnable(&self, lines: &[LineUnits]) -> bool {
        let is_enough = |(index, left): (usize, Units)| total(lines, LineNumber::at(index)) <= left;
        self.returnable().into_iter().enumerate().all(is_enough)
    }

    /// Pending units by SKU.
    pub fn pending_demand(&self) -> Demand {
        self.demand(self.line_totals().iter().map(LineTotals::pending))
    }

    /// Backordered units by SKU.
    pub fn backordered_demand(&self) -> Demand {
        self.demand(self.backordered.iter().copied())
    }

    /// Whether a line of it is of a SKU.
    pub(super) fn is_line_of(&self, line: LineNumber, sku: &Sku) -> bool {
        self.lines().get(line.index()).is_some_and(|line| line.sku == *sku)
    }

    /// Whether unpicked units of a SKU are reserved for it at a location.
    pub fn may_lose(&self, sku: &Sku, location: &LocationId) -> bool {
        let is_unpicked = |own: &FulfillmentLine| self.is_line_of(own.line, sku) && !own.unpicked().is_zero();
        let there = self.fulfillment_orders.iter().filter(|one| one.location == *location);
        there.flat_map(|one| &one.lines).any(is_unpicked)
    }

    /// The location that a fulfillment order is requested to move to, and the units that the location needs for it.
    pub fn reassignment_of(&self, id: FulfillmentOrderId) -> Option<(&LocationId, Demand)> {
        let fulfillment = self.fulfillment_order(id)?;
        let target = fulfillment.move_target()?;
        let lines = fulfillment.all_units(|line| fulfillment.requested_release(line));
        Some((target, self.demand_of(&lines)))
    }

    /// Units of lines by SKU.
    pub fn demand_of(&self, lines: &[LineUnits]) -> Demand {
        let mut by_line = vec![Units::ZERO; self.lines().len()];
        for units in lines {
            if let Some(sum) = by_line.get_mut(units.line.index()) {
                *sum += units.quantity;
            }
        }
        self.demand(by_line)
    }

    fn demand(&self, by_line: impl IntoIterator<Item = Units>) -> Demand {
        let mut demand = Demand::new();
        for (line, units) in self.lines().iter().zip(by_line) {
            if !units.is_zero() {
                *demand.entry(line.sku.clone()).or_default() += units;
            }
        }
        demand
    }
}
