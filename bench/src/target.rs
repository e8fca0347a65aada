//! Targets of the cases.

use std::fmt::{self, Display};

use serde::Serialize;

use crate::spread::round;

/// What a case should reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// At least this multiple of the rate of another case.
    Ratio(f64, &'static str),
    /// 99th percentile of the latency, in milliseconds, at most.
    P99(f64),
    /// Milliseconds from the start of the server until it reports that it is ready, at most.
    Ready(f64),
    /// Rate per second, at least.
    Rate(f64),
    /// Cost of a command on a SKU with open carts, as a multiple of the cost on a SKU without, at most.
    CartCost(f64),
}

/// A target and the measured value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TargetResult {
    /// The target as text.
    pub target: String,
    /// `None` if the case, or the case to compare with, was not measured.
    pub value: Option<f64>,
    pub met: Option<bool>,
}

impl Target {
    /// Compares a measured value with the target.
    pub fn result(&self, value: Option<f64>) -> TargetResult {
        let is_met = |value: f64| match self {
            Self::Ratio(least, _) | Self::Rate(least) => value >= *least,
            Self::P99(most) | Self::Ready(most) | Self::CartCost(most) => value <= *most,
        };
        TargetResult { target: self.to_string(), value, met: value.map(is_met) }
    }
}

impl Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ratio(times, case) => write!(f, "at least {times} x {case}"),
            Self::P99(milliseconds) => write!(f, "p99 at most {milliseconds} ms"),
            Self::Rate(rate) => write!(f, "at least {rate} per second"),
            Self::CartCost(times) => write!(f, "at most {times} x the cost without carts"),
            Self::Ready(milliseconds) => write!(f, "ready in at most {milliseconds} ms"),
        }
    }
}

impl Display for TargetResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.target)?;
        match (self.value, self.met) {
            (Some(value), Some(true)) => write!(f, "{}, met", round(value)),
            (Some(value), _) => write!(f, "{}, MISSED", round(value)),
            (None, _) => write!(f, "unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_met_missed_or_unknown() {
        let result = |target: Target, value| target.result(value).to_string();
        let twenty = Target::Ratio(20.0, "baseline-hot");
        assert_eq!(result(twenty, Some(20.0)), "at least 20 x baseline-hot: 20, met");
        assert_eq!(result(twenty, Some(19.99)), "at least 20 x baseline-hot: 19.99, MISSED");
        assert_eq!(result(twenty, None), "at least 20 x baseline-hot: unknown");
        assert_eq!(result(Target::P99(10.0), Some(10.0)), "p99 at most 10 ms: 10, met");
        assert_eq!(result(Target::P99(10.0), Some(10.1)), "p99 at most 10 ms: 10.1, MISSED");
        assert_eq!(result(Target::Rate(7.0), Some(7.0)), "at least 7 per second: 7, met");
        assert_eq!(result(Target::Rate(8.0), Some(7.0)), "at least 8 per second: 7, MISSED");
    }
}
