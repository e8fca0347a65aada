//! Pseudo-random numbers: the same for the same seed.

use rand::distr::weighted::{Error, WeightedIndex};
use rand::distr::{Distribution as _, StandardUniform};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt as _, SeedableRng as _};

/// A generator of pseudo-random numbers.
pub type Random = Xoshiro256PlusPlus;

/// The sequence for a seed and an index. Different pairs give different sequences.
pub fn random(seed: u64, index: u64) -> Random {
    Random::seed_from_u64(Random::seed_from_u64(seed).random::<u64>() ^ index)
}

/// Zipf's distribution with exponent 1: rank `r`, counted from 1, is drawn `1/r` as often as the first.
pub struct Zipf(WeightedIndex<f64>);

impl Zipf {
    /// The distribution over this many ranks, at least 1.
    pub fn new(ranks: u32) -> Result<Self, Error> {
        WeightedIndex::new((1..=ranks).map(|rank| f64::from(rank).recip())).map(Self)
    }

    /// The share of a rank, counted from 0.
    pub fn share(&self, rank: usize) -> f64 {
        self.0.weight(rank).unwrap_or(0.0) / self.0.total_weight()
    }

    /// Draws a rank, counted from 0.
    pub fn draw(&self, random: &mut Random) -> usize {
        self.0.sample(random)
    }
}

/// One of the choices. Their weights should sum to 1.
pub(crate) fn weighted(random: &mut Random, choices: &[(i64, f64)]) -> i64 {
    let mut rest: f64 = StandardUniform.sample(random);
    let drawn = choices.iter().find(|(_, weight)| {
        rest -= weight;
        rest < 0.0
    });
    drawn.or(choices.last()).map_or(0, |(choice, _)| *choice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let numbers = |seed, index| random(seed, index).random::<[u64; 3]>();
        assert_eq!(numbers(7, 3), numbers(7, 3));
        assert_ne!(numbers(7, 3), numbers(7, 4));
        assert_ne!(numbers(7, 3), numbers(8, 3));
    }

    #[test]
    fn the_second_rank_is_drawn_half_as_often_as_the_first() {
        let zipf = Zipf::new(1_000).unwrap();
        let mut counts = vec![0_u32; 1_000];
        let mut random = random(1, 1);
        for _ in 0..200_000 {
            counts[zipf.draw(&mut random)] += 1;
        }
        assert!((zipf.share(0) / zipf.share(1) - 2.0).abs() < 1e-9);
        let ratio = f64::from(counts[0]) / f64::from(counts[1]);
        assert!((1.9..2.1).contains(&ratio), "{ratio}");
        assert!(counts[0] > 100 * counts[500].max(1), "{} {}", counts[0], counts[500]);
        let total: f64 = (0..1_000).map(|rank| zipf.share(rank)).sum();
        assert!((total - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_single_rank_is_always_drawn() {
        assert_eq!(Zipf::new(1).unwrap().draw(&mut random(1, 1)), 0);
    }
}
