//! Finds the best set of locations and divides the demand among them.
//!
//! A large order in a large network has thousands of sets to compare while other commands wait. Sets are therefore compared
//! as plain numbers, and only by the SKUs that tell locations apart.

use std::cmp::Reverse;

use super::candidates::{Candidate, Demand, SourcingRules, units};
use super::strategy::{Usable, of_set};
use crate::policy::Criterion;
use crate::values::{LocationId, Units};

/// The most sets of one size that are compared exhaustively.
const MAX_SETS: usize = 20_000;

/// The most sets that are compared if they are larger than the smallest feasible set.
const MAX_LARGER_SETS: usize = 1_000;

/// The part of a demand that is filled.
pub(super) struct Filled {
    /// Units by SKU.
    pub(super) units: Demand,
    /// Units by location, in order of preference.
    pub(super) allocations: Vec<(LocationId, Demand)>,
}

/// Fills as much of the demand as the rules allow. `usable` is in order of preference.
///
/// If no permitted set has all units, as far as sets can be compared, the most units that a permitted set has are filled,
/// by the best set that has them.
pub(super) fn fill(demand: &Demand, usable: &[Usable<'_>], rules: &SourcingRules<'_>) -> Filled {
    let more = rules.more_locations();
    let is_limited = more < usable.iter().filter(|usable| usable.is_new).count();
    let all = covered_demand(demand, usable);
    let is_short = demand.iter().any(|(sku, &wanted)| units(&all, sku) < wanted);
    if is_short && !rules.allow_partial && !is_limited {
        // Nothing is allocated: only the units are needed.
        return Filled { units: all, allocations: Vec::new() };
    }
    if let Some(allocations) = best(&all, usable, rules.criteria, more, &[]) {
        return Filled { units: all, allocations };
    }
    let widest = Table::of(&all, usable).widest(more);
    let units = covered_demand(demand, widest.iter().map(|&index| &usable[index]));
    // There is a best set: at least `widest` has these units.
    let allocations = best(&units, usable, rules.criteria, more, &widest).unwrap_or_default();
    Filled { units, allocations }
}

/// The part of a demand that some locations have together.
fn covered_demand<'a>(demand: &Demand, of: impl IntoIterator<Item = &'a Usable<'a>>) -> Demand {
    let mut covered = Demand::new();
    for Usable { candidate, .. } in of {
        for (sku, &wanted) in demand {
            let here = units(&candidate.available, sku);
            if !here.is_zero() {
                let there = covered.entry(sku.clone()).or_default();
                *there = wanted.min(*there + here);
            }
        }
    }
    covered
}

/// The allocations of the best feasible set with at most `more` new locations. `None` if none was found. All locations
/// together can fill the demand, and so can those in `known`, if any.
fn best(
    demand: &Demand,
    usable: &[Usable<'_>],
    criteria: &[Criterion],
    more: usize,
    known: &[usize],
) -> Option<Vec<(LocationId, Demand)>> {
    if demand.is_empty() {
        return Some(Vec::new());
    }
    let table = Table::of(demand, usable);
    let mut choice = Choice { table: &table, criteria, more, best: None };
    table.compare(&mut choice);
    // These may not be the smallest, but the nearest or best ranked, which other orders of criteria prefer.
    choice.consider(&table.prefix(0..usable.len()));
    choice.consider(&table.prefix(table.by_coverage()));
    if !known.is_empty() {
        choice.consider(known);
    }
    let (_, set) = choice.best?;
    Some(allocate(demand, set.iter().map(|&index| usable[index].candidate)))
}

/// Divides the demand among a set: in order of preference, each location supplies all that it has.
fn allocate<'a>(demand: &Demand, set: impl Iterator<Item = &'a Candidate>) -> Vec<(LocationId, Demand)> {
    let mut missing = demand.clone();
    let mut allocations = Vec::new();
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

/// The units that each location has. A set is the indices of its members, in order of preference.
struct Table<'a> {
    usable: &'a [Usable<'a>],
    /// Requested units of each scarce SKU, of which some location has too few. The scarcest SKU comes first.
    wanted: Vec<Units>,
    /// The units of these that each location has.
    has: Vec<Vec<Units>>,
    /// Requested units of all other SKUs. The first location of a set supplies them.
    plenty: Units,
}

