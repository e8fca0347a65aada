//! Choosing the locations that ship an order: a pure function of demand, candidates and rules.
//!
//! A set of locations is *feasible* if its locations have all units together, and the order then ships from no more
//! locations than its split limit. `allocate` compares the smallest feasible sets, larger ones if there are few, and those
//! found by adding the best single locations one by one, and chooses the best by the merchant's criteria. Names decide
//! between equal sets, so that the same input always has the same result. `candidates` says which locations are excluded,
//! `strategy` what each criterion prefers.

mod allocate;
mod candidates;
mod strategy;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use candidates::{Candidate, Demand, Exclusion, SourcingRules};

use crate::distance::Kilometres;
use crate::values::{LocationId, Sku, Units};
use candidates::units;
use strategy::Usable;

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

impl Shortage {
    /// The first three shortages in words, such as `8 of 12 MUG, 0 of 1 CUP`, and the number of others.
    pub(crate) fn in_words(all: &[Self]) -> String {
        let words = |one: &Self| format!("{} of {} {}", one.available, one.requested, one.sku);
        let (first, others) = all.split_at(all.len().min(3));
        let first = first.iter().map(words).collect::<Vec<_>>().join(", ");
        if others.is_empty() { first } else { format!("{first} and {} more SKUs", others.len()) }
    }
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
