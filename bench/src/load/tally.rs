//! What is counted while a load runs.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// The longest latency that is told from longer ones: ten minutes, in microseconds.
const LONGEST: u64 = 600_000_000;

/// The most kinds of failure that are told apart.
const MOST_KINDS: usize = 20;

/// When latencies count: not while everything warms up, and not once it winds down.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// The first moment that counts.
    pub begins: Instant,
    /// The first that no longer does.
    pub ends: Instant,
}

impl Window {
    /// After a warm-up, for so long.
    pub fn after(warm_up: Duration, length: Duration) -> Self {
        let begins = Instant::now() + warm_up;
        Self { begins, ends: begins + length }
    }

    /// Whether a moment counts.
    pub fn holds(&self, moment: Instant) -> bool {
        self.begins <= moment && moment < self.ends
    }

    /// How long it is.
    pub fn length(&self) -> Duration {
        self.ends - self.begins
    }
}

/// Latencies, in microseconds.
#[derive(Debug, Clone)]
pub struct Latencies(Histogram<u64>);

impl Latencies {
    /// None yet.
    pub fn new() -> Result<Self, hdrhistogram::CreationError> {
        Histogram::new_with_max(LONGEST, 3).map(Self)
    }

    /// One more.
    pub fn record(&mut self, latency: Duration) {
        self.0.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(LONGEST));
    }

    /// All those of another.
    pub fn add(&mut self, other: &Self) -> Result<(), hdrhistogram::AdditionError> {
        self.0.add(&other.0)
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The one that so large a part of them does not exceed, in milliseconds. None where there are none.
    pub fn milliseconds(&self, quantile: f64) -> Option<f64> {
        let microseconds = u32::try_from(self.0.value_at_quantile(quantile)).unwrap_or(u32::MAX);
        (!self.0.is_empty()).then(|| f64::from(microseconds) / 1_000.0)
    }
}

/// What was counted.
#[derive(Debug, Clone)]
pub struct Tally {
    /// How long the requests that changed something took, of those that count.
    pub changes: Latencies,
    /// How long reads took, of those that count.
    pub reads: Latencies,
    /// What was done within the window: orders, or events where only events are appended.
    pub done: u64,
    /// The window's length.
    pub elapsed: Duration,
    /// What was granted in all, also before the window and after it.
    pub granted: u64,
    /// Everything else that was answered or happened, and how often.
    pub failures: BTreeMap<String, u64>,
}

impl Tally {
    /// Nothing yet.
    pub fn new(elapsed: Duration) -> Result<Self, hdrhistogram::CreationError> {
        Ok(Self {
            changes: Latencies::new()?,
            reads: Latencies::new()?,
            done: 0,
            elapsed,
            granted: 0,
            failures: BTreeMap::new(),
        })
    }

    /// One more of a kind of failure. Kinds beyond the first few are not told apart.
    pub fn failed(&mut self, what: String, times: u64) {
        let known = self.failures.contains_key(&what) || self.failures.len() < MOST_KINDS;
        let what = if known { what } else { "other failures".to_owned() };
        *self.failures.entry(what).or_default() += times;
    }

    /// What was done a second.
    pub fn per_second(&self) -> f64 {
        holdfast_terminal::output::per_second(self.done, self.elapsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_told_in_milliseconds() {
        let mut latencies = Latencies::new().unwrap();
        assert_eq!(latencies.milliseconds(0.5), None);
        for milliseconds in 1..=100 {
            latencies.record(Duration::from_millis(milliseconds));
        }
        let close = |quantile: f64, expected: f64| {
            let told = latencies.milliseconds(quantile).unwrap();
            assert!((told - expected).abs() <= expected / 500.0, "{told} for {expected}");
        };
        close(0.5, 50.0);
        close(0.99, 99.0);
        close(0.999, 100.0);
    }

    #[test]
    fn what_is_beyond_the_longest_still_counts() {
        let mut latencies = Latencies::new().unwrap();
        latencies.record(Duration::from_secs(1_000_000));
        assert_eq!(latencies.count(), 1);
    }

    #[test]
    fn only_the_window_counts() {
        let window = Window::after(Duration::from_secs(1), Duration::from_secs(2));
        assert!(!window.holds(window.begins.checked_sub(Duration::from_nanos(1)).unwrap()));
        assert!(window.holds(window.begins) && !window.holds(window.ends));
        assert_eq!(window.length(), Duration::from_secs(2));
    }

    #[test]
    fn kinds_of_failure_are_bounded() {
        let mut tally = Tally::new(Duration::from_secs(1)).unwrap();
        for kind in 0..50 {
            tally.failed(format!("status {kind}"), 2);
        }
        assert_eq!(tally.failures.len(), MOST_KINDS + 1);
        assert_eq!(tally.failures["other failures"], 60);
    }
}
