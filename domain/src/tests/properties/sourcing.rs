//! Sourcing never allocates more than the available and requested units. The same input always has the same
//! result.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{location, sku, time};
use crate::distance::Kilometres;
use crate::policy::Criterion;
use crate::sourcing::{Candidate, ConsideredLocation, Demand, Exclusion, Sourced, SourcingRules, source};
use crate::values::{LocationId, Sku, Units};

#[derive(Debug, Clone)]
struct SourcingCase {
    demand: Demand,
    candidates: Vec<Candidate>,
    /// The same candidates in another order.
    shuffled: Vec<Candidate>,
    criteria: Vec<Criterion>,
    allow_split: bool,
    split_limit: Option<u32>,
    used: BTreeSet<LocationId>,
    allow_partial: bool,
}

impl SourcingCase {
    fn source_from(&self, candidates: &[Candidate]) -> Sourced {
        let rules = SourcingRules {
            criteria: &self.criteria,
            allow_split: self.allow_split,
            split_limit: self.split_limit,
            used: self.used.clone(),
            allow_partial: self.allow_partial,
        };
        source(&self.demand, candidates, &rules)
    }

    fn sourced(&self) -> Sourced {
        self.source_from(&self.candidates)
    }

    fn usable(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates.iter().filter(|candidate| candidate.excluded.is_none())
    }

    /// The units of the demand that a location has.
    fn covered(&self, candidate: &Candidate) -> Units {
        self.demand.iter().map(|(sku, &wanted)| wanted.min(units(&candidate.available, sku))).sum()
    }

    fn wanted(&self) -> Units {
        self.demand.values().copied().sum()
    }

    /// The maximum number of new locations: those that the order does not ship from yet.
    fn max_new_locations(&self) -> usize {
        let limit = if self.allow_split { self.split_limit } else { Some(1) };
        limit.map_or(usize::MAX, |limit| (limit as usize).saturating_sub(self.used.len()))
    }

    fn is_new(&self, location: &LocationId) -> bool {
        !self.used.contains(location)
    }

    fn count_new<'a>(&self, locations: impl IntoIterator<Item = &'a LocationId>) -> usize {
        locations.into_iter().filter(|location| self.is_new(location)).count()
    }

    /// Every set of locations that may supply the order together.
    fn sets(&self) -> impl Iterator<Item = Vec<&Candidate>> {
        let usable: Vec<_> = self.usable().collect();
        let sets = (0_u32..1 << usable.len()).map(move |set| {
            let members = usable.iter().enumerate().filter(|(index, _)| set >> index & 1 == 1);
            members.map(|(_, candidate)| *candidate).collect::<Vec<_>>()
        });
        sets.filter(|set| {
            self.count_new(set.iter().map(|candidate| &candidate.location)) <= self.max_new_locations()
        })
    }

    /// The units of the demand that a set of locations has.
    fn covered_by(&self, set: &[&Candidate]) -> Units {
        let available = |sku| set.iter().map(|candidate| units(&candidate.available, sku)).sum::<Units>();
        self.demand.iter().map(|(sku, &wanted)| wanted.min(available(sku))).sum()
    }

    /// Whether the demand can be filled, computed without the function `source`.
    fn is_feasible(&self) -> bool {
        self.sets().any(|set| self.covered_by(&set) == self.wanted())
    }

    /// The cost of a location by a criterion. A lower cost is better.
    fn cost(&self, criterion: Criterion, candidate: &Candidate) -> u128 {
        match criterion {
            Criterion::FewestLocations => self.is_new(&candidate.location).into(),
            Criterion::Nearest => candidate.distance.unwrap_or(Kilometres::UNKNOWN).0.into(),
            Criterion::Rank => candidate.rank.into(),
            Criterion::MostStock => {
                let stock: Units = self.demand.keys().map(|sku| units(&candidate.available, sku)).sum();
                1_000_000 - u128::from(stock.number())
            }
            Criterion::EarliestShip => candidate
                .ships_at
                .map_or(1_000_000, |time| u128::try_from(time.microseconds() / 1_000_000).unwrap()),
        }
    }

    /// The score of a set in which the locations with the lowest cost supply units first. `None` if the set
    /// cannot fill the demand.
    fn score(&self, mut set: Vec<&Candidate>) -> Option<Score> {
        let costs = |candidate: &Candidate| -> Vec<u128> {
            self.criteria.iter().map(|&criterion| self.cost(criterion, candidate)).collect()
        };
        set.sort_by_key(|candidate| (costs(candidate), candidate.location.clone()));
        let mut missing = self.demand.clone();
        let mut suppliers = Vec::new();
        for candidate in set {
            let mut supplied = 0;
            for (sku, wanted) in &mut missing {
                let taken = (*wanted).min(units(&candidate.available, sku));
                *wanted -= taken;
                supplied += u128::from(taken.number());
            }
            if supplied > 0 {
                suppliers.push((candidate, supplied));
            }
        }
        let total_cost = |&criterion: &Criterion| match criterion {
            Criterion::FewestLocations => {
                suppliers.iter().map(|(candidate, _)| self.cost(criterion, candidate)).sum()
            }
            Criterion::EarliestShip => {
                suppliers.iter().map(|(candidate, _)| self.cost(criterion, candidate)).max().unwrap_or(0)
            }
            _ => {
                suppliers.iter().map(|(candidate, supplied)| self.cost(criterion, candidate) * supplied).sum()
            }
        };
        let names = suppliers.iter().map(|(candidate, _)| candidate.location.clone()).collect();
        let is_complete = missing.values().all(|units| units.is_zero());
        is_complete.then(|| (self.criteria.iter().map(total_cost).collect(), names))
    }
}

