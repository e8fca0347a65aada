//! Lengths of time, in ISO 8601 notation.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Span, SpanRelativeTo};

use super::Timestamp;
use super::written::written_as_text;

/// Why a text is not a period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be an ISO 8601 duration of whole seconds, such as PT30M or P2D, of at most 366 days")]
pub struct PeriodError;

/// A length of time: 1 second to 366 days, in whole seconds; a day has 24 hours.
///
/// ```
/// use holdfast_domain::values::Period;
/// let period: Period = "P1DT30M".parse()?;
/// assert_eq!((period.seconds(), period.to_string()), (88_200, "PT24H30M".to_owned()));
/// # Ok::<(), holdfast_domain::values::PeriodError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period(u32);

impl Period {
    const LONGEST: i64 = 366 * 24 * 3_600;

    /// A period of 1 second to 366 days.
    pub fn of_seconds(seconds: i64) -> Result<Self, PeriodError> {
        let number = u32::try_from(seconds).map_err(|_| PeriodError)?;
        if (1..=Self::LONGEST).contains(&seconds) { Ok(Self(number)) } else { Err(PeriodError) }
    }

    /// A period of 1 to 366 days.
    pub(crate) const fn of_days<const DAYS: u32>() -> Self {
        const { assert!(DAYS >= 1 && DAYS <= 366, "a period has 1 to 366 days") }
        Self(DAYS * 24 * 3_600)
    }

    /// A period of 1 to 59 minutes.
    pub(crate) const fn of_minutes<const MINUTES: u32>() -> Self {
        const { assert!(MINUTES >= 1 && MINUTES < 60, "a period has 1 to 59 minutes") }
        Self(MINUTES * 60)
    }

    /// The length in seconds.
    pub const fn seconds(self) -> u32 {
        self.0
    }

    /// The time at which it ends.
    pub fn after(self, start: Timestamp) -> Timestamp {
        let length = i64::from(self.0) * 1_000_000;
        Timestamp::from_microseconds(start.microseconds().saturating_add(length))
    }
}

impl FromStr for Period {
    type Err = PeriodError;
    fn from_str(text: &str) -> Result<Self, PeriodError> {
        if !text.starts_with('P') {
            return Err(PeriodError);
        }
        let span: Span = text.parse().map_err(|_| PeriodError)?;
        let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| PeriodError)?;
        if length.subsec_nanos() != 0 {
            return Err(PeriodError);
        }
        Self::of_seconds(length.as_secs())
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SignedDuration::from_secs(i64::from(self.0)).fmt(f)
    }
}

written_as_text!(Period, "format": "duration");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_written_in_hours_minutes_and_seconds() {
        for (given, seconds, written) in [
            ("PT30M", 1_800, "PT30M"),
            ("P2D", 172_800, "PT48H"),
            ("P1W", 604_800, "PT168H"),
            ("PT1H0M1S", 3_601, "PT1H1S"),
        ] {
            let period: Period = given.parse().unwrap();
            assert_eq!((period.seconds(), period.to_string()), (seconds, written.to_owned()));
            assert_eq!(period.to_string().parse(), Ok(period));
        }
    }

    #[test]
    fn other_texts_than_periods_are_refused() {
        for bad in ["", "30 minutes", "PT", "PT0S", "-PT1H", "P1M", "P1Y", "P367D", "PT1.5S", "30m"] {
            assert_eq!(bad.parse::<Period>(), Err(PeriodError), "{bad}");
        }
    }

    #[test]
    fn a_period_ends_after_its_length() {
        let start: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        let period: Period = "PT90M".parse().unwrap();
        assert_eq!(period.after(start).to_string(), "2026-03-01T11:30:00Z");
    }
}
