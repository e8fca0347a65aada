//! The best set of locations, by comparing many.
//!
//! A large order at a large network has thousands of sets to compare while everybody else waits, so they are
//! compared as plain numbers, and only what tells them apart is looked at.

use std::cmp::Reverse;

use super::{Candidate, Demand, SourcingRules, units};
use crate::distance::Kilometres;
use crate::policy::Criterion;
use crate::values::{LocationId, Units};

/// Sets of one size are compared exhaustively up to this many.
const MOST_SETS: usize = 20_000;

/// The best feasible set's allocations; nothing where there is no demand. `usable` is in order of preference,
/// and together they have everything.
pub(super) fn best(
    demand: &Demand,
    usable: &[&Candidate],
    rules: &SourcingRules<'_>,
) -> Vec<(LocationId, Demand)> {
    if demand.is_empty() {
        return Vec::new();
    }
    let table = Table::of(demand, usable);
    let mut choice = Choice { table: &table, criteria: rules.criteria, best: None };
    table.smallest_feasible(if rules.allow_split { usable.len() } else { 1 }, &mut choice);
    if rules.allow_split {
        // Not the smallest, perhaps, but the nearest or the best ranked: what criteria in another order want.
        choice.consider(&table.prefix(0..usable.len()));
        choice.consider(&table.prefix(table.by_coverage()));
    }
    let set = choice.best.map(|(_, set)| set).unwrap_or_default();
    allocate(demand, set.iter().filter_map(|&index| usable.get(index).copied()))
}

/// Divides the demand among a set, each SKU from the first that has it on.
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

/// Who has how much of what. A set is the indices of its members, in order of preference.
struct Table<'a> {
    usable: &'a [&'a Candidate],
    /// Units wanted of each SKU that some location has too few of, the one that fewest have enough of first.
    wanted: Vec<Units>,
    /// What each location has of these.
    has: Vec<Vec<Units>>,
    /// Units wanted of all other SKUs, which the first location of any set gives.
    plenty: Units,
}

impl<'a> Table<'a> {
    fn of(demand: &Demand, usable: &'a [&'a Candidate]) -> Self {
        let have_enough = |(sku, wanted): (_, &Units)| {
            usable.iter().filter(|candidate| units(&candidate.available, sku) >= *wanted).count()
        };
        let mut scarce: Vec<_> = demand.iter().map(|entry| (have_enough(entry), entry)).collect();
        scarce.retain(|(count, _)| *count < usable.len());
        scarce.sort_by_key(|(count, _)| *count);
        let wanted: Vec<Units> = scarce.iter().map(|(_, (_, wanted))| **wanted).collect();
        let all: Units = demand.values().copied().sum();
        let has = |candidate: &&Candidate| {
            scarce.iter().map(|(_, (sku, wanted))| units(&candidate.available, sku).min(**wanted)).collect()
        };
        Self {
            usable,
            plenty: all.saturating_sub(wanted.iter().copied().sum()),
            wanted,
            has: usable.iter().map(has).collect(),
        }
    }

    /// Considers all feasible sets of the smallest size that has any, as far as they can be compared exhaustively.
    fn smallest_feasible(&self, most: usize, choice: &mut Choice<'_>) {
        for size in self.least_locations()..=most {
            if size > 1 && combinations(self.usable.len(), size).is_none_or(|count| count > MOST_SETS) {
                return;
            }
            self.visit_sets(0, size, &mut Vec::with_capacity(size), choice);
            if choice.best.is_some() {
                return;
            }
        }
    }

    /// No set of fewer locations is feasible: for each SKU, those that have most of it must do.
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

    fn visit_sets(&self, from: usize, size: usize, set: &mut Vec<usize>, choice: &mut Choice<'_>) {
        if set.len() == size {
            if self.is_feasible(set) {
                choice.consider(set);
            }
            return;
        }
        for index in from..self.usable.len() {
            set.push(index);
            self.visit_sets(index + 1, size, set, choice);
            set.pop();
        }
    }

    fn is_feasible(&self, set: &[usize]) -> bool {
        let there = |column: usize| set.iter().map(|&index| self.has[index][column]).sum::<Units>();
        self.wanted.iter().enumerate().all(|(column, &wanted)| there(column) >= wanted)
    }

    /// Takes locations in the given order until they are feasible, leaving out those that add nothing.
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

    /// Those that have most of the demand first; preference decides between equals.
    fn by_coverage(&self) -> Vec<usize> {
        let mut in_order: Vec<usize> = (0..self.usable.len()).collect();
        in_order.sort_by_key(|&index| Reverse(self.has[index].iter().copied().sum::<Units>()));
        in_order
    }

    /// Those of a set that give something, and how many units each.
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

fn combinations(from: usize, choose: usize) -> Option<usize> {
    (0..choose).try_fold(1usize, |count, index| Some(count.checked_mul(from - index)? / (index + 1)))
}

/// The best set so far, and what it was judged by.
struct Choice<'a> {
    table: &'a Table<'a>,
    criteria: &'a [Criterion],
    best: Option<(Vec<u64>, Vec<usize>)>,
}

impl Choice<'_> {
    fn consider(&mut self, set: &[usize]) {
        let shares = self.table.shares(set);
        let score = self.score(&shares);
        let set: Vec<usize> = shares.into_iter().map(|(index, _)| index).collect();
        let is_better = self.best.as_ref().is_none_or(|(best_score, best)| {
            score.cmp(best_score).then_with(|| self.names(&set).cmp(self.names(best))).is_lt()
        });
        if is_better {
            self.best = Some((score, set));
        }
    }

    fn names(&self, set: &[usize]) -> impl Iterator<Item = &LocationId> {
        set.iter().map(|&index| &self.table.usable[index].location)
    }

    fn score(&self, shares: &[(usize, Units)]) -> Vec<u64> {
        let weighted = |weight: fn(&Candidate) -> u32| -> u64 {
            let by_location = shares.iter().map(|(index, share)| {
                share.number().saturating_mul(u64::from(weight(self.table.usable[*index])))
            });
            by_location.fold(0, u64::saturating_add)
        };
        let by = |criterion: &Criterion| match criterion {
            Criterion::FewestLocations => shares.len() as u64,
            Criterion::Nearest => weighted(|candidate| candidate.distance.unwrap_or(Kilometres::UNKNOWN).0),
            Criterion::Rank => weighted(|candidate| candidate.rank),
        };
        self.criteria.iter().map(by).collect()
    }
}
