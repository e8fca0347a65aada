//! Choosing the locations that fill an order: a pure function of demand, candidates and rules.
//!
//! A set of locations is *feasible* when together they have everything. Among the smallest feasible sets, and
//! those found by walking outwards from the nearest and down from the best rank, the one that is best by the
//! merchant's criteria is chosen; names decide what is still equal, so the same question always has the same
//! answer.

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
    /// What it lacked of the order.
    pub lacked: Vec<Shortage>,
    /// Why it took no part, where it did not.
    pub excluded: Option<Exclusion>,
}

/// Sets of one size are compared exhaustively up to this many.
const MOST_SETS: usize = 20_000;

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
    let allocations =
        if shortages.is_empty() || rules.allow_partial { best(&filled, &usable, rules) } else { Vec::new() };
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

/// The best feasible set's allocations; nothing where there is no demand.
fn best(demand: &Demand, usable: &[&Candidate], rules: &SourcingRules<'_>) -> Vec<(LocationId, Demand)> {
    if demand.is_empty() {
        return Vec::new();
    }
    let most_locations = if rules.allow_split { usable.len() } else { 1 };
    let mut sets = smallest_feasible(demand, usable, most_locations);
    if rules.allow_split {
        // Not the smallest, perhaps, but the nearest or the best ranked: what criteria in another order want.
        sets.extend(prefix(demand, usable.to_vec()));
        let covering = prefix(demand, by_coverage(demand, usable));
        sets.extend(covering.map(|set| in_preference(usable, &set)));
    }
    sets.into_iter()
        .map(|set| allocate(demand, &set))
        .min_by_key(|allocations| score(allocations, usable, rules.criteria))
        .unwrap_or_default()
}

/// All feasible sets of the smallest size that has any, as far as they can be compared exhaustively.
fn smallest_feasible<'a>(demand: &Demand, usable: &[&'a Candidate], most: usize) -> Vec<Vec<&'a Candidate>> {
    for size in 1..=most {
        if combinations(usable.len(), size).is_none_or(|count| count > MOST_SETS) {
            return Vec::new();
        }
        let mut found = Vec::new();
        visit_sets(usable, size, &mut Vec::with_capacity(size), &mut |set| {
            if is_feasible(demand, set) {
                found.push(set.to_vec());
            }
        });
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

fn combinations(from: usize, choose: usize) -> Option<usize> {
    (0..choose).try_fold(1usize, |count, index| Some(count.checked_mul(from - index)? / (index + 1)))
}

fn visit_sets<'a>(
    rest: &[&'a Candidate],
    size: usize,
    set: &mut Vec<&'a Candidate>,
    visit: &mut impl FnMut(&[&'a Candidate]),
) {
    if set.len() == size {
        return visit(set);
    }
    for (index, candidate) in rest.iter().enumerate() {
        set.push(candidate);
        visit_sets(&rest[index + 1..], size, set, visit);
        set.pop();
    }
}

fn is_feasible(demand: &Demand, set: &[&Candidate]) -> bool {
    demand.iter().all(|(sku, &wanted)| {
        set.iter().map(|candidate| units(&candidate.available, sku)).sum::<Units>() >= wanted
    })
}

/// Takes locations in the given order until they are feasible, leaving out those that add nothing.
fn prefix<'a>(demand: &Demand, in_order: Vec<&'a Candidate>) -> Option<Vec<&'a Candidate>> {
    let mut missing = demand.clone();
    let mut set = Vec::new();
    for candidate in in_order {
        if missing.is_empty() {
            break;
        }
        if covers_any(candidate, &missing) {
            for (sku, wanted) in &mut missing {
                *wanted -= units(&candidate.available, sku);
            }
            missing.retain(|_, wanted| !wanted.is_zero());
            set.push(candidate);
        }
    }
    missing.is_empty().then_some(set)
}

/// Those that have most of the demand first; `usable` is in order of preference, which decides between equals.
fn by_coverage<'a>(demand: &Demand, usable: &[&'a Candidate]) -> Vec<&'a Candidate> {
    let covered = |candidate: &Candidate| -> Units {
        demand.iter().map(|(sku, &wanted)| wanted.min(units(&candidate.available, sku))).sum()
    };
    let mut in_order = usable.to_vec();
    in_order.sort_by_key(|candidate| std::cmp::Reverse(covered(candidate)));
    in_order
}

/// The members of a set in the order of `usable`, which is that of preference.
fn in_preference<'a>(usable: &[&'a Candidate], set: &[&Candidate]) -> Vec<&'a Candidate> {
    let is_member = |candidate: &&Candidate| set.iter().any(|member| std::ptr::eq(*member, *candidate));
    usable.iter().copied().filter(is_member).collect()
}