/// The cost of a set by each criterion, and its locations that supply units.
type Score = (Vec<u128>, Vec<LocationId>);

fn units(demand: &Demand, sku: &Sku) -> Units {
    demand.get(sku).copied().unwrap_or_default()
}

fn allocated(sourced: &Sourced, sku: &Sku) -> Units {
    sourced.allocations.iter().map(|(_, taken)| units(taken, sku)).sum()
}

fn demand(max_units: u64, min_skus: usize) -> impl Strategy<Value = Demand> {
    prop::collection::btree_map((0_usize..4).prop_map(sku), (1..=max_units).prop_map(Units::new), min_skus..4)
}

fn candidate() -> impl Strategy<Value = Candidate> {
    let excluded = prop_oneof![
        6 => Just(None),
        1 => Just(Some(Exclusion::Paused)),
        1 => Just(Some(Exclusion::NotTheDeliveryLocation)),
    ];
    let ships_at = prop::option::of((0..5_i64).prop_map(time));
    (prop::option::of(0_u32..200), 0_u32..3, ships_at, demand(9, 0), excluded).prop_map(
        |(distance, rank, ships_at, available, excluded)| Candidate {
            location: location(0),
            distance: distance.map(Kilometres),
            rank,
            ships_at,
            available,
            excluded,
        },
    )
}

fn case() -> impl Strategy<Value = SourcingCase> {
    let number_locations = |mut candidates: Vec<Candidate>| {
        for (number, candidate) in candidates.iter_mut().enumerate() {
            candidate.location = location(number);
        }
        candidates
    };
    let candidates = prop::collection::vec(candidate(), 0..8).prop_map(number_locations);
    let shuffled = candidates.prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()));
    let all = vec![
        Criterion::FewestLocations,
        Criterion::Nearest,
        Criterion::Rank,
        Criterion::MostStock,
        Criterion::EarliestShip,
    ];
    let criteria = prop::sample::subsequence(all, 1..=5).prop_shuffle();
    let split = (prop::bool::weighted(0.8), prop::option::of(1_u32..5));
    // Some of the used locations are not candidates.
    let used = prop::collection::btree_set((0_usize..10).prop_map(location), 0..3);
    (demand(12, 1), shuffled, criteria, split, used, any::<bool>()).prop_map(
        |(demand, (candidates, shuffled), criteria, (allow_split, split_limit), used, allow_partial)| {
            SourcingCase {
                demand,
                candidates,
                shuffled,
                criteria,
                allow_split,
                split_limit,
                used,
                allow_partial,
            }
        },
    )
}

