//! Moments, to the microsecond, in UTC.

use std::fmt;
use std::str::FromStr;

use super::written::written_as_text;

/// Why a text is not a moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a time by RFC 3339 between the years 1970 and 9999")]
pub struct TimestampError;

/// A moment: microseconds since 1970 in UTC. Read from RFC 3339 with any offset, written in UTC.
///
/// ```
/// use holdfast_domain::values::Timestamp;
/// let noon: Timestamp = "2026-03-01T12:00:00+02:00".parse()?;
/// assert_eq!(noon.to_string(), "2026-03-01T10:00:00Z");
/// # Ok::<(), holdfast_domain::values::TimestampError>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    const LAST: i64 = 253_402_207_200_000_000;

    /// The moment so many microseconds after 1970 began.
    pub const fn from_microseconds(microseconds: i64) -> Self {
        Self(microseconds)
    }

    /// The moment so many microseconds after 1970 began, or the nearest one that can be written and read again.
    pub(crate) fn nearest(microseconds: i64) -> Self {
        Self(microseconds.clamp(0, Self::LAST))
    }

    /// Whole seconds from here to a later moment; 0 to an earlier one.
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
        let moment: jiff::Timestamp = text.parse().map_err(|_| TimestampError)?;
        let microseconds = moment.as_microsecond();
        if (0..=Self::LAST).contains(&microseconds) { Ok(Self(microseconds)) } else { Err(TimestampError) }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(moment) => moment.fmt(f),
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

written_as_text!(Timestamp, "format": "date-time");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_kept_to_the_microsecond() {
        let moment: Timestamp = "2026-01-02T03:04:05.123456789Z".parse().unwrap();
        assert_eq!(moment.to_string(), "2026-01-02T03:04:05.123456Z");
        assert_eq!(moment.to_string().parse(), Ok(moment));
    }

    #[test]
    fn what_is_no_moment_of_our_age_is_refused() {
        for bad in ["", "yesterday", "2026-01-02", "2026-01-02T03:04:05", "1969-12-31T23:59:59Z"] {
            assert_eq!(bad.parse::<Timestamp>(), Err(TimestampError), "{bad}");
        }
    }
}
