//! What each criterion prefers: one arm of each function is one strategy.
//!
//! A strategy gives a location a cost and says what the costs of several come to. Costs are whole numbers, and less is
//! better.

use super::{Candidate, Demand, SourcingRules, units};
use crate::distance::Kilometres;
use crate::policy::Criterion;
use crate::values::{LocationId, Units};

/// A candidate with what it costs by each of the criteria, in their order.
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

    /// How a single location compares with another; its name decides at last.
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
        // Of whom nobody knows when it can ship, it is last.
        Criterion::EarliestShip => candidate
            .ships_at
            .map_or(u64::MAX, |moment| u64::try_from(moment.microseconds()).unwrap_or_default()),
    }
}

/// What a set costs whose locations give so many units at such a cost each.
pub(super) fn of_set(criterion: Criterion, shares: impl Iterator<Item = (u64, Units)>) -> u128 {
    match criterion {
        Criterion::FewestLocations => shares.map(|(cost, _)| u128::from(cost)).sum(),
        Criterion::Nearest | Criterion::Rank | Criterion::MostStock => by_unit(shares),
        // An order has left when the last of it has.
        Criterion::EarliestShip => shares.map(|(cost, _)| cost).max().unwrap_or_default().into(),
    }
}

/// A set's units are the same whoever gives them, so what they cost together tells who gives them best.
fn by_unit(shares: impl Iterator<Item = (u64, Units)>) -> u128 {
    shares.map(|(cost, share)| u128::from(cost) * u128::from(share.number())).fold(0, u128::saturating_add)
}