/// Divides the demand among a set, each SKU from the first that has it on.
fn allocate(demand: &Demand, set: &[&Candidate]) -> Vec<(LocationId, Demand)> {
    let mut missing = demand.clone();
    let mut allocations = Vec::with_capacity(set.len());
    for candidate in set {
        let mut taken = Demand::new();
        for (sku, wanted) in &mut missing {
            let here = (*wanted).min(units(&candidate.available, sku));
            if !here.is_zero() {
                *wanted -= here;
                taken.insert(sku.clone(), here);
            }
        }
        if !taken.is_empty() {
            allocations.push((candidate.location.clone(), taken));
        }
    }
    allocations
}

fn score(
    allocations: &[(LocationId, Demand)],
    usable: &[&Candidate],
    criteria: &[Criterion],
) -> (Vec<u64>, Vec<LocationId>) {
    let weighted = |weight: fn(&Candidate) -> u32| -> u64 {
        let by_location = allocations.iter().map(|(location, taken)| {
            let candidate = usable.iter().find(|candidate| candidate.location == *location);
            let taken: Units = taken.values().copied().sum();
            taken.number().saturating_mul(u64::from(candidate.map_or(0, |candidate| weight(candidate))))
        });
        by_location.fold(0, u64::saturating_add)
    };
    let by = criteria
        .iter()
        .map(|criterion| match criterion {
            Criterion::FewestLocations => allocations.len() as u64,
            Criterion::Nearest => weighted(|candidate| candidate.distance.unwrap_or(Kilometres::UNKNOWN).0),
            Criterion::Rank => weighted(|candidate| candidate.rank),
        })
        .collect();
    (by, allocations.iter().map(|(location, _)| location.clone()).collect())
}

