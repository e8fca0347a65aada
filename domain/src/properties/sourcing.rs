//! Sourcing gives no more than is there and asked for, and answers the same question always alike.

use proptest::prelude::*;

use super::{location, sku};
use crate::distance::Kilometres;
use crate::policy::Criterion;
use crate::sourcing::{Candidate, Demand, Exclusion, Sourced, SourcingRules, source};
use crate::values::{Sku, Units};

#[derive(Debug, Clone)]
struct Question {
    demand: Demand,
    candidates: Vec<Candidate>,
    /// The same candidates in another order.
    shuffled: Vec<Candidate>,
    criteria: Vec<Criterion>,
    allow_split: bool,
    allow_partial: bool,
}

impl Question {
    fn ask(&self, candidates: &[Candidate]) -> Sourced {
        let rules = SourcingRules {
            criteria: &self.criteria,
            allow_split: self.allow_split,
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

    /// Whether it can be filled, told without sourcing.
    fn is_feasible(&self) -> bool {
        if self.allow_split {
            let there = |sku| self.usable().map(|candidate| units(&candidate.available, sku)).sum::<Units>();
            self.demand.iter().all(|(sku, &wanted)| there(sku) >= wanted)
        } else {
            self.usable().any(|candidate| self.covered(candidate) == self.wanted())
        }
    }
}

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
    (prop::option::of(0_u32..200), 0_u32..3, demand(9, 0), excluded).prop_map(
        |(distance, rank, available, excluded)| Candidate {
            location: location(0),
            distance: distance.map(Kilometres),
            rank,
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
    let all = vec![Criterion::FewestLocations, Criterion::Nearest, Criterion::Rank];
    let criteria = prop::sample::subsequence(all, 1..=3).prop_shuffle();
    (demand(12, 1), shuffled, criteria, any::<bool>(), any::<bool>()).prop_map(
        |(demand, (candidates, shuffled), criteria, allow_split, allow_partial)| Question {
            demand,
            candidates,
            shuffled,
            criteria,
            allow_split,
            allow_partial,
        },
    )
}

proptest! {
    #[test]
    fn nothing_is_given_that_is_not_there_or_not_asked_for(question in question()) {
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
    fn what_can_be_filled_is_filled_whole(question in question()) {
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
    fn what_is_short_is_told_to_the_unit(question in question()) {
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
    fn where_no_split_is_allowed_one_location_gives_and_none_has_more(question in question()) {
        let question = Question { allow_split: false, allow_partial: true, ..question };
        let sourced = question.answer();
        prop_assert!(sourced.allocations.len() <= 1);
        let total: Units = question.demand.keys().map(|sku| given(&sourced, sku)).sum();
        let most = question.usable().map(|candidate| question.covered(candidate)).max();
        prop_assert_eq!(total, most.unwrap_or_default());
    }

    #[test]
    fn the_answer_does_not_depend_on_the_order_of_the_question(question in question()) {
        prop_assert_eq!(question.answer(), question.answer());
        prop_assert_eq!(question.answer(), question.ask(&question.shuffled));
    }

    #[test]
    fn every_location_is_accounted_for_by_name(question in question()) {
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

    /// By trying every set of locations.
    #[test]
    fn no_smaller_set_of_locations_would_do(question in question()) {
        let criteria = vec![Criterion::FewestLocations];
        let question = Question { criteria, allow_split: true, allow_partial: false, ..question };
        let usable: Vec<_> = question.usable().collect();
        let smallest = (0_u32..1 << usable.len())
            .filter(|set| {
                let members = || usable.iter().enumerate().filter(|(index, _)| set >> index & 1 == 1);
                let there = |sku| members().map(|(_, c)| units(&c.available, sku)).sum::<Units>();
                question.demand.iter().all(|(sku, &wanted)| there(sku) >= wanted)
            })
            .map(u32::count_ones)
            .min();
        prop_assert_eq!(question.answer().allocations.len(), smallest.unwrap_or(0) as usize);
    }

    #[test]
    fn locations_are_told_in_the_order_of_preference(question in question()) {
        let question = Question { criteria: vec![Criterion::FewestLocations, Criterion::Nearest], ..question };
        let distance = |(name, _): &(crate::values::LocationId, Demand)| {
            let candidate = question.candidates.iter().find(|c| c.location == *name).unwrap();
            (candidate.distance.unwrap_or(Kilometres::UNKNOWN), name.clone())
        };
        let order: Vec<_> = question.answer().allocations.iter().map(distance).collect();
        prop_assert!(order.is_sorted(), "{:?}", order);
    }
}
