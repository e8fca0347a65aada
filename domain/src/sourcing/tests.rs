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
fn among_sets_that_are_equally_good_names_decide() {
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
    let candidates: Vec<_> =
        (0..300).map(|n| candidate(&format!("s{n:03}"), n, &[("a", 1), ("b", u64::from(n % 2))])).collect();
    let sourced = source(&demand(&[("a", 40), ("b", 10)]), &candidates, &rules(DEFAULT));
    let total: Units = sourced.allocations.iter().flat_map(|(_, taken)| taken.values().copied()).sum();
    assert_eq!(total, Units::new(50));
    assert!(sourced.shortages.is_empty());
}

#[test]
fn what_locations_lack_is_recorded_up_to_a_limit_and_counted_beyond_it() {
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