impl<'a> Table<'a> {
    fn of(demand: &Demand, usable: &'a [Usable<'a>]) -> Self {
        let have_enough = |(sku, wanted): (_, &Units)| {
            usable.iter().filter(|usable| units(&usable.candidate.available, sku) >= *wanted).count()
        };
        let mut scarce: Vec<_> = demand.iter().map(|entry| (have_enough(entry), entry)).collect();
        scarce.retain(|(count, _)| *count < usable.len());
        scarce.sort_by_key(|(count, _)| *count);
        let wanted: Vec<Units> = scarce.iter().map(|(_, (_, wanted))| **wanted).collect();
        let all: Units = demand.values().copied().sum();
        let has = |usable: &Usable<'_>| {
            let there = &usable.candidate.available;
            scarce.iter().map(|(_, (sku, wanted))| units(there, sku).min(**wanted)).collect()
        };
        Self {
            usable,
            plenty: all.saturating_sub(wanted.iter().copied().sum()),
            wanted,
            has: usable.iter().map(has).collect(),
        }
    }

    /// Considers all feasible sets of the smallest size that has any, and larger ones if they may be better, as far as
    /// they can be compared exhaustively.
    fn compare(&self, choice: &mut Choice<'_>) {
        let smallest_is_best = choice.criteria.first() == Some(&Criterion::FewestLocations);
        let used = self.usable.iter().filter(|usable| !usable.is_new).count();
        let largest = choice.more.saturating_add(used).min(self.usable.len());
        let everyone: Vec<usize> = (0..self.usable.len()).collect();
        let mut compared = 0;
        for size in self.least_locations()..=largest {
            let is_found = choice.best.is_some();
            let few_enough = |count: usize| {
                if is_found { compared + count <= MAX_LARGER_SETS } else { count <= MAX_SETS || size == 1 }
            };
            let Some(count) = combinations(self.usable.len(), size).filter(|&count| few_enough(count)) else {
                return;
            };
            visit_sets(&everyone, size, &mut Vec::with_capacity(size), &mut |set| {
                if self.is_feasible(set) {
                    choice.consider(set);
                }
            });
            compared += count;
            // A larger set has as few new locations only where it has more of those in use.
            let fewest_new = (size + 1).saturating_sub(used);
            if smallest_is_best && choice.new_locations().is_some_and(|new| new < fewest_new) {
                return;
            }
        }
    }

    /// The locations in use and at most `more` new ones that have the most units together: the first such set in order of
    /// preference or, if there are too many, the set that is found by adding the location that adds most, step by step.
    fn widest(&self, more: usize) -> Vec<usize> {
        let (new, used): (Vec<usize>, Vec<usize>) =
            (0..self.usable.len()).partition(|&index| self.usable[index].is_new);
        let size = more.min(new.len());
        if size > 1 && combinations(new.len(), size).is_none_or(|count| count > MAX_SETS) {
            return self.widest_step_by_step(size, &new, used);
        }
        let mut widest = (None, Vec::new());
        visit_sets(&new, size, &mut Vec::with_capacity(size), &mut |set| {
            let mut set = [&used[..], set].concat();
            set.sort_unstable();
            let covered = Some(self.covered(&set));
            if covered > widest.0 {
                widest = (covered, set);
            }
        });
        widest.1
    }

    fn widest_step_by_step(&self, size: usize, new: &[usize], used: Vec<usize>) -> Vec<usize> {
        let mut missing = self.wanted.clone();
        let mut set = used;
        for &index in &set {
            missing.iter_mut().zip(&self.has[index]).for_each(|(missing, &here)| *missing -= here);
        }
        let size = set.len() + size;
        while set.len() < size {
            let adds = |index: &usize| -> Units {
                missing.iter().zip(&self.has[*index]).map(|(&missing, &here)| missing.min(here)).sum()
            };
            let others = new.iter().copied().filter(|index| !set.contains(index));
            let most = others.map(|index| (adds(&index), Reverse(index))).max();
            let Some((_, Reverse(index))) = most.filter(|(added, _)| !added.is_zero()) else { break };
            missing.iter_mut().zip(&self.has[index]).for_each(|(missing, &here)| *missing -= here);
            set.push(index);
        }
        set.sort_unstable();
        set
    }

    /// How many of the scarce units a set has.
    fn covered(&self, set: &[usize]) -> Units {
        let columns = self.wanted.iter().enumerate();
        columns.map(|(column, &wanted)| self.there(set, column).min(wanted)).sum()
    }

    fn there(&self, set: &[usize], column: usize) -> Units {
        set.iter().map(|&index| self.has[index][column]).sum()
    }

    /// A lower bound of the size of a feasible set: for each SKU, the fewest locations that have enough of it.
    fn least_locations(&self) -> usize {
        let needed = |(column, &wanted): (usize, &Units)| {
            let mut most_first: Vec<Units> = self.has.iter().map(|row| row[column]).collect();
            most_first.sort_unstable_by_key(|&units| Reverse(units));
            let mut missing = wanted;
            let givers = most_first.into_iter().take_while(|&units| {
                let goes_on = !missing.is_zero();
                missing -= units;
                goes_on
            });
            givers.count()
        };
        self.wanted.iter().enumerate().map(needed).max().unwrap_or(1)
    }

    fn is_feasible(&self, set: &[usize]) -> bool {
        self.wanted.iter().enumerate().all(|(column, &wanted)| self.there(set, column) >= wanted)
    }

    /// Adds locations in the given order until the set is feasible, except those that add nothing.
    fn prefix(&self, in_order: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut missing = self.wanted.clone();
        let mut set = Vec::new();
        for index in in_order {
            let adds = |(&missing, &here): (&Units, &Units)| !missing.min(here).is_zero();
            let first = set.is_empty() && !self.plenty.is_zero();
            if first || missing.iter().zip(&self.has[index]).any(adds) {
                missing.iter_mut().zip(&self.has[index]).for_each(|(missing, &here)| *missing -= here);
                set.push(index);
            }
        }
        set.sort_unstable();
        set
    }

    /// All locations: those in use first, then those that have most of the demand, then in order of preference.
    fn by_coverage(&self) -> Vec<usize> {
        let mut in_order: Vec<usize> = (0..self.usable.len()).collect();
        let coverage = |index: usize| Reverse(self.has[index].iter().copied().sum::<Units>());
        in_order.sort_by_key(|&index| (self.usable[index].is_new, coverage(index)));
        in_order
    }

    /// The members of a set that give units, each with how many.
    fn shares(&self, set: &[usize]) -> Vec<(usize, Units)> {
        let mut missing = self.wanted.clone();
        let mut plenty = self.plenty;
        let mut shares = Vec::with_capacity(set.len());
        for &index in set {
            let mut share = std::mem::take(&mut plenty);
            for (missing, &here) in missing.iter_mut().zip(&self.has[index]) {
                let taken = here.min(*missing);
                *missing -= taken;
                share += taken;
            }
            if !share.is_zero() {
                shares.push((index, share));
            }
        }
        shares
    }
}