proptest! {
    #[test]
    fn allocations_are_available_and_requested(case in case()) {
        let sourced = case.sourced();
        for (location, taken) in &sourced.allocations {
            let from = case.usable().find(|candidate| candidate.location == *location).unwrap();
            prop_assert!(!taken.is_empty());
            for (sku, &count) in taken {
                prop_assert!(!count.is_zero());
                prop_assert!(count <= units(&from.available, sku));
            }
        }
        for (_, taken) in &sourced.allocations {
            for sku in taken.keys() {
                prop_assert!(allocated(&sourced, sku) <= units(&case.demand, sku));
            }
        }
    }

    #[test]
    fn feasible_demand_is_filled_completely(case in case()) {
        let sourced = case.sourced();
        prop_assert_eq!(sourced.shortages.is_empty(), case.is_feasible());
        if case.is_feasible() {
            for (sku, &wanted) in &case.demand {
                prop_assert_eq!(allocated(&sourced, sku), wanted);
            }
        } else if !case.allow_partial {
            prop_assert!(sourced.allocations.is_empty());
        }
    }

    #[test]
    fn shortages_are_exact(case in case()) {
        let sourced = case.sourced();
        for shortage in &sourced.shortages {
            prop_assert_eq!(shortage.requested, units(&case.demand, &shortage.sku));
            prop_assert!(shortage.available < shortage.requested);
            if case.allow_partial {
                prop_assert_eq!(allocated(&sourced, &shortage.sku), shortage.available);
            }
        }
    }

    #[test]
    fn an_unsplit_order_comes_from_the_location_that_covers_most(case in case()) {
        let used: BTreeSet<_> = case.used.iter().take(1).cloned().collect();
        let case = SourcingCase { allow_split: false, allow_partial: true, used, ..case };
        let sourced = case.sourced();
        prop_assert!(sourced.allocations.len() <= 1);
        let total: Units = case.demand.keys().map(|sku| allocated(&sourced, sku)).sum();
        let may_supply = |candidate: &&Candidate| case.used.is_empty() || !case.is_new(&candidate.location);
        let most = case.usable().filter(may_supply).map(|candidate| case.covered(candidate)).max();
        prop_assert_eq!(total, most.unwrap_or_default());
    }

    #[test]
    fn the_result_does_not_depend_on_the_order_of_candidates(case in case()) {
        prop_assert_eq!(case.sourced(), case.sourced());
        prop_assert_eq!(case.sourced(), case.source_from(&case.shuffled));
    }

    #[test]
    fn every_candidate_is_recorded(case in case()) {
        let sourced = case.sourced();
        let names: Vec<_> = sourced.candidates.iter().map(|considered| considered.location.clone()).collect();
        let mut expected: Vec<_> = case.candidates.iter().map(|c| c.location.clone()).collect();
        expected.sort();
        prop_assert_eq!(names, expected);
        for considered in &sourced.candidates {
            let candidate = case.candidates.iter().find(|c| c.location == considered.location).unwrap();
            for (sku, &wanted) in &case.demand {
                let lacked = considered.lacked.iter().find(|lacked| lacked.sku == *sku);
                let available = units(&candidate.available, sku);
                prop_assert_eq!(lacked.is_some(), available < wanted);
                prop_assert!(lacked.is_none_or(|l| (l.requested, l.available) == (wanted, available)));
            }
        }
    }

    #[test]
    fn the_split_limit_is_respected(case in case()) {
        let sourced = case.sourced();
        let new = case.count_new(sourced.allocations.iter().map(|(location, _)| location));
        prop_assert!(new <= case.max_new_locations());
    }

    #[test]
    fn an_unreached_split_limit_has_no_effect(case in case()) {
        let limited = SourcingCase { split_limit: Some(11), ..case.clone() };
        let unlimited = SourcingCase { split_limit: None, ..case };
        prop_assert_eq!(limited.sourced(), unlimited.sourced());
    }

    #[test]
    fn an_unsplit_order_has_a_split_limit_of_one(case in case()) {
        let limited = SourcingCase { allow_split: true, split_limit: Some(1), ..case.clone() };
        let unsplit = SourcingCase { allow_split: false, ..case };
        let (limited, mut unsplit) = (limited.sourced(), unsplit.sourced());
        // The two results differ only in the reason why locations are excluded.
        let would_split =
            |considered: &&mut ConsideredLocation| considered.excluded == Some(Exclusion::WouldSplit);
        for considered in unsplit.candidates.iter_mut().filter(would_split) {
            considered.excluded = Some(Exclusion::SplitLimit);
        }
        prop_assert_eq!(limited, unsplit);
    }

    /// Compares sourcing with every set of locations.
    #[test]
    fn no_permitted_set_covers_more(case in case()) {
        let case = SourcingCase { allow_partial: true, ..case };
        let sourced = case.sourced();
        let total: Units = case.demand.keys().map(|sku| allocated(&sourced, sku)).sum();
        let most = case.sets().map(|set| case.covered_by(&set)).max();
        prop_assert_eq!(total, most.unwrap_or_default());
    }

    /// Compares sourcing with every set of locations.
    #[test]
    fn the_best_feasible_set_is_chosen(mut case in case()) {
        // The demand is small, so that several sets are feasible.
        case.demand.values_mut().for_each(|wanted| *wanted = (*wanted).min(Units::new(4)));
        if let Some((_, best)) = case.sets().filter_map(|set| case.score(set)).min() {
            let names: Vec<_> = case.sourced().allocations.into_iter().map(|(name, _)| name).collect();
            prop_assert_eq!(names, best);
        }
    }

    /// Compares sourcing with every set of locations.
    #[test]
    fn the_fewest_new_locations_are_chosen(case in case()) {
        let criteria = vec![Criterion::FewestLocations];
        let case = SourcingCase { criteria, allow_partial: false, ..case };
        let complete = case.sets().filter(|set| case.covered_by(set) == case.wanted());
        let count = |set: Vec<&Candidate>| case.count_new(set.iter().map(|candidate| &candidate.location));
        let fewest = complete.map(count).min();
        let sourced = case.sourced();
        let chosen = case.count_new(sourced.allocations.iter().map(|(location, _)| location));
        prop_assert_eq!(chosen, fewest.unwrap_or(0));
    }

    #[test]
    fn allocations_are_in_the_order_of_preference(case in case()) {
        let case = SourcingCase { criteria: vec![Criterion::FewestLocations, Criterion::Nearest], ..case };
        let distance = |(name, _): &(LocationId, Demand)| {
            let candidate = case.candidates.iter().find(|c| c.location == *name).unwrap();
            (case.is_new(name), candidate.distance.unwrap_or(Kilometres::UNKNOWN), name.clone())
        };
        let order: Vec<_> = case.sourced().allocations.iter().map(distance).collect();
        prop_assert!(order.is_sorted(), "{:?}", order);
    }
}
