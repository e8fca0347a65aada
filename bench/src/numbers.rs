//! What several rounds say together.

use serde::Serialize;

/// The middle of several values, and how far they swing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Swing {
    /// The middle one.
    pub median: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Swing {
    /// Of these values; none of none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let upper = *values.get(values.len() / 2)?;
        let lower = *values.get((values.len() - 1) / 2)?;
        Some(Self { median: f64::midpoint(lower, upper), min, max })
    }
}

/// How many times one is the other: the median over the rounds in which both were measured, because the machine may
/// be faster in one round than in another.
pub fn times(ones: &[Option<f64>], others: &[Option<f64>]) -> Option<f64> {
    let both = ones.iter().zip(others).filter_map(|(one, other)| Some((((*one)?), (*other)?)));
    let ratios = both.filter(|(_, other)| *other > 0.0).map(|(one, other)| one / other);
    Swing::of(ratios).map(|swing| round(swing.median))
}

/// To two decimals.
pub fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_middle_ones() {
        let median = |values: &[f64]| Swing::of(values.iter().copied()).map(|swing| swing.median);
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 9.0]), Some(3.0));
        assert_eq!(Swing::of([3.0, 1.0, 2.0]), Some(Swing { median: 2.0, min: 1.0, max: 3.0 }));
    }

    #[test]
    fn a_ratio_pairs_what_was_measured_in_the_same_round() {
        // Twice as fast in each round, although the machine was three times as fast in the second.
        assert_eq!(times(&[Some(20.0), Some(60.0)], &[Some(10.0), Some(30.0)]), Some(2.0));
        assert_eq!(times(&[Some(20.0), None], &[Some(10.0), Some(30.0)]), Some(2.0));
        assert_eq!(times(&[None], &[Some(1.0)]), None);
        assert_eq!(times(&[Some(1.0)], &[Some(0.0)]), None);
        assert_eq!(times(&[], &[]), None);
    }
}
