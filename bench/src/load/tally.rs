//! Counts and latencies of a load.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// The longest latency that is recorded exactly, in microseconds: ten minutes.
const MAX_LATENCY: u64 = 600_000_000;
/// Maximum number of different failures that are counted separately.
const MAX_FAILURES: usize = 20;

/// The measured time: without warm-up and without the requests that are still in flight at the end.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub starts: Instant,
    /// Exclusive.
    pub ends: Instant,
}

impl Window {
    pub fn after(warm_up: Duration, length: Duration) -> Self {
        let starts = Instant::now() + warm_up;
        Self { starts, ends: starts + length }
    }

    pub fn contains(&self, time: Instant) -> bool {
        (self.starts..self.ends).contains(&time)
    }

    pub fn length(&self) -> Duration {
        self.ends - self.starts
    }
}

/// Latencies, in microseconds.
#[derive(Debug, Clone)]
pub struct Latencies(Histogram<u64>);

impl Latencies {
    pub fn new() -> Result<Self, hdrhistogram::CreationError> {
        Histogram::new_with_max(MAX_LATENCY, 3).map(Self)
    }

    pub fn record(&mut self, latency: Duration) {
        self.0.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(MAX_LATENCY));
    }

    pub fn add(&mut self, other: &Self) -> Result<(), hdrhistogram::AdditionError> {
        self.0.add(&other.0)
    }

    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// A quantile in milliseconds; `None` if there are no latencies.
    pub fn milliseconds(&self, quantile: f64) -> Option<f64> {
        let microseconds = u32::try_from(self.0.value_at_quantile(quantile)).unwrap_or(u32::MAX);
        (!self.0.is_empty()).then(|| f64::from(microseconds) / 1_000.0)
    }
}

#[derive(Debug, Clone)]
pub struct Tally {
    /// Latencies of the accepted commands within the window.
    pub commands: Latencies,
    /// Latencies of the successful reads within the window.
    pub reads: Latencies,
    /// Number of orders, or of appended events, within the window.
    pub done: u64,
    /// The length of the window.
    pub elapsed: Duration,
    /// Number of accepted orders, including those before and after the window.
    pub accepted: u64,
    /// Number of failures by their text.
    pub failures: BTreeMap<String, u64>,
}

impl Tally {
    pub fn new(elapsed: Duration) -> Result<Self, hdrhistogram::CreationError> {
        Ok(Self {
            commands: Latencies::new()?,
            reads: Latencies::new()?,
            done: 0,
            elapsed,
            accepted: 0,
            failures: BTreeMap::new(),
        })
    }

    /// Counts failures. If there are already too many different ones, counts them as other failures.
    pub fn failed(&mut self, failure: String, times: u64) {
        let is_separate = self.failures.contains_key(&failure) || self.failures.len() < MAX_FAILURES;
        let failure = if is_separate { failure } else { "other failures".to_owned() };
        *self.failures.entry(failure).or_default() += times;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_in_milliseconds() {
        let mut latencies = Latencies::new().unwrap();
        assert_eq!(latencies.milliseconds(0.5), None);
        for milliseconds in 1..=100 {
            latencies.record(Duration::from_millis(milliseconds));
        }
        let assert_close = |quantile: f64, expected: f64| {
            let value = latencies.milliseconds(quantile).unwrap();
            assert!((value - expected).abs() <= expected / 500.0, "{value} for {expected}");
        };
        assert_close(0.5, 50.0);
        assert_close(0.99, 99.0);
        assert_close(0.999, 100.0);
    }

    #[test]
    fn latencies_above_the_maximum_are_counted() {
        let mut latencies = Latencies::new().unwrap();
        latencies.record(Duration::from_secs(1_000_000));
        assert_eq!(latencies.count(), 1);
    }

    #[test]
    fn the_window_excludes_its_end() {
        let window = Window::after(Duration::from_secs(1), Duration::from_secs(2));
        assert!(!window.contains(window.starts.checked_sub(Duration::from_nanos(1)).unwrap()));
        assert!(window.contains(window.starts) && !window.contains(window.ends));
        assert_eq!(window.length(), Duration::from_secs(2));
    }

    #[test]
    fn the_number_of_different_failures_is_bounded() {
        let mut tally = Tally::new(Duration::from_secs(1)).unwrap();
        for kind in 0..50 {
            tally.failed(format!("status {kind}"), 2);
        }
        assert_eq!(tally.failures.len(), MAX_FAILURES + 1);
        assert_eq!(tally.failures["other failures"], 60);
    }
}
