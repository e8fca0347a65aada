//! Sourcing gives no more than is there and asked for, and answers the same question always alike.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{location, sku, time};
use crate::distance::Kilometres;
use crate::policy::Criterion;
use crate::sourcing::{Candidate, ConsideredLocation, Demand, Exclusion, Sourced, SourcingRules, source};
use crate::values::{LocationId, Sku, Units};

#[derive(Debug, Clone)]
struct Question {
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

impl Question {
    fn ask(&self, candidates: &[Candidate]) -> Sourced {
        let rules = SourcingRules {
            criteria: &self.criteria,
            allow_split: self.allow_split,
            split_limit: self.split_limit,
            used: self.used.clone(),
            allow_partial: self.allow_partial,
        };
        source(&self.demand, candidates, &rules)
    }

    fn answer(&self) -> Sourced {
        self.ask(&self.candidates)
    }

    fn usable(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates.iter().filter(|candidate| candidate.excluded.is_none())
    }

    /// What of the demand a location has.
    fn covered(&self, candidate: &Candidate) -> Units {
        self.demand.iter().map(|(sku, &wanted)| wanted.min(units(&candidate.available, sku))).sum()
    }

    fn wanted(&self) -> Units {
        self.demand.values().copied().sum()
    }

    /// How many locations may give something that the order does not ship from yet.
    fn more(&self) -> usize {
        let limit = if self.allow_split { self.split_limit } else { Some(1) };
        limit.map_or(usize::MAX, |most| (most as usize).saturating_sub(self.used.len()))
    }

    fn is_new(&self, location: &LocationId) -> bool {
        !self.used.contains(location)
    }

    fn count_new<'a>(&self, locations: impl IntoIterator<Item = &'a LocationId>) -> usize {
        locations.into_iter().filter(|location| self.is_new(location)).count()
    }

    /// Every set of locations that may give something together.
    fn sets(&self) -> impl Iterator<Item = Vec<&Candidate>> {
        let usable: Vec<_> = self.usable().collect();
        let sets = (0_u32..1 << usable.len()).map(move |set| {
            let members = usable.iter().enumerate().filter(|(index, _)| set >> index & 1 == 1);
            members.map(|(_, candidate)| *candidate).collect::<Vec<_>>()
        });
        sets.filter(|set| self.count_new(set.iter().map(|candidate| &candidate.location)) <= self.more())
    }

    /// What of the demand a set has.
    fn covered_by(&self, set: &[&Candidate]) -> Units {
        let there = |sku| set.iter().map(|candidate| units(&candidate.available, sku)).sum::<Units>();
        self.demand.iter().map(|(sku, &wanted)| wanted.min(there(sku))).sum()
    }

    /// Whether it can be filled, computed without sourcing.
    fn is_feasible(&self) -> bool {
        self.sets().any(|set| self.covered_by(&set) == self.wanted())
    }

    /// What a location costs by a criterion; less is better.
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

    /// What a set gives when the best of it gives first, and what that costs; nothing where it lacks something.
    fn judged(&self, mut set: Vec<&Candidate>) -> Option<Judged> {
        let costs = |candidate: &Candidate| -> Vec<u128> {
            self.criteria.iter().map(|&criterion| self.cost(criterion, candidate)).collect()
        };
        set.sort_by_key(|candidate| (costs(candidate), candidate.location.clone()));
        let mut missing = self.demand.clone();
        let mut given = Vec::new();
        for candidate in set {
            let mut share = 0;
            for (sku, wanted) in &mut missing {
                let taken = (*wanted).min(units(&candidate.available, sku));
                *wanted -= taken;
                share += u128::from(taken.number());
            }
            if share > 0 {
                given.push((candidate, share));
            }
        }
        let score = |&criterion: &Criterion| match criterion {
            Criterion::FewestLocations => {
                given.iter().map(|(candidate, _)| self.cost(criterion, candidate)).sum()
            }
            Criterion::EarliestShip => {
                given.iter().map(|(candidate, _)| self.cost(criterion, candidate)).max().unwrap_or(0)
            }
            _ => given.iter().map(|(candidate, share)| self.cost(criterion, candidate) * share).sum(),
        };
        let names = given.iter().map(|(candidate, _)| candidate.location.clone()).collect();
        let is_whole = missing.values().all(|units| units.is_zero());
        is_whole.then(|| (self.criteria.iter().map(score).collect(), names))
    }
}

