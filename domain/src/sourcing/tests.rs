use std::collections::BTreeSet;

use super::*;
use crate::policy::Criterion;
use crate::values::Timestamp;

const DEFAULT: &[Criterion] = &[Criterion::FewestLocations, Criterion::Nearest, Criterion::Rank];

fn demand(pairs: &[(&str, u64)]) -> Demand {
    pairs.iter().map(|(sku, count)| (Sku::new(sku).unwrap(), Units::new(*count))).collect()
}

fn candidate(name: &str, distance: u32, available: &[(&str, u64)]) -> Candidate {
    Candidate {
        location: LocationId::new(name).unwrap(),
        distance: Some(Kilometres(distance)),
        rank: 0,
        ships_at: None,
        available: demand(available),
        excluded: None,
    }
}

fn rules(criteria: &[Criterion]) -> SourcingRules<'_> {
    let used = BTreeSet::new();
    SourcingRules { criteria, allow_split: true, split_limit: None, used, allow_partial: false }
}

fn chosen(wanted: &[(&str, u64)], candidates: &[Candidate], rules: &SourcingRules<'_>) -> Vec<String> {
    let sourced = source(&demand(wanted), candidates, rules);
    sourced.allocations.iter().map(|(location, _)| location.to_string()).collect()
}

#[test]
fn one_location_is_preferred_to_two_nearer_ones() {
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
fn equal_locations_are_ordered_by_distance_rank_and_name() {
    let mut candidates = vec![candidate("b", 50, &[("a", 9)]), candidate("a", 50, &[("a", 9)])];
    assert_eq!(chosen(&[("a", 1)], &candidates, &rules(DEFAULT)), ["a"]);
    candidates[1].rank = 1;
    assert_eq!(chosen(&[("a", 1)], &candidates, &rules(DEFAULT)), ["b"]);
    candidates[1].distance = Some(Kilometres(49));
    assert_eq!(chosen(&[("a", 1)], &candidates, &rules(DEFAULT)), ["a"]);
}

#[test]
fn equal_sets_are_ordered_by_name() {
    let candidates = [
        candidate("z", 10, &[("a", 1), ("b", 1)]),
        candidate("y", 30, &[("c", 1), ("d", 1)]),
        candidate("n", 20, &[("b", 1), ("d", 1)]),
        candidate("m", 20, &[("a", 1), ("c", 1)]),
    ];
    let wanted = [("a", 1), ("b", 1), ("c", 1), ("d", 1)];
    assert_eq!(chosen(&wanted, &candidates, &rules(DEFAULT)), ["m", "n"]);
}

#[test]
fn a_line_is_split_with_the_nearest_location_first() {
    let candidates = [candidate("far", 90, &[("a", 6)]), candidate("near", 10, &[("a", 4)])];
    let sourced = source(&demand(&[("a", 9)]), &candidates, &rules(DEFAULT));
    let names: Vec<_> = sourced.allocations.iter().map(|(l, d)| (l.as_str(), d.clone())).collect();
    assert_eq!(names, [("near", demand(&[("a", 4)])), ("far", demand(&[("a", 5)]))]);
}

#[test]
fn without_splitting_one_location_must_have_everything() {
    let candidates = [candidate("x", 10, &[("a", 5)]), candidate("y", 20, &[("a", 1), ("b", 5)])];
    let together = SourcingRules { allow_split: false, ..rules(DEFAULT) };
    let sourced = source(&demand(&[("a", 2), ("b", 2)]), &candidates, &together);
    assert!(sourced.allocations.is_empty());
    assert_eq!(sourced.shortages.len(), 1, "y has most of it and lacks one of a");
    assert_eq!(chosen(&[("a", 1), ("b", 5)], &candidates, &together), ["y"]);
}

#[test]
fn a_shortage_allocates_nothing_unless_partial_is_allowed() {
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
fn a_paused_location_is_recorded_and_excluded() {
    let mut candidates = [candidate("x", 10, &[("a", 9)]), candidate("y", 20, &[("a", 9)])];
    candidates[0].excluded = Some(Exclusion::Paused);
    let sourced = source(&demand(&[("a", 1)]), &candidates, &rules(DEFAULT));
    assert_eq!(sourced.allocations[0].0.as_str(), "y");
    assert_eq!(sourced.candidates[0].excluded, Some(Exclusion::Paused));
}

#[test]
fn shortages_of_each_location_are_recorded() {
    let candidates = [candidate("x", 74, &[("a", 1)])];
    let sourced = source(&demand(&[("a", 3)]), &candidates, &rules(DEFAULT));
    assert_eq!(sourced.candidates[0].distance, Some(Kilometres(50)));
    assert_eq!(sourced.candidates[0].lacked, sourced.shortages);
}

#[test]
fn a_large_network_is_sourced_without_comparing_all_sets() {
    let candidates: Vec<_> =
        (0..300).map(|n| candidate(&format!("s{n:03}"), n, &[("a", 1), ("b", u64::from(n % 2))])).collect();
    let sourced = source(&demand(&[("a", 40), ("b", 10)]), &candidates, &rules(DEFAULT));
    let total: Units = sourced.allocations.iter().flat_map(|(_, taken)| taken.values().copied()).sum();
    assert_eq!(total, Units::new(50));
    assert!(sourced.shortages.is_empty());
}

#[test]
fn recorded_shortages_of_locations_are_limited() {
    let wanted: Vec<(String, u64)> = (0..500).map(|number| (format!("sku-{number:03}"), 1)).collect();
    let wanted: Vec<(&str, u64)> = wanted.iter().map(|(sku, units)| (sku.as_str(), *units)).collect();
    let empty = |number: usize| candidate(&format!("dc-{number:03}"), 1, &[]);
    let lists = |locations: usize| -> Vec<(usize, Option<u32>)> {
        let candidates: Vec<_> = (0..locations).map(empty).collect();
        let seen = source(&demand(&wanted), &candidates, &rules(DEFAULT)).candidates;
        seen.into_iter().map(|location| (location.lacked.len(), location.lacked_skus)).collect()
    };
    assert_eq!(lists(6), [(500, None); 6]);
    assert_eq!(lists(300), [(10, Some(500)); 300]);
}

fn at_most(locations: u32) -> SourcingRules<'static> {
    SourcingRules { split_limit: Some(locations), ..rules(DEFAULT) }
}

#[test]
fn a_limit_prefers_fewer_locations_that_are_farther() {
    let candidates = [
        candidate("near-a", 10, &[("a", 5)]),
        candidate("near-b", 20, &[("b", 5)]),
        candidate("near-c", 30, &[("c", 5)]),
        candidate("far", 900, &[("b", 5), ("c", 5)]),
    ];
    let wanted = [("a", 1), ("b", 1), ("c", 1)];
    let nearest = [Criterion::Nearest];
    let limited = SourcingRules { criteria: &nearest, ..at_most(2) };
    assert_eq!(chosen(&wanted, &candidates, &limited), ["near-a", "far"]);
    let unlimited = SourcingRules { split_limit: None, ..limited.clone() };
    assert_eq!(chosen(&wanted, &candidates, &unlimited), ["near-a", "near-b", "near-c"]);
}

#[test]
fn units_beyond_the_split_limit_are_short() {
    let candidates =
        [candidate("x", 10, &[("a", 2)]), candidate("y", 20, &[("a", 3)]), candidate("z", 30, &[("a", 4)])];
    let wanted = [("a", 9)];
    assert_eq!(chosen(&wanted, &candidates, &at_most(3)), ["x", "y", "z"]);
    let sourced = source(&demand(&wanted), &candidates, &at_most(2));
    assert!(sourced.allocations.is_empty());
    assert_eq!(sourced.shortages[0].available, Units::new(7), "y and z have most");
    let partial = SourcingRules { allow_partial: true, ..at_most(2) };
    assert_eq!(chosen(&wanted, &candidates, &partial), ["y", "z"]);
}

#[test]
fn a_large_network_keeps_to_its_split_limit() {
    let candidates: Vec<_> =
        (0..300).map(|n| candidate(&format!("s{n:03}"), n, &[("a", 1 + u64::from(n % 3))])).collect();
    let partial = SourcingRules { allow_partial: true, ..at_most(20) };
    let sourced = source(&demand(&[("a", 80)]), &candidates, &partial);
    assert_eq!(sourced.allocations.len(), 20);
    assert_eq!(sourced.shortages[0].available, Units::new(60), "those that have three");
    assert_eq!(chosen(&[("a", 60)], &candidates, &partial).len(), 20);
}

#[test]
fn most_stock_prefers_the_fullest_location() {
    let criteria = [Criterion::MostStock, Criterion::Nearest];
    let candidates = [
        candidate("little", 10, &[("a", 5), ("z", 99)]),
        candidate("much", 90, &[("a", 20)]),
        candidate("as-much-and-nearer", 50, &[("a", 20)]),
    ];
    assert_eq!(chosen(&[("a", 5)], &candidates, &rules(&criteria)), ["as-much-and-nearer"]);
    let after_fewest = [Criterion::FewestLocations, Criterion::MostStock];
    assert_eq!(chosen(&[("a", 5), ("z", 1)], &candidates, &rules(&after_fewest)), ["little"]);
}

#[test]
fn earliest_ship_prefers_the_earliest_departure() {
    let criteria = [Criterion::EarliestShip, Criterion::Nearest];
    let at = |name: &str, distance, second: Option<i64>, available: &[(&str, u64)]| Candidate {
        ships_at: second.map(|second| Timestamp::from_microseconds(second * 1_000_000)),
        ..candidate(name, distance, available)
    };
    let candidates = [
        at("unknown", 1, None, &[("a", 9)]),
        at("tomorrow", 10, Some(200), &[("a", 9), ("b", 9)]),
        at("today", 90, Some(100), &[("a", 9)]),
    ];
    assert_eq!(chosen(&[("a", 1)], &candidates, &rules(&criteria)), ["today"]);
    // A part would leave earlier, the order as a whole would not: so the next criterion decides.
    assert_eq!(chosen(&[("a", 1), ("b", 1)], &candidates, &rules(&criteria)), ["tomorrow"]);
}

#[test]
fn locations_without_capacity_or_too_late_are_recorded_and_excluded() {
    for (exclusion, name) in [(Exclusion::NoCapacity, "no_capacity"), (Exclusion::TooLate, "too_late")] {
        let mut candidates = [candidate("x", 10, &[("a", 9)]), candidate("y", 20, &[("a", 9)])];
        candidates[0].excluded = Some(exclusion);
        let sourced = source(&demand(&[("a", 1)]), &candidates, &rules(DEFAULT));
        assert_eq!(sourced.allocations[0].0.as_str(), "y");
        assert_eq!(serde_json::to_value(sourced.candidates[0].excluded).unwrap(), name);
    }
}

/// Of an order that already ships from some locations.
#[allow(clippy::needless_pass_by_value, reason = "rules are written where they are used")]
fn shipping_from<'a>(used: &[&str], rules: SourcingRules<'a>) -> SourcingRules<'a> {
    SourcingRules { used: used.iter().map(|name| LocationId::new(name).unwrap()).collect(), ..rules }
}

