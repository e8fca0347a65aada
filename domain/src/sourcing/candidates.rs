//! The locations that might ship an order, and the rules that exclude some of them.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::distance::Kilometres;
use crate::policy::Criterion;
use crate::values::{LocationId, Sku, Timestamp, Units};

/// Requested units by SKU. Lines with the same SKU are summed.
pub type Demand = BTreeMap<Sku, Units>;

/// The units of a SKU in a demand; none if it is not named.
pub(super) fn units(demand: &Demand, sku: &Sku) -> Units {
    demand.get(sku).copied().unwrap_or_default()
}

/// A location that might ship an order.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The location.
    pub location: LocationId,
    /// Its distance from the customer, if known.
    pub distance: Option<Kilometres>,
    /// The merchant's preference: the lowest rank first.
    pub rank: u32,
    /// The earliest time at which goods can leave it, if known.
    pub ships_at: Option<Timestamp>,
    /// Units that it can promise, by SKU. SKUs without units may be absent.
    pub available: Demand,
    /// Why it must not ship the order; absent if it may.
    pub excluded: Option<Exclusion>,
}

/// Why a location must not ship an order. If several reasons apply, the first one in this order is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exclusion {
    /// The location is paused.
    Paused,
    /// It has rejected the order.
    RejectedOrder,
    /// It has just released units of the order, or reported them missing.
    ReturnedUnits,
    /// The order is delivered from, or picked up at, another location.
    NotTheDeliveryLocation,
    /// The order must not be split, and another location ships it.
    WouldSplit,
    /// It has no free capacity on any day for which orders are taken.
    NoCapacity,
    /// Goods leave it later than the order must have left.
    TooLate,
    /// The order ships from as many locations as its split limit, and this is none of them.
    SplitLimit,
}

/// How locations are chosen.
#[derive(Debug, Clone)]
pub struct SourcingRules<'a> {
    /// The merchant's criteria, the most important one first.
    pub criteria: &'a [Criterion],
    /// Whether the order may ship from several locations.
    pub allow_split: bool,
    /// The most locations that the order may ship from, those in `used` included; no limit if absent, 0 counts as 1.
    pub split_limit: Option<u32>,
    /// Locations that the order already ships from. They may ship more, and add no location.
    pub used: BTreeSet<LocationId>,
    /// Whether to allocate what is available if not all units are.
    pub allow_partial: bool,
}

impl SourcingRules<'_> {
    /// How many locations may join those in use. Not splitting is a split limit of 1.
    pub(super) fn more_locations(&self) -> usize {
        let limit = if self.allow_split { self.split_limit } else { Some(1) };
        limit.map_or(usize::MAX, |most| (most.max(1) as usize).saturating_sub(self.used.len()))
    }

    /// Why a candidate must not ship the order, if so.
    pub(super) fn exclusion(&self, candidate: &Candidate) -> Option<Exclusion> {
        let may_join = self.more_locations() > 0 || self.used.contains(&candidate.location);
        let limit = if self.allow_split { Exclusion::SplitLimit } else { Exclusion::WouldSplit };
        candidate.excluded.or((!may_join).then_some(limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reasons_are_documented_in_the_order_in_which_they_apply() {
        let schema = serde_json::to_value(schemars::schema_for!(Exclusion)).unwrap();
        let cases = schema["oneOf"].as_array().unwrap().iter();
        let names: Vec<&str> = cases.map(|case| case["const"].as_str().unwrap()).collect();
        let page = include_str!("../../../docs/concepts/sourcing.md");
        let rows = page.lines().skip_while(|line| !line.starts_with("| `excluded`")).skip(2);
        let rows = rows.take_while(|line| line.starts_with('|'));
        let documented: Vec<&str> = rows.map(|row| row.split('`').nth(1).unwrap()).collect();
        assert_eq!(documented, names);
        assert!(Exclusion::Paused < Exclusion::RejectedOrder && Exclusion::TooLate < Exclusion::SplitLimit);
    }
}
