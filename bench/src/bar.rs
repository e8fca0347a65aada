//! The bars that figures are held against.

use serde::Serialize;

/// What a case must reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bar {
    /// So many times what another case does.
    AtLeast {
        /// How many times.
        times: f64,
        /// The other case.
        of: &'static str,
    },
    /// So many milliseconds for 99 of 100.
    P99AtMost(f64),
    /// So many milliseconds from the start of the server until it says that it is ready.
    ReadyAtMost(f64),
    /// So many a second.
    RateAtLeast(f64),
}

/// So many a second.
pub const fn rate_at_least(per_second: f64) -> Bar {
    Bar::RateAtLeast(per_second)
}

/// So many milliseconds from the start of the server until it says that it is ready.
pub const fn ready_at_most(milliseconds: f64) -> Bar {
    Bar::ReadyAtMost(milliseconds)
}

/// So many times what another case does.
pub const fn at_least(times: f64, of: &'static str) -> Bar {
    Bar::AtLeast { times, of }
}

/// So many milliseconds for 99 of 100.
pub const fn p99_at_most(milliseconds: f64) -> Bar {
    Bar::P99AtMost(milliseconds)
}

/// A bar, what was measured, and whether that is enough.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Held {
    /// The bar, in words.
    pub bar: String,
    /// What was measured; nothing where what it is compared with was not.
    pub value: Option<f64>,
    /// Whether that is enough; nothing where it is not known.
    pub met: Option<bool>,
}

impl Bar {
    /// The case that it compares with.
    #[cfg(test)]
    pub fn other(&self) -> Option<&'static str> {
        match self {
            Self::AtLeast { of, .. } => Some(of),
            Self::P99AtMost(_) | Self::ReadyAtMost(_) | Self::RateAtLeast(_) => None,
        }
    }

    /// Holds a case against it. `times` says how many times another case it is.
    pub fn hold(
        &self,
        p99_ms: Option<f64>,
        ready_ms: Option<f64>,
        per_second: Option<f64>,
        times: impl Fn(&str) -> Option<f64>,
    ) -> Held {
        let (value, met) = match self {
            Self::AtLeast { times: least, of } => {
                let value = times(of);
                (value, value.map(|value| value >= *least))
            }
            Self::P99AtMost(most) => (p99_ms, p99_ms.map(|value| value <= *most)),
            Self::RateAtLeast(least) => (per_second, per_second.map(|value| value >= *least)),
            Self::ReadyAtMost(most) => (ready_ms, ready_ms.map(|value| value <= *most)),
        };
        Held { bar: self.to_string(), value, met }
    }
}

impl std::fmt::Display for Bar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtLeast { times, of } => write!(f, "at least {times} x {of}"),
            Self::P99AtMost(milliseconds) => write!(f, "p99 at most {milliseconds} ms"),
            Self::RateAtLeast(rate) => write!(f, "at least {rate} a second"),
            Self::ReadyAtMost(milliseconds) => write!(f, "ready in at most {milliseconds} ms"),
        }
    }
}

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: ", self.bar)?;
        match (self.value, self.met) {
            (Some(value), Some(true)) => write!(f, "{}, met", hundredths(value)),
            (Some(value), _) => write!(f, "{}, MISSED", hundredths(value)),
            (None, _) => write!(f, "not known"),
        }
    }
}

/// As many digits as a figure is good for.
fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_met_missed_or_not_known() {
        let told = |bar: Bar, p99, times| bar.hold(p99, None, Some(7.0), |_| times).to_string();
        let twenty = at_least(20.0, "naive-hot");
        assert_eq!(told(twenty, None, Some(20.0)), "at least 20 x naive-hot: 20, met");
        assert_eq!(told(twenty, None, Some(19.99)), "at least 20 x naive-hot: 19.99, MISSED");
        assert_eq!(told(twenty, Some(1.0), None), "at least 20 x naive-hot: not known");
        assert_eq!(told(p99_at_most(10.0), Some(10.0), None), "p99 at most 10 ms: 10, met");
        assert_eq!(told(rate_at_least(7.0), None, None), "at least 7 a second: 7, met");
        assert_eq!(told(rate_at_least(8.0), None, None), "at least 8 a second: 7, MISSED");
        assert_eq!(told(p99_at_most(10.0), Some(10.1), None), "p99 at most 10 ms: 10.1, MISSED");
    }
}
