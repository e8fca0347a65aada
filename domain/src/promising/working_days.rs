//! The days on which a location or a carrier works: days of the week, less closures.

use std::collections::BTreeSet;
use std::iter::successors;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::values::{Day, Text};

#[cfg(test)]
mod tests;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// The day of the week of a calendar day.
    pub fn of(day: Day) -> Self {
        match day.date().weekday() {
            jiff::civil::Weekday::Monday => Self::Monday,
            jiff::civil::Weekday::Tuesday => Self::Tuesday,
            jiff::civil::Weekday::Wednesday => Self::Wednesday,
            jiff::civil::Weekday::Thursday => Self::Thursday,
            jiff::civil::Weekday::Friday => Self::Friday,
            jiff::civil::Weekday::Saturday => Self::Saturday,
            jiff::civil::Weekday::Sunday => Self::Sunday,
        }
    }
}

/// A day, or several days in succession, without work: a public holiday, a company holiday, a stocktaking.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Closure {
    /// The first day without work.
    pub from: Day,
    /// The last day without work. Default: the first one.
    pub to: Option<Day>,
    /// Its name, for people.
    pub name: Option<Text<100>>,
}

impl Closure {
    fn last(&self) -> Day {
        self.to.unwrap_or(self.from)
    }
}

/// Closures, ordered by their first day. They may overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Vec<Closure>")]
pub struct Closures(Arc<Vec<Closure>>);

impl Closures {
    /// The most closures of a location or of a row of the transit table.
    pub const LIMIT: usize = 366;

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of closures.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl From<Vec<Closure>> for Closures {
    fn from(mut closures: Vec<Closure>) -> Self {
        closures.sort();
        Self(Arc::new(closures))
    }
}

/// Why days of the week and closures are not a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WorkingDaysError {
    /// No day of the week.
    #[error("name at least one day of the week")]
    NoWeekday,
    /// More closures than a calendar may have.
    #[error("at most {} closures are allowed", Closures::LIMIT)]
    TooManyClosures,
    /// The closure that begins on the day ends earlier.
    #[error("the closure from {0} must not end before that day")]
    EndsBeforeStart(Day),
    /// Every day of a year from the day on is closed.
    #[error("every day of a year from {0} is closed")]
    ClosedForAYear(Day),
}

impl WorkingDaysError {
    /// The JSON pointer to the field.
    pub const fn pointer(self) -> &'static str {
        match self {
            Self::NoWeekday => "/workingDays",
            Self::TooManyClosures | Self::EndsBeforeStart(_) | Self::ClosedForAYear(_) => "/closures",
        }
    }
}

/// The days on which a location or a carrier works. The default calendar has every day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkingDays {
    /// The days of the week; absent for all of them.
    pub weekdays: Option<BTreeSet<Weekday>>,
    /// The days without work among them.
    pub closures: Closures,
}

impl WorkingDays {
    /// The most days in succession, from the start of a closure, without a working day.
    const MAX_CLOSED_DAYS: u32 = 364;

    /// Refuses a calendar that has no working day for a year.
    pub(crate) fn check(&self) -> Result<(), WorkingDaysError> {
        if self.weekdays.as_ref().is_some_and(BTreeSet::is_empty) {
            return Err(WorkingDaysError::NoWeekday);
        }
        if self.closures.len() > Closures::LIMIT {
            return Err(WorkingDaysError::TooManyClosures);
        }
        for closure in self.closures.0.iter() {
            let first = closure.from;
            if closure.last() < first {
                return Err(WorkingDaysError::EndsBeforeStart(first));
            }
            if self.next(first) > first.plus(Self::MAX_CLOSED_DAYS) {
                return Err(WorkingDaysError::ClosedForAYear(first));
            }
        }
        Ok(())
    }

    /// Whether the day is a working day.
    pub fn includes(&self, day: Day) -> bool {
        self.next(day) == day
    }

    /// The day itself if it is a working day, else the next working day.
    pub fn next(&self, day: Day) -> Day {
        // The closures are ordered by their first day: one that was passed never contains a later day.
        let mut next = self.next_weekday(day);
        for closure in self.closures.0.iter() {
            if next < closure.from {
                break;
            }
            if next <= closure.last() {
                next = self.next_weekday(closure.last().plus(1));
            }
        }
        next
    }

    fn next_weekday(&self, day: Day) -> Day {
        let Some(weekdays) = &self.weekdays else { return day };
        let mut week = (0..7).map(|ahead| day.plus(ahead));
        week.find(|day| weekdays.contains(&Weekday::of(*day))).unwrap_or(day)
    }

    /// The working days from a day on.
    pub fn days_from(&self, day: Day) -> impl Iterator<Item = Day> {
        successors(Some(self.next(day)), |day| Some(self.next(day.plus(1))))
    }

    /// The working day that is a number of working days later; for 0, the day itself or the next working day.
    pub fn plus(&self, day: Day, days: u32) -> Day {
        match days {
            0 => self.next(day),
            days => (0..days).fold(day, |day, _| self.next(day.plus(1))),
        }
    }
}