/// Visits every set of a size. Its members are in the given order.
fn visit_sets(among: &[usize], size: usize, set: &mut Vec<usize>, visit: &mut dyn FnMut(&[usize])) {
    if set.len() == size {
        return visit(set);
    }
    for (place, &index) in among.iter().enumerate() {
        set.push(index);
        visit_sets(&among[place + 1..], size, set, visit);
        set.pop();
    }
}

fn combinations(from: usize, choose: usize) -> Option<usize> {
    (0..choose).try_fold(1usize, |count, index| Some(count.checked_mul(from - index)? / (index + 1)))
}

/// The best set so far.
struct Choice<'a> {
    table: &'a Table<'a>,
    criteria: &'a [Criterion],
    /// How many new locations a set may have.
    more: usize,
    best: Option<(Vec<u128>, Vec<usize>)>,
}

impl Choice<'_> {
    fn consider(&mut self, set: &[usize]) {
        let shares = self.table.shares(set);
        if self.count_new(shares.iter().map(|(index, _)| index)) > self.more {
            return;
        }
        let score = self.score(&shares);
        let set: Vec<usize> = shares.into_iter().map(|(index, _)| index).collect();
        let is_better = self.best.as_ref().is_none_or(|(best_score, best)| {
            score.cmp(best_score).then_with(|| self.names(&set).cmp(self.names(best))).is_lt()
        });
        if is_better {
            self.best = Some((score, set));
        }
    }

    fn count_new<'a>(&self, set: impl Iterator<Item = &'a usize>) -> usize {
        set.filter(|index| self.table.usable[**index].is_new).count()
    }

    /// How many new locations the best set so far has.
    fn new_locations(&self) -> Option<usize> {
        self.best.as_ref().map(|(_, set)| self.count_new(set.iter()))
    }

    fn names(&self, set: &[usize]) -> impl Iterator<Item = &LocationId> {
        set.iter().map(|&index| &self.table.usable[index].candidate.location)
    }

    fn score(&self, shares: &[(usize, Units)]) -> Vec<u128> {
        let by = |(place, &criterion): (usize, &Criterion)| {
            let cost = |&(index, share): &(usize, Units)| (self.table.usable[index].costs[place], share);
            of_set(criterion, shares.iter().map(cost))
        };
        self.criteria.iter().enumerate().map(by).collect()
    }
}
