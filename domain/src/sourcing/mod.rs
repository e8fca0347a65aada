//! Choosing the locations that fill an order: a pure function of demand, candidates and rules.
//!
//! A set of locations is *feasible* when together they have everything. Among the smallest feasible sets, and
//! those found by walking outwards from the nearest and down from the best rank, the one that is best by the
//! merchant's criteria is chosen; names decide what is still equal, so the same question always has the same
//! answer.

mod choice;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::distance::Kilometres;
use crate::policy::Criterion;
use crate::values::{LocationId, Sku, Units};

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
    /// The order is to be handed out at another location.
    NotTheDeliveryLocation,
}

/// How to choose.
#[derive(Debug, Clone)]
pub struct SourcingRules<'a> {
    /// What is preferred, in order.
    pub criteria: &'a [Criterion],
    /// Whether several locations may take part.
    pub allow_split: bool,
    /// Whether to fill what can be filled when not everything is there.
    pub allow_partial: bool,
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
    let mut usable: Vec<&Candidate> = candidates
        .iter()
        .filter(|candidate| candidate.excluded.is_none() && covers_any(candidate, demand))
        .collect();
    usable.sort_by(|a, b| preference(a, rules.criteria).cmp(&preference(b, rules.criteria)));

    let reachable = reachable(demand, &usable, rules.allow_split);
    let shortages: Vec<Shortage> = demand
        .iter()
        .map(|(sku, &requested)| Shortage { sku: sku.clone(), requested, available: units(&reachable, sku) })
        .filter(|shortage| shortage.available < shortage.requested)
        .collect();

    let filled: Demand = demand
        .iter()
        .map(|(sku, &requested)| (sku.clone(), requested.min(units(&reachable, sku))))
        .filter(|(_, quantity)| !quantity.is_zero())
        .collect();
    let allocations = if shortages.is_empty() || rules.allow_partial {
        choice::best(&filled, &usable, rules)
    } else {
        Vec::new()
    };
    Sourced { allocations, shortages, candidates: seen(demand, candidates) }
}

fn units(demand: &Demand, sku: &Sku) -> Units {
    demand.get(sku).copied().unwrap_or_default()
}

fn covers_any(candidate: &Candidate, demand: &Demand) -> bool {
    demand.keys().any(|sku| !units(&candidate.available, sku).is_zero())
}

/// How a single location compares with another; its name decides at last.
fn preference<'a>(candidate: &'a Candidate, criteria: &[Criterion]) -> (Vec<u32>, &'a LocationId) {
    let by = criteria
        .iter()
        .filter_map(|criterion| match criterion {
            Criterion::FewestLocations => None,
            Criterion::Nearest => Some(candidate.distance.unwrap_or(Kilometres::UNKNOWN).0),
            Criterion::Rank => Some(candidate.rank),
        })
        .collect();
    (by, &candidate.location)
}

/// What can be had of each SKU: from all locations, or from the one that has most where only one may ship.
fn reachable(demand: &Demand, usable: &[&Candidate], allow_split: bool) -> Demand {
    let capped = |candidate: &Candidate| -> Demand {
        demand
            .iter()
            .map(|(sku, &wanted)| (sku.clone(), wanted.min(units(&candidate.available, sku))))
            .collect()
    };
    if allow_split {
        let total = |sku| usable.iter().map(|candidate| units(&candidate.available, sku)).sum();
        return demand.keys().map(|sku| (sku.clone(), total(sku))).collect();
    }
    // `usable` is in order of preference and only a strictly better one replaces the first.
    let mut most = Demand::new();
    for own in usable.iter().map(|candidate| capped(candidate)) {
        if own.values().copied().sum::<Units>() > most.values().copied().sum() {
            most = own;
        }
    }
    most
}

fn seen(demand: &Demand, candidates: &[Candidate]) -> Vec<ConsideredLocation> {
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
                excluded: candidate.excluded,
            }
        })
        .collect()
}
