//! Choosing the locations that fill an order: a pure function of demand, candidates and rules.
//!
//! A set of locations is *feasible* when together they have everything, and with the locations that the order already
//! ships from are no more than may take part. Among the
//! smallest feasible sets, the larger ones where there are few, and those found by taking the best single locations one
//! after the other, the one that is best by the merchant's criteria is chosen; names decide what is still equal, so the
//! same question always has the same answer. What each criterion prefers is said in `strategy`.

mod choice;
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

/// Units wanted, by SKU: two lines with the same SKU are summed before anything is decided.
pub type Demand = BTreeMap<Sku, Units>;

/// A location that might fill an order.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Which.
    pub location: LocationId,
    /// How far it is from the customer, where that is known.
    pub distance: Option<Kilometres>,
    /// The merchant's preference: lower first.
    pub rank: u32,
    /// When goods can leave it at the earliest, where that is known.
    pub ships_at: Option<Timestamp>,
    /// What it can still promise, by SKU; SKUs it has none of may be missing.
    pub available: Demand,
    /// Why it takes no part, where it does not.
    pub excluded: Option<Exclusion>,
}

/// Why a location takes no part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exclusion {
    /// It is paused.
    Paused,
    /// It has just given the units back.
    GaveBack,
    /// Another location gives the rest of an order that may not be split.
    WouldSplit,
    /// The order ships from as many locations as it may, and this is none of them.
    SplitLimit,
    /// The order is to be handed out at another location.
    NotTheDeliveryLocation,
    /// It has as many orders as it can handle on every day that orders are taken for.
    NoCapacity,
    /// Nothing can leave it by the moment that the order must have left.
    TooLate,
}

/// How to choose.
#[derive(Debug, Clone)]
pub struct SourcingRules<'a> {
    /// What is preferred, in order.
    pub criteria: &'a [Criterion],
    /// Whether the order may ship from several locations.
    pub allow_split: bool,
    /// The most locations that the order may ship from, those in `used` included; no limit when absent, 0 counts as 1.
    pub most_locations: Option<u32>,
    /// Locations that the order already ships from. They may give more, and count as no further location.
    pub used: BTreeSet<LocationId>,
    /// Whether to fill what can be filled when not everything is there.
    pub allow_partial: bool,
}

impl SourcingRules<'_> {
    /// How many locations may take part that the order does not ship from yet. Not to split is a limit of one.
    fn more_locations(&self) -> usize {
        let limit = if self.allow_split { self.most_locations } else { Some(1) };
        limit.map_or(usize::MAX, |most| (most.max(1) as usize).saturating_sub(self.used.len()))
    }

    /// Why a candidate takes no part, where it does not.
    fn exclusion(&self, candidate: &Candidate) -> Option<Exclusion> {
        let may_join = self.more_locations() > 0 || self.used.contains(&candidate.location);
        let limit = if self.allow_split { Exclusion::SplitLimit } else { Exclusion::WouldSplit };
        candidate.excluded.or((!may_join).then_some(limit))
    }
}

/// How many shortages of single locations are recorded of one decision at most, so that an event stays small however
/// many lines the order and however many locations the network has.
const MOST_LACKED: usize = 3_000;

/// What was chosen and what was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Sourced {
    /// Units by location, in the order in which locations were preferred; nothing where the order is not filled.
    pub allocations: Vec<(LocationId, Demand)>,
    /// What is missing, by SKU; nothing where everything is there.
    pub shortages: Vec<Shortage>,
    /// Every location that was looked at, by name, and what each lacked.
    pub candidates: Vec<ConsideredLocation>,
}

/// A SKU of which not enough is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shortage {
    /// Which.
    pub sku: Sku,
    /// How many were asked for.
    pub requested: Units,
    /// How many can be promised.
    pub available: Units,
}

/// A location as sourcing saw it.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsideredLocation {
    /// Which.
    pub location: LocationId,
    /// How far it is, rounded to 50 km so that no address can be told from it.
    pub distance: Option<Kilometres>,
    /// Its rank.
    pub rank: u32,
    /// What it lacked of the order. Long lists are cut: see `lacked_skus`.
    pub lacked: Vec<Shortage>,
    /// Of how many SKUs it lacked units, where `lacked` does not name all of them.
    pub lacked_skus: Option<u32>,
    /// Why it took no part, where it did not.
    pub excluded: Option<Exclusion>,
}

/// Chooses where an order ships from.
pub fn source(demand: &Demand, candidates: &[Candidate], rules: &SourcingRules<'_>) -> Sourced {
    let mut usable: Vec<Usable<'_>> = candidates
        .iter()
        .filter(|candidate| rules.exclusion(candidate).is_none() && covers_any(candidate, demand))
        .map(|candidate| Usable::of(candidate, demand, rules))
        .collect();
    usable.sort_by(|a, b| a.preference().cmp(&b.preference()));

    let choice::Filled { units: filled, allocations } = choice::fill(demand, &usable, rules);
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

/// The same where of some SKUs only so many may be promised, however many there are.
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
    let each = (MOST_LACKED / candidates.len().max(1)).max(1);
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