#[test]
fn locations_in_use_count_towards_the_split_limit() {
    let candidates =
        [candidate("x", 10, &[("a", 2)]), candidate("y", 20, &[("a", 3)]), candidate("z", 30, &[("a", 4)])];
    let partial = || SourcingRules { allow_partial: true, ..at_most(2) };
    let wanted = [("a", 9)];
    assert_eq!(chosen(&wanted, &candidates, &partial()), ["y", "z"]);
    assert_eq!(chosen(&wanted, &candidates, &shipping_from(&["x"], partial())), ["x", "z"]);
    assert_eq!(chosen(&wanted, &candidates, &shipping_from(&["elsewhere"], partial())), ["z"]);
    assert_eq!(chosen(&wanted, &candidates, &shipping_from(&["x", "y"], partial())), ["x", "y"]);
}

#[test]
fn a_location_beyond_the_split_limit_is_excluded_with_a_reason() {
    let candidates = [candidate("x", 10, &[("a", 2)]), candidate("y", 20, &[("a", 3)])];
    let excluded = |rules: &SourcingRules<'_>| -> Vec<Option<Exclusion>> {
        let seen = source(&demand(&[("a", 3)]), &candidates, rules).candidates;
        seen.into_iter().map(|location| location.excluded).collect()
    };
    let limited = shipping_from(&["x"], at_most(1));
    assert_eq!(excluded(&limited), [None, Some(Exclusion::SplitLimit)]);
    assert_eq!(serde_json::to_value(Exclusion::SplitLimit).unwrap(), "split_limit");
    let whole = SourcingRules { allow_split: false, ..limited };
    assert_eq!(excluded(&whole), [None, Some(Exclusion::WouldSplit)]);
    assert_eq!(excluded(&shipping_from(&["x"], at_most(2))), [None, None]);
}

