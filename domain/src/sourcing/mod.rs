//! Choosing the locations that ship an order: a pure function of demand, candidates and rules.
//!
//! A set of locations is *feasible* if its locations have all units together, and the order then ships from no more
//! locations than its split limit. `allocate` compares the smallest feasible sets, larger ones if there are few, and those
//! found by adding the best single locations one by one, and chooses the best by the merchant's criteria. Names decide
//! between equal sets, so that the same input always has the same result. `strategy` defines what each criterion prefers.

mod allocate;
mod strategy;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::distance::Kilometres;
use crate::policy::Criterion;
use crate::values::{LocationId, Sku, Timestamp, Units};

use strategy::Usable;

/// Requested units by SKU. Lines with the same SKU are summed.
pub type Demand = BTreeMap<Sku, Units>;

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

/// Why a location must not ship an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exclusion {
    /// The location is paused.
    Paused,
    /// It has given units of the order back, or rejected the order.
    GaveBack,
    /// The order must not be split, and another location ships it.
    WouldSplit,
    /// The order ships from as many locations as its split limit, and this is none of them.
    SplitLimit,
    /// The order is delivered from, or picked up at, another location.
    NotTheDeliveryLocation,
    /// It has no free capacity on any day for which orders are taken.
    NoCapacity,
    /// Goods leave it later than the order must have left.
    TooLate,
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
    fn more_locations(&self) -> usize {
        let limit = if self.allow_split { self.split_limit } else { Some(1) };
        limit.map_or(usize::MAX, |most| (most.max(1) as usize).saturating_sub(self.used.len()))
    }

    /// Why a candidate must not ship the order, if so.
    fn exclusion(&self, candidate: &Candidate) -> Option<Exclusion> {
        let may_join = self.more_locations() > 0 || self.used.contains(&candidate.location);
        let limit = if self.allow_split { Exclusion::SplitLimit } else { Exclusion::WouldSplit };
        candidate.excluded.or((!may_join).then_some(limit))
    }
}

/// The most shortages of single locations that are recorded per decision, so that the event of a large order in a large
/// network stays small.
const MAX_SHORTAGES: usize = 3_000;

/// The result of sourcing.
#[derive(Debug, Clone, PartialEq)]
pub struct Sourced {
    /// Units by location, in the order of preference; empty if nothing is allocated.
    pub allocations: Vec<(LocationId, Demand)>,
    /// What is missing, by SKU; empty if nothing is.
    pub shortages: Vec<Shortage>,
    /// Every candidate, sorted by name.
    pub candidates: Vec<ConsideredLocation>,
}

/// A SKU of which too few units are available.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shortage {
    /// The SKU.
    pub sku: Sku,
    /// Requested units.
    pub requested: Units,
    /// Units that can be promised.
    pub available: Units,
}

/// A location that sourcing considered.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsideredLocation {
    /// The location.
    pub location: LocationId,
    /// Its distance from the customer in kilometres, rounded to 50 so that it does not reveal an address.
    pub distance: Option<Kilometres>,
    /// Its rank: the lowest first.
    pub rank: u32,
    /// The SKUs of which it had too few units. A long list is cut: see `lackedSkus`.
    pub lacked: Vec<Shortage>,
    /// The number of SKUs of which it had too few units, if `lacked` is cut.
    pub lacked_skus: Option<u32>,
    /// Why it must not ship the order; absent if it may.
    pub excluded: Option<Exclusion>,
}

/// Chooses the locations that ship an order.
pub fn source(demand: &Demand, candidates: &[Candidate], rules: &SourcingRules<'_>) -> Sourced {
    let mut usable: Vec<Usable<'_>> = candidates
        .iter()
        .filter(|candidate| rules.exclusion(candidate).is_none() && covers_any(candidate, demand))
        .map(|candidate| Usable::of(candidate, demand, rules))
        .collect();
    usable.sort_by(|a, b| a.preference().cmp(&b.preference()));

    let allocate::Filled { units: filled, allocations } = allocate::fill(demand, &usable, rules);
    let shortages: Vec<Shortage> = demand
        .iter()
        .map(|(sku, &requested)| Shortage { sku: sku.clone(), requested, available: units(&filled, sku) })
        .filter(|shortage| shortage.available < shortage.requested)
        .collect();
    let is_filled = shortages.is_empty() || rules.allow_partial;
    Sourced {
        allocations: if is_filled { allocations } else { Vec::new() },
        shortages,
        candidates: seen(demand, candidates, rules),
    }
}

/// The same, with at most so many units of some SKUs as a channel may promise.
pub fn source_within(
    limits: &Demand,
    demand: &Demand,
    candidates: &[Candidate],
    rules: &SourcingRules<'_>,
) -> Sourced {
    let limit = |(sku, &wanted): (&Sku, &Units)| {
        (sku.clone(), limits.get(sku).map_or(wanted, |limit| wanted.min(*limit)))
    };
    let within: Demand = demand.iter().map(limit).filter(|(_, wanted)| !wanted.is_zero()).collect();
    let mut sourced = source(&within, candidates, rules);
    for (sku, &requested) in demand.iter().filter(|(sku, wanted)| units(&within, sku) < **wanted) {
        let short = sourced.shortages.iter_mut().find(|shortage| shortage.sku == *sku);
        match short {
            Some(shortage) => shortage.requested = requested,
            None => {
                let available = units(&within, sku);
                sourced.shortages.push(Shortage { sku: sku.clone(), requested, available });
            }
        }
    }
    if !sourced.shortages.is_empty() && !rules.allow_partial {
        sourced.allocations.clear();
    }
    sourced
}

fn units(demand: &Demand, sku: &Sku) -> Units {
    demand.get(sku).copied().unwrap_or_default()
}

fn covers_any(candidate: &Candidate, demand: &Demand) -> bool {
    demand.keys().any(|sku| !units(&candidate.available, sku).is_zero())
}

fn seen(demand: &Demand, candidates: &[Candidate], rules: &SourcingRules<'_>) -> Vec<ConsideredLocation> {
    let lacked = |candidate: &Candidate| -> Vec<Shortage> {
        demand
            .iter()
            .map(|(sku, &requested)| (sku, requested, units(&candidate.available, sku)))
            .filter(|(_, requested, available)| available < requested)
            .map(|(sku, requested, available)| Shortage { sku: sku.clone(), requested, available })
            .collect()
    };
    let each = (MAX_SHORTAGES / candidates.len().max(1)).max(1);
    let mut by_name: Vec<&Candidate> = candidates.iter().collect();
    by_name.sort_by_key(|candidate| &candidate.location);
    by_name
        .into_iter()
        .map(|candidate| {
            let mut lacked = lacked(candidate);
            let lacked_skus = u32::try_from(lacked.len()).ok().filter(|_| lacked.len() > each);
            lacked.truncate(each);
            ConsideredLocation {
                location: candidate.location.clone(),
                distance: candidate.distance.map(Kilometres::coarse),
                rank: candidate.rank,
                lacked,
                lacked_skus,
                excluded: rules.exclusion(candidate),
            }
        })
        .collect()
}