/// What a set costs by each criterion, and who gives something.
type Judged = (Vec<u128>, Vec<LocationId>);

fn units(demand: &Demand, sku: &Sku) -> Units {
    demand.get(sku).copied().unwrap_or_default()
}

fn given(sourced: &Sourced, sku: &Sku) -> Units {
    sourced.allocations.iter().map(|(_, taken)| units(taken, sku)).sum()
}

fn demand(most: u64, at_least: usize) -> impl Strategy<Value = Demand> {
    prop::collection::btree_map((0_usize..4).prop_map(sku), (1..=most).prop_map(Units::new), at_least..4)
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

fn question() -> impl Strategy<Value = Question> {
    let named = |mut candidates: Vec<Candidate>| {
        for (number, candidate) in candidates.iter_mut().enumerate() {
            candidate.location = location(number);
        }
        candidates
    };
    let candidates = prop::collection::vec(candidate(), 0..8).prop_map(named);
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
    // Some of them are no candidates.
    let used = prop::collection::btree_set((0_usize..10).prop_map(location), 0..3);
    (demand(12, 1), shuffled, criteria, split, used, any::<bool>()).prop_map(
        |(demand, (candidates, shuffled), criteria, (allow_split, split_limit), used, allow_partial)| {
            Question { demand, candidates, shuffled, criteria, allow_split, split_limit, used, allow_partial }
        },
    )
}

proptest! {
    #[test]
    fn allocations_are_available_and_requested(question in question()) {
        let sourced = question.answer();
        for (location, taken) in &sourced.allocations {
            let from = question.usable().find(|candidate| candidate.location == *location).unwrap();
            prop_assert!(!taken.is_empty());
            for (sku, &count) in taken {
                prop_assert!(!count.is_zero());
                prop_assert!(count <= units(&from.available, sku));
            }
        }
        for (_, taken) in &sourced.allocations {
            for sku in taken.keys() {
                prop_assert!(given(&sourced, sku) <= units(&question.demand, sku));
            }
        }
    }

    #[test]
    fn what_is_feasible_is_filled_completely(question in question()) {
        let sourced = question.answer();
        prop_assert_eq!(sourced.shortages.is_empty(), question.is_feasible());
        if question.is_feasible() {
            for (sku, &wanted) in &question.demand {
                prop_assert_eq!(given(&sourced, sku), wanted);
            }
        } else if !question.allow_partial {
            prop_assert!(sourced.allocations.is_empty());
        }
    }

    #[test]
    fn shortages_are_exact(question in question()) {
        let sourced = question.answer();
        for shortage in &sourced.shortages {
            prop_assert_eq!(shortage.requested, units(&question.demand, &shortage.sku));
            prop_assert!(shortage.available < shortage.requested);
            if question.allow_partial {
                prop_assert_eq!(given(&sourced, &shortage.sku), shortage.available);
            }
        }
    }

    #[test]
    fn an_unsplit_order_comes_from_the_location_that_covers_most(question in question()) {
        let used: BTreeSet<_> = question.used.iter().take(1).cloned().collect();
        let question = Question { allow_split: false, allow_partial: true, used, ..question };
        let sourced = question.answer();
        prop_assert!(sourced.allocations.len() <= 1);
        let total: Units = question.demand.keys().map(|sku| given(&sourced, sku)).sum();
        let may_give = |candidate: &&Candidate| question.used.is_empty() || !question.is_new(&candidate.location);
        let most = question.usable().filter(may_give).map(|candidate| question.covered(candidate)).max();
        prop_assert_eq!(total, most.unwrap_or_default());
    }

    #[test]
    fn the_answer_does_not_depend_on_the_order_of_candidates(question in question()) {
        prop_assert_eq!(question.answer(), question.answer());
        prop_assert_eq!(question.answer(), question.ask(&question.shuffled));
    }

    #[test]
    fn every_candidate_is_recorded(question in question()) {
        let sourced = question.answer();
        let names: Vec<_> = sourced.candidates.iter().map(|seen| seen.location.clone()).collect();
        let mut expected: Vec<_> = question.candidates.iter().map(|c| c.location.clone()).collect();
        expected.sort();
        prop_assert_eq!(names, expected);
        for seen in &sourced.candidates {
            let candidate = question.candidates.iter().find(|c| c.location == seen.location).unwrap();
            for (sku, &wanted) in &question.demand {
                let lacked = seen.lacked.iter().find(|lacked| lacked.sku == *sku);
                let available = units(&candidate.available, sku);
                prop_assert_eq!(lacked.is_some(), available < wanted);
                prop_assert!(lacked.is_none_or(|l| (l.requested, l.available) == (wanted, available)));
            }
        }
    }

    #[test]
    fn the_split_limit_is_kept(question in question()) {
        let answer = question.answer();
        let new = question.count_new(answer.allocations.iter().map(|(location, _)| location));
        prop_assert!(new <= question.more());
    }

    #[test]
    fn an_unreached_split_limit_has_no_effect(question in question()) {
        let limited = Question { split_limit: Some(11), ..question.clone() };
        let unlimited = Question { split_limit: None, ..question };
        prop_assert_eq!(limited.answer(), unlimited.answer());
    }

    #[test]
    fn not_splitting_is_a_split_limit_of_one(question in question()) {
        let one = Question { allow_split: true, split_limit: Some(1), ..question.clone() };
        let whole = Question { allow_split: false, ..question };
        let (one, mut whole) = (one.answer(), whole.answer());
        // They differ in the reason alone that is given for a location which takes no part.
        let would_split = |seen: &&mut ConsideredLocation| seen.excluded == Some(Exclusion::WouldSplit);
        for seen in whole.candidates.iter_mut().filter(would_split) {
            seen.excluded = Some(Exclusion::SplitLimit);
        }
        prop_assert_eq!(one, whole);
    }

    /// By trying every set of locations.
    #[test]
    fn no_permitted_set_covers_more(question in question()) {
        let question = Question { allow_partial: true, ..question };
        let sourced = question.answer();
        let total: Units = question.demand.keys().map(|sku| given(&sourced, sku)).sum();
        let most = question.sets().map(|set| question.covered_by(&set)).max();
        prop_assert_eq!(total, most.unwrap_or_default());
    }

    /// By trying every set of locations.
    #[test]
    fn the_best_feasible_set_is_chosen(mut question in question()) {
        // Little enough that there are several to choose from.
        question.demand.values_mut().for_each(|wanted| *wanted = (*wanted).min(Units::new(4)));
        if let Some((_, best)) = question.sets().filter_map(|set| question.judged(set)).min() {
            let names: Vec<_> = question.answer().allocations.into_iter().map(|(name, _)| name).collect();
            prop_assert_eq!(names, best);
        }
    }

    /// By trying every set of locations.
    #[test]
    fn the_fewest_new_locations_are_chosen(question in question()) {
        let criteria = vec![Criterion::FewestLocations];
        let question = Question { criteria, allow_partial: false, ..question };
        let everything = question.sets().filter(|set| question.covered_by(set) == question.wanted());
        let new = |set: Vec<&Candidate>| question.count_new(set.iter().map(|candidate| &candidate.location));
        let fewest = everything.map(new).min();
        let answer = question.answer();
        let chosen = question.count_new(answer.allocations.iter().map(|(location, _)| location));
        prop_assert_eq!(chosen, fewest.unwrap_or(0));
    }

    #[test]
    fn allocations_are_in_the_order_of_preference(question in question()) {
        let question = Question { criteria: vec![Criterion::FewestLocations, Criterion::Nearest], ..question };
        let distance = |(name, _): &(LocationId, Demand)| {
            let candidate = question.candidates.iter().find(|c| c.location == *name).unwrap();
            (question.is_new(name), candidate.distance.unwrap_or(Kilometres::UNKNOWN), name.clone())
        };
        let order: Vec<_> = question.answer().allocations.iter().map(distance).collect();
        prop_assert!(order.is_sorted(), "{:?}", order);
    }
}
