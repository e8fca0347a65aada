//! Times in UTC, to the microsecond.

use std::fmt;
use std::str::FromStr;

use super::written::written_as_text;

/// Why a text is not a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a time by RFC 3339 between the years 1970 and 9999")]
pub struct TimestampError;

/// A time: microseconds since 1970 in UTC. Read from RFC 3339 with any offset, written in UTC.
///
/// ```
/// use holdfast_domain::values::Timestamp;
/// let noon: Timestamp = "2026-03-01T12:00:00+02:00".parse()?;
/// assert_eq!(noon.to_string(), "2026-03-01T10:00:00Z");
/// # Ok::<(), holdfast_domain::values::TimestampError>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// How far the clock of a sender may be ahead before that is recorded: 5 minutes, in microseconds.
const MAX_CLOCK_LEAD: i64 = 5 * 60 * 1_000_000;

impl Timestamp {
    const LAST: i64 = 253_402_207_200_000_000;

    /// This reported time, if it is more than 5 minutes after the decision time `at`. The report counts as of `at` then.
    pub fn ahead_of(self, at: Self) -> Option<Self> {
        (self.0.saturating_sub(at.0) > MAX_CLOCK_LEAD).then_some(self)
    }

    /// The time a number of microseconds after 1970 began.
    pub const fn from_microseconds(microseconds: i64) -> Self {
        Self(microseconds)
    }

    /// The same, or the nearest time between 1970 and 9999, whose text parses again.
    pub(crate) fn nearest(microseconds: i64) -> Self {
        Self(microseconds.clamp(0, Self::LAST))
    }

    /// Whole seconds until a later time; 0 if it is earlier.
    pub fn seconds_until(self, later: Self) -> u64 {
        u64::try_from(later.0.saturating_sub(self.0) / 1_000_000).unwrap_or(0)
    }

    /// Microseconds since 1970 began.
    pub const fn microseconds(self) -> i64 {
        self.0
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let time: jiff::Timestamp = text.parse().map_err(|_| TimestampError)?;
        let microseconds = time.as_microsecond();
        if (0..=Self::LAST).contains(&microseconds) { Ok(Self(microseconds)) } else { Err(TimestampError) }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(time) => time.fmt(f),
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

written_as_text!(Timestamp, "format": "date-time");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_microseconds() {
        let time: Timestamp = "2026-01-02T03:04:05.123456789Z".parse().unwrap();
        assert_eq!(time.to_string(), "2026-01-02T03:04:05.123456Z");
        assert_eq!(time.to_string().parse(), Ok(time));
    }

    #[test]
    fn times_outside_1970_to_9999_are_refused() {
        for bad in ["", "yesterday", "2026-01-02", "2026-01-02T03:04:05", "1969-12-31T23:59:59Z"] {
            assert_eq!(bad.parse::<Timestamp>(), Err(TimestampError), "{bad}");
        }
    }
}
