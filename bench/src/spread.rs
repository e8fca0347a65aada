//! Statistics over the rounds of a case.

use serde::Serialize;

/// The median of several values and their range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Spread {
    /// `None` if there are no values.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let upper = *values.get(values.len() / 2)?;
        let lower = *values.get((values.len() - 1) / 2)?;
        Some(Self { median: f64::midpoint(lower, upper), min, max })
    }
}

/// The ratio of two cases: the median over the rounds that measured both, because the speed of the machine differs
/// between rounds.
pub fn ratio(rates: &[Option<f64>], reference: &[Option<f64>]) -> Option<f64> {
    let pairs = rates.iter().zip(reference).filter_map(|(rate, reference)| Some(((*rate)?, (*reference)?)));
    let ratios = pairs.filter(|(_, reference)| *reference > 0.0).map(|(rate, reference)| rate / reference);
    Spread::of(ratios).map(|spread| round(spread.median))
}

/// Rounds to two decimals.
pub fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_of_values_is_between_the_middle_two() {
        let median = |values: &[f64]| Spread::of(values.iter().copied()).map(|spread| spread.median);
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 9.0]), Some(3.0));
        assert_eq!(Spread::of([3.0, 1.0, 2.0]), Some(Spread { median: 2.0, min: 1.0, max: 3.0 }));
    }

    #[test]
    fn a_ratio_compares_values_of_the_same_round() {
        // Twice as fast in each round, although the machine was three times as fast in the second.
        assert_eq!(ratio(&[Some(20.0), Some(60.0)], &[Some(10.0), Some(30.0)]), Some(2.0));
        assert_eq!(ratio(&[Some(20.0), None], &[Some(10.0), Some(30.0)]), Some(2.0));
        assert_eq!(ratio(&[None], &[Some(1.0)]), None);
        assert_eq!(ratio(&[Some(1.0)], &[Some(0.0)]), None);
        assert_eq!(ratio(&[], &[]), None);
    }
}