#[test]
fn a_location_in_use_costs_nothing() {
    let candidates = [
        candidate("near", 10, &[("a", 5), ("b", 5)]),
        candidate("used-a", 900, &[("a", 5)]),
        candidate("used-b", 900, &[("b", 5)]),
    ];
    let wanted = [("a", 1), ("b", 1)];
    assert_eq!(chosen(&wanted, &candidates, &rules(DEFAULT)), ["near"]);
    let both = shipping_from(&["used-a", "used-b"], rules(DEFAULT));
    assert_eq!(chosen(&wanted, &candidates, &both), ["used-a", "used-b"]);
    let nearest = shipping_from(&["used-a", "used-b"], rules(&[Criterion::Nearest]));
    assert_eq!(chosen(&wanted, &candidates, &nearest), ["near"], "where the number does not count");
}

#[test]
fn a_large_network_keeps_to_its_split_limit_with_locations_in_use() {
    let candidates: Vec<_> =
        (0..300).map(|n| candidate(&format!("s{n:03}"), n, &[("a", 1 + u64::from(n % 3))])).collect();
    let used: Vec<String> = (0..5).map(|n| format!("s{:03}", 3 * n)).collect();
    let used: Vec<&str> = used.iter().map(String::as_str).collect();
    let partial = shipping_from(&used, SourcingRules { allow_partial: true, ..at_most(20) });
    let sourced = source(&demand(&[("a", 80)]), &candidates, &partial);
    assert_eq!(sourced.allocations.len(), 20);
    assert_eq!(
        sourced.shortages[0].available,
        Units::new(5 + 15 * 3),
        "one each in use, three each of the others"
    );
}

#[test]
fn shortages_are_listed_with_units_and_skus() {
    let shortage = |sku: &str, requested: u64, available: u64| Shortage {
        sku: Sku::new(sku).unwrap(),
        requested: Units::new(requested),
        available: Units::new(available),
    };
    let mut shortages = vec![shortage("MUG", 12, 8), shortage("CUP", 1, 0)];
    assert_eq!(Shortage::in_words(&shortages), "8 of 12 MUG, 0 of 1 CUP");
    shortages.extend([shortage("TEA", 2, 1), shortage("POT", 2, 1), shortage("JAR", 2, 1)]);
    assert_eq!(Shortage::in_words(&shortages), "8 of 12 MUG, 0 of 1 CUP, 1 of 2 TEA and 2 more SKUs");
}
