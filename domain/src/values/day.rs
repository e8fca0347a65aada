//! Days of the calendar, without a time zone.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use jiff::civil::Date;

use super::written::written_as_text;

/// Why a text is not a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a day of the calendar, written YYYY-MM-DD")]
pub struct DayError;

/// A day of the calendar, written `YYYY-MM-DD`. A time zone decides when it begins and ends.
///
/// ```
/// use holdfast_domain::values::Day;
/// let leap: Day = "2028-02-28".parse()?;
/// assert_eq!(leap.plus(2).to_string(), "2028-03-01");
/// # Ok::<(), holdfast_domain::values::DayError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    /// A date as a day.
    pub(crate) const fn of(date: Date) -> Self {
        Self(date)
    }

    /// The day as a date.
    pub(crate) const fn date(self) -> Date {
        self.0
    }

    /// The day a number of days later, at most the last day of the year 9999.
    #[must_use]
    pub fn plus(self, days: u32) -> Self {
        let later = self.0.checked_add(SignedDuration::from_hours(24 * i64::from(days)));
        Self(later.unwrap_or(Date::MAX))
    }
}

impl FromStr for Day {
    type Err = DayError;
    fn from_str(text: &str) -> Result<Self, DayError> {
        let day = Self(text.parse().map_err(|_| DayError)?);
        // A day has one spelling. jiff reads others too, such as one without hyphens or with a time.
        if day.to_string() == text { Ok(day) } else { Err(DayError) }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

written_as_text!(Day, "format": "date");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_day_parses_again() {
        let day: Day = serde_json::from_str("\"2026-03-08\"").unwrap();
        assert_eq!(serde_json::to_string(&day).unwrap(), "\"2026-03-08\"");
    }

    #[test]
    fn other_texts_than_days_are_refused() {
        for bad in ["", "2026-02-29", "20260308", "2026-3-8", "2026-03-08T00:00", "2026-03-08[UTC]", "today"]
        {
            assert_eq!(bad.parse::<Day>(), Err(DayError), "{bad}");
        }
    }

    #[test]
    fn days_are_added_across_months_and_years_up_to_the_year_9999() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        assert_eq!(day("2026-12-31").plus(1), day("2027-01-01"));
        assert_eq!(day("2027-12-31").plus(366), day("2028-12-31"));
        assert_eq!(day("2026-03-08").plus(0), day("2026-03-08"));
        assert_eq!(day("2026-03-08").plus(u32::MAX), day("9999-12-31"));
    }
}
