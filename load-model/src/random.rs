//! Pseudo-random numbers: the same for the same seed, on every machine and in every version of this program.
//!
//! Not `rand`: its ways of mapping bits to ranges and weights may change with its version, and then the demo's orders would.

/// The generator SplitMix64 by Sebastiano Vigna.
pub struct Random {
    state: u64,
}

impl Random {
    /// The sequence for a seed and an index. Different pairs give different sequences.
    pub fn new(seed: u64, index: u64) -> Self {
        let mut mixed = Self { state: seed };
        Self { state: mixed.next() ^ index.wrapping_mul(0xD1B5_4A32_D192_ED03) }
    }

    /// The next 64 bits.
    #[allow(clippy::should_implement_trait, reason = "it is no iterator: it never ends")]
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A number from 0 up to, but not including, 1.
    pub fn unit(&mut self) -> f64 {
        f64::from((self.next() >> 32) as u32) / 4_294_967_296.0
    }

    /// A number from 0 up to, but not including, `bound`; 0 if `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = bound.max(1) as u64;
        // The upper half of the product is uniform up to a bias of 2^-64 times the bound.
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as usize
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of the choices. Their weights should sum to 1.
    pub fn weighted(&mut self, choices: &[(u32, f64)]) -> u32 {
        let mut rest = self.unit();
        for (choice, weight) in choices {
            rest -= weight;
            if rest < 0.0 {
                return *choice;
            }
        }
        choices.last().map_or(0, |(choice, _)| *choice)
    }
}

/// Zipf's distribution with exponent 1: rank `r`, counted from 1, is drawn `1/r` as often as the first.
pub struct Zipf {
    /// For each rank, the sum of the shares up to and including it.
    cumulative: Vec<f64>,
}

impl Zipf {
    /// The distribution over this many ranks.
    pub fn new(ranks: u32) -> Self {
        let total: f64 = (1..=ranks).map(|rank| f64::from(rank).recip()).sum();
        let mut sum = 0.0;
        let cumulative = (1..=ranks)
            .map(|rank| {
                sum += f64::from(rank).recip() / total;
                sum
            })
            .collect();
        Self { cumulative }
    }

    /// The share of a rank, counted from 0.
    pub fn share(&self, rank: usize) -> f64 {
        let before = rank.checked_sub(1).and_then(|before| self.cumulative.get(before)).copied();
        self.cumulative.get(rank).map_or(0.0, |sum| sum - before.unwrap_or(0.0))
    }

    /// Draws a rank, counted from 0.
    pub fn draw(&self, random: &mut Random) -> usize {
        let drawn = random.unit();
        self.cumulative.partition_point(|sum| *sum <= drawn).min(self.cumulative.len().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let numbers = |seed, index| {
            let mut random = Random::new(seed, index);
            [random.next(), random.next(), random.next()]
        };
        assert_eq!(numbers(7, 3), numbers(7, 3));
        assert_ne!(numbers(7, 3), numbers(7, 4));
        assert_ne!(numbers(7, 3), numbers(8, 3));
    }

    #[test]
    fn numbers_stay_below_their_bound() {
        let mut random = Random::new(1, 1);
        for _ in 0..1_000 {
            assert!(random.below(3) < 3);
            assert!((0.0..1.0).contains(&random.unit()));
        }
    }

    #[test]
    fn the_second_rank_is_drawn_half_as_often_as_the_first() {
        let zipf = Zipf::new(1_000);
        let mut counts = vec![0_u32; 1_000];
        let mut random = Random::new(1, 1);
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
        assert_eq!(Zipf::new(1).draw(&mut Random::new(1, 1)), 0);
    }
}
