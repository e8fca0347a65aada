//! What each criterion prefers. Each criterion is one arm of each function.
//!
//! A criterion gives every location a cost and defines how the costs of a set add up. Costs are whole numbers, and the
//! lowest is best.

use super::candidates::{Candidate, Demand, SourcingRules, units};
use crate::distance::Kilometres;
use crate::policy::Criterion;
use crate::values::{LocationId, Units};

/// A candidate with its cost by each criterion, in the order of the criteria.
pub(super) struct Usable<'a> {
    pub(super) candidate: &'a Candidate,
    pub(super) costs: Vec<u64>,
    /// Whether the order does not ship from it yet.
    pub(super) is_new: bool,
}

impl<'a> Usable<'a> {
    pub(super) fn of(candidate: &'a Candidate, demand: &Demand, rules: &SourcingRules<'_>) -> Self {
        let is_new = !rules.used.contains(&candidate.location);
        let cost = |&criterion: &Criterion| of_location(criterion, candidate, is_new, demand);
        Self { candidate, costs: rules.criteria.iter().map(cost).collect(), is_new }
    }

    /// The key by which single locations are ordered: their costs, then their names.
    pub(super) fn preference(&self) -> (&[u64], &LocationId) {
        (&self.costs, &self.candidate.location)
    }
}

fn of_location(criterion: Criterion, candidate: &Candidate, is_new: bool, demand: &Demand) -> u64 {
    match criterion {
        // A location that the order already ships from makes none more.
        Criterion::FewestLocations => is_new.into(),
        Criterion::Nearest => candidate.distance.unwrap_or(Kilometres::UNKNOWN).0.into(),
        Criterion::Rank => candidate.rank.into(),
        Criterion::MostStock => {
            let stock: Units = demand.keys().map(|sku| units(&candidate.available, sku)).sum();
            u64::MAX - stock.number()
        }
        // A location with an unknown departure is last.
        Criterion::EarliestShip => {
            candidate.ships_at.map_or(u64::MAX, |time| time.microseconds().max(0).cast_unsigned())
        }
    }
}

/// The cost of a set, given the cost and the units of each location.
pub(super) fn of_set(criterion: Criterion, shares: impl Iterator<Item = (u64, Units)>) -> u128 {
    match criterion {
        Criterion::FewestLocations => shares.map(|(cost, _)| u128::from(cost)).sum(),
        Criterion::Nearest | Criterion::Rank | Criterion::MostStock => by_unit(shares),
        // An order has left when its last unit has.
        Criterion::EarliestShip => shares.map(|(cost, _)| cost).max().unwrap_or_default().into(),
    }
}

/// All sets give the same units, so that the sum over units compares them.
fn by_unit(shares: impl Iterator<Item = (u64, Units)>) -> u128 {
    shares.map(|(cost, share)| u128::from(cost) * u128::from(share.number())).fold(0, u128::saturating_add)
}
