//! The units of an order: what became of each line's, and what is still wanted.

use std::collections::BTreeMap;

use super::contents::LineUnits;
use super::state::Order;
use crate::sourcing::Demand;
use crate::values::{Currency, FulfillmentOrderId, LineNumber, LocationId, Sku, Units};

/// What became of one line's units. `ordered = pending + backordered + reserved + shipped + cancelled`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LineTotals {
    /// What was asked for.
    pub ordered: Units,
    /// Waiting for supply.
    pub backordered: Units,
    /// Held, picked and packed ones included.
    pub reserved: Units,
    /// Picked; packed and shipped ones included.
    pub picked: Units,
    /// Packed; shipped ones included.
    pub packed: Units,
    /// Shipped; delivered ones included.
    pub shipped: Units,
    /// Handed over.
    pub delivered: Units,
    /// Not to be delivered.
    pub cancelled: Units,
    /// Came back.
    pub returned: Units,
}

impl LineTotals {
    /// Units of which nothing is decided yet.
    pub fn pending(&self) -> Units {
        self.ordered.saturating_sub(self.backordered + self.reserved + self.shipped + self.cancelled)
    }
}

impl Order {
    /// What became of every line, in order.
    pub fn line_totals(&self) -> Vec<LineTotals> {
        let mut totals: Vec<LineTotals> = self
            .lines()
            .iter()
            .zip(self.cancelled.iter().zip(&self.backordered))
            .map(|(line, (&cancelled, &backordered))| LineTotals {
                ordered: line.quantity.units(),
                cancelled,
                backordered,
                ..LineTotals::default()
            })
            .collect();
        for part in self.fulfillment_orders.iter().flat_map(|fulfillment| &fulfillment.lines) {
            if let Some(line) = totals.get_mut(part.line.index()) {
                line.reserved += part.open();
                line.picked += part.picked;
                line.packed += part.packed;
                line.shipped += part.shipped;
            }
        }
        for part in self.returns.iter().flat_map(|back| &back.lines) {
            if let Some(line) = totals.get_mut(part.line.index()) {
                line.returned += part.received;
            }
        }
        for parcel in self.parcels().filter(|parcel| parcel.delivered_at.is_some()) {
            for units in &parcel.package.lines {
                if let Some(line) = totals.get_mut(units.line.index()) {
                    line.delivered += units.quantity;
                }
            }
        }
        totals
    }

    /// Units of every line that have left and are not announced to come back, in order.
    pub fn returnable(&self) -> Vec<Units> {
        let mut left: Vec<Units> = self.line_totals().iter().map(|totals| totals.shipped).collect();
        for part in self.returns.iter().flat_map(|back| &back.lines) {
            if let Some(left) = left.get_mut(part.line.index()) {
                *left -= part.requested.max(part.received);
            }
        }
        left
    }

    /// Entries of all its returns together.
    pub(super) fn return_lines(&self) -> usize {
        self.returns.iter().map(|back| back.lines.len()).sum()
    }

    /// Units that no decision has been made about, by SKU, lines with the same SKU summed.
    pub fn pending_demand(&self) -> Demand {
        self.demand(self.line_totals().iter().map(LineTotals::pending))
    }

    /// Units that wait for supply, by SKU.
    pub fn backordered_demand(&self) -> Demand {
        self.demand(self.backordered.iter().copied())
    }

    /// Whether units of it wait for supply.
    pub fn is_backordered(&self) -> bool {
        self.backordered.iter().any(|units| !units.is_zero())
    }

    /// Whether nothing has been heard of a parcel of it for too long.
    pub fn is_stuck(&self) -> bool {
        self.parcels().any(|parcel| parcel.is_stuck)
    }

    /// Units of lines with what they were sold for, each after those of its line that come before it.
    pub(super) fn valued(
        &self,
        mut lines: Vec<LineUnits>,
        before: impl Fn(LineNumber) -> Units,
    ) -> Vec<LineUnits> {
        let digits =
            self.created.as_ref().and_then(|created| created.currency.as_ref()).map(Currency::digits);
        let Some(digits) = digits else { return lines };
        let mut counted: BTreeMap<LineNumber, Units> = BTreeMap::new();
        for units in &mut lines {
            let counted = counted.entry(units.line).or_insert_with(|| before(units.line));
            let ordered = self.lines().get(units.line.index());
            units.value = ordered.and_then(|line| line.value(*counted, units.quantity, digits));
            *counted += units.quantity;
        }
        lines
    }

    /// Whether a location holds units of a SKU for it that are not picked.
    pub fn may_lose(&self, sku: &Sku, location: &LocationId) -> bool {
        let is_meant = |line: LineNumber| self.lines().get(line.index()).is_some_and(|line| line.sku == *sku);
        let there = self.fulfillment_orders.iter().filter(|part| part.location == *location);
        there.flat_map(|part| &part.lines).any(|line| is_meant(line.line) && line.kept() > line.picked)
    }

    /// Which location is to take a part over, and the units that it needs for that.
    pub fn takeover_of(&self, id: FulfillmentOrderId) -> Option<(&LocationId, Demand)> {
        let part = self.fulfillment_order(id)?;
        let taker = part.asked.as_ref()?.move_to.as_ref()?;
        let lines: Vec<_> = part.lines.iter().map(|line| units_of(line.line, part.asked_of(line))).collect();
        Some((taker, self.demand_of(&lines)))
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

/// So many units of a line, of which nothing more is known.
pub(super) fn units_of(line: LineNumber, quantity: Units) -> LineUnits {
    LineUnits { line, quantity, lots: None, serials: None, value: None }
}

/// The sum of what is said of one line.
pub(super) fn total(units: &[LineUnits], line: LineNumber) -> Units {
    units.iter().filter(|units| units.line == line).map(|units| units.quantity).sum()
}