fn seen(demand: &Demand, candidates: &[Candidate]) -> Vec<ConsideredLocation> {
    let lacked = |candidate: &Candidate| {
        demand
            .iter()
            .map(|(sku, &requested)| (sku, requested, units(&candidate.available, sku)))
            .filter(|(_, requested, available)| available < requested)
            .map(|(sku, requested, available)| Shortage { sku: sku.clone(), requested, available })
            .collect()
    };
    let mut by_name: Vec<&Candidate> = candidates.iter().collect();
    by_name.sort_by_key(|candidate| &candidate.location);
    by_name
        .into_iter()
        .map(|candidate| ConsideredLocation {
            location: candidate.location.clone(),
            distance: candidate.distance.map(Kilometres::coarse),
            rank: candidate.rank,
            lacked: lacked(candidate),
            excluded: candidate.excluded,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: &[Criterion] = &[Criterion::FewestLocations, Criterion::Nearest, Criterion::Rank];

    fn demand(pairs: &[(&str, u64)]) -> Demand {
        pairs.iter().map(|(sku, count)| (Sku::new(sku).unwrap(), Units::new(*count))).collect()
    }

    fn candidate(name: &str, distance: u32, available: &[(&str, u64)]) -> Candidate {
        Candidate {
            location: LocationId::new(name).unwrap(),
            distance: Some(Kilometres(distance)),
            rank: 0,
            available: demand(available),
            excluded: None,
        }
    }

    fn rules(criteria: &[Criterion]) -> SourcingRules<'_> {
        SourcingRules { criteria, allow_split: true, allow_partial: false }
    }

    fn chosen(wanted: &[(&str, u64)], candidates: &[Candidate], rules: &SourcingRules<'_>) -> Vec<String> {
        let sourced = source(&demand(wanted), candidates, rules);
        sourced.allocations.iter().map(|(location, _)| location.to_string()).collect()
    }

    #[test]
    fn one_location_is_better_than_two_nearer_ones() {
        let candidates = [
            candidate("near-a", 10, &[("a", 5)]),
            candidate("near-b", 20, &[("b", 5)]),
            candidate("far", 900, &[("a", 5), ("b", 5)]),
        ];
        assert_eq!(chosen(&[("a", 1), ("b", 1)], &candidates, &rules(DEFAULT)), ["far"]);
        let nearest = [Criterion::Nearest, Criterion::FewestLocations];
        assert_eq!(chosen(&[("a", 1), ("b", 1)], &candidates, &rules(&nearest)), ["near-a", "near-b"]);
    }

    #[test]
    fn among_equals_the_nearest_then_the_rank_then_the_name_decides() {
        let mut candidates = vec![candidate("b", 50, &[("a", 9)]), candidate("a", 50, &[("a", 9)])];
        assert_eq!(chosen(&[("a", 1)], &candidates, &rules(DEFAULT)), ["a"]);
        candidates[1].rank = 1;
        assert_eq!(chosen(&[("a", 1)], &candidates, &rules(DEFAULT)), ["b"]);
        candidates[1].distance = Some(Kilometres(49));
        assert_eq!(chosen(&[("a", 1)], &candidates, &rules(DEFAULT)), ["a"]);
    }

    #[test]
    fn one_line_may_come_from_several_locations_the_nearest_giving_what_it_has() {
        let candidates = [candidate("far", 90, &[("a", 6)]), candidate("near", 10, &[("a", 4)])];
        let sourced = source(&demand(&[("a", 9)]), &candidates, &rules(DEFAULT));
        let names: Vec<_> = sourced.allocations.iter().map(|(l, d)| (l.as_str(), d.clone())).collect();
        assert_eq!(names, [("near", demand(&[("a", 4)])), ("far", demand(&[("a", 5)]))]);
    }

    #[test]
    fn without_splitting_only_a_location_that_has_everything_will_do() {
        let candidates = [candidate("x", 10, &[("a", 5)]), candidate("y", 20, &[("a", 1), ("b", 5)])];
        let together = SourcingRules { allow_split: false, ..rules(DEFAULT) };
        let sourced = source(&demand(&[("a", 2), ("b", 2)]), &candidates, &together);
        assert!(sourced.allocations.is_empty());
        assert_eq!(sourced.shortages.len(), 1, "y has most of it and lacks one of a");
        assert_eq!(chosen(&[("a", 1), ("b", 5)], &candidates, &together), ["y"]);
    }

    #[test]
    fn a_shortage_fills_nothing_unless_a_part_will_do() {
        let candidates = [candidate("x", 10, &[("a", 1)])];
        let wanted = [("a", 3), ("b", 1)];
        assert!(chosen(&wanted, &candidates, &rules(DEFAULT)).is_empty());
        let partial = SourcingRules { allow_partial: true, ..rules(DEFAULT) };
        let sourced = source(&demand(&wanted), &candidates, &partial);
        assert_eq!(sourced.allocations[0].1, demand(&[("a", 1)]));
        let missing: Vec<_> = sourced
            .shortages
            .iter()
            .map(|s| (s.sku.as_str(), s.requested.number(), s.available.number()))
            .collect();
        assert_eq!(missing, [("a", 3, 1), ("b", 1, 0)]);
    }

    #[test]
    fn a_paused_location_is_seen_but_takes_no_part() {
        let mut candidates = [candidate("x", 10, &[("a", 9)]), candidate("y", 20, &[("a", 9)])];
        candidates[0].excluded = Some(Exclusion::Paused);
        let sourced = source(&demand(&[("a", 1)]), &candidates, &rules(DEFAULT));
        assert_eq!(sourced.allocations[0].0.as_str(), "y");
        assert_eq!(sourced.candidates[0].excluded, Some(Exclusion::Paused));
    }

    #[test]
    fn what_each_location_lacked_is_told() {
        let candidates = [candidate("x", 74, &[("a", 1)])];
        let sourced = source(&demand(&[("a", 3)]), &candidates, &rules(DEFAULT));
        assert_eq!(sourced.candidates[0].distance, Some(Kilometres(50)));
        assert_eq!(sourced.candidates[0].lacked, sourced.shortages);
    }

    #[test]
    fn a_large_network_is_still_sourced_without_comparing_every_set() {
        let candidates: Vec<_> = (0..300)
            .map(|n| candidate(&format!("s{n:03}"), n, &[("a", 1), ("b", u64::from(n % 2))]))
            .collect();
        let sourced = source(&demand(&[("a", 40), ("b", 10)]), &candidates, &rules(DEFAULT));
        let total: Units = sourced.allocations.iter().flat_map(|(_, taken)| taken.values().copied()).sum();
        assert_eq!(total, Units::new(50));
        assert!(sourced.shortages.is_empty());
    }
}
#[cfg(test)]
mod measure {
    use super::*;
    #[test]
    fn measure() {
        for (n, skus) in
            [(12usize, 500usize), (20, 500), (50, 500), (190, 500), (300, 500), (20, 5), (190, 5)]
        {
            let sku = |i: usize| Sku::new(&format!("sku-{i:05}-aaaaaaaaaaaa")).unwrap();
            let demand: Demand = (0..skus).map(|i| (sku(i), Units::new(10))).collect();
            let candidates: Vec<Candidate> = (0..n)
                .map(|l| Candidate {
                    location: LocationId::new(&format!("L{l}")).unwrap(),
                    distance: Some(Kilometres(l as u32)),
                    rank: 0,
                    available: demand
                        .iter()
                        .enumerate()
                        .map(|(i, (s, _))| (s.clone(), Units::new(if i == skus - 1 { 1 } else { 10 })))
                        .collect(),
                    excluded: None,
                })
                .collect();
            let rules = SourcingRules {
                criteria: &[Criterion::FewestLocations, Criterion::Nearest],
                allow_split: true,
                allow_partial: false,
            };
            #[allow(clippy::disallowed_methods)]
            let t = std::time::Instant::now();
            let s = source(&demand, &candidates, &rules);
            println!("{n} locations {skus} skus: {:?} -> {} locations", t.elapsed(), s.allocations.len());
        }
    }
}
