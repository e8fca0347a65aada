//! Local days and times of day, by the time zone database that is built into the program.
//!
//! The machine's own database is never read: two nodes must not disagree about a date because one of them was updated.

use std::sync::LazyLock;

use jiff::civil::{DateTime, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::values::{Day, Timestamp};

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A time zone's rules.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// The local day at a time.
    pub fn day_of(&self, time: Timestamp) -> Day {
        // A time after the calendar ends counts as its last one, as in `Timestamp::nearest`.
        let time = jiff::Timestamp::from_microsecond(time.microseconds()).unwrap_or(jiff::Timestamp::MAX);
        Day::of(self.0.to_datetime(time).date())
    }

    /// The time of a local day and time of day.
    ///
    /// A time of day that the clocks skip is later by the skipped time. If a time of day occurs twice, the first one counts.
    pub(crate) fn timestamp(&self, day: Day, time: Time) -> Timestamp {
        Timestamp::nearest(self.microseconds(day.date().to_datetime(time)))
    }

    /// The last microsecond of a local day.
    pub fn end_of(&self, day: Day) -> Timestamp {
        let next = day.date().tomorrow().map(|next| self.microseconds(next.to_datetime(Time::midnight())));
        Timestamp::nearest(next.unwrap_or(i64::MAX).saturating_sub(1))
    }

    fn microseconds(&self, local: DateTime) -> i64 {
        self.0.to_timestamp(local).map_or(i64::MAX, jiff::Timestamp::as_microsecond)
    }
}

/// A time zone by its name in the IANA database, in exactly its spelling.
pub fn zone(name: &str) -> Option<Zone> {
    ZONES.get(name).ok().filter(|zone| zone.iana_name() == Some(name)).map(Zone)
}

/// A time of day written as `HH:MM`.
pub(crate) fn time_of_day(text: &str) -> Option<Time> {
    let number = |part: &str| {
        let digits = part.len() == 2 && part.bytes().all(|digit| digit.is_ascii_digit());
        if digits { part.parse::<i8>().ok() } else { None }
    };
    let (hour, minute) = text.split_once(':')?;
    Time::new(number(hour)?, number(minute)?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_zone_needs_the_exact_spelling_of_its_name() {
        for known in ["UTC", "America/New_York", "Pacific/Auckland", "Asia/Kathmandu", "US/Eastern"] {
            assert!(zone(known).is_some(), "{known}");
        }
        for unknown in ["", "america/new_york", "America/Newark", "EDT", "+02:00", "Etc/Unknown", "../x"] {
            assert!(zone(unknown).is_none(), "{unknown}");
        }
    }

    #[test]
    fn days_begin_and_end_in_local_time() {
        for (name, at, local) in [
            ("UTC", "2026-03-01T23:59:59Z", "2026-03-01"),
            ("America/New_York", "2026-03-01T04:59:59Z", "2026-02-28"),
            ("America/New_York", "2026-03-01T05:00:00Z", "2026-03-01"),
            ("Pacific/Auckland", "2026-03-01T11:00:00Z", "2026-03-02"),
            ("Pacific/Kiritimati", "2026-03-01T10:00:00Z", "2026-03-02"),
            ("Pacific/Pago_Pago", "2026-03-01T10:00:00Z", "2026-02-28"),
        ] {
            assert_eq!(zone(name).unwrap().day_of(time(at)), day(local), "{name} {at}");
        }
    }

    #[test]
    fn days_on_which_clocks_change_are_shorter_or_longer() {
        let hours = |name: &str, date: &str| {
            let zone = zone(name).unwrap();
            let end = |day: Day| zone.end_of(day).microseconds();
            let yesterday = day(date).date().yesterday().unwrap();
            (end(day(date)) - end(Day::of(yesterday))) / 3_600_000_000
        };
        assert_eq!(hours("America/New_York", "2026-03-07"), 24);
        assert_eq!(hours("America/New_York", "2026-03-08"), 23);
        assert_eq!(hours("America/New_York", "2026-11-01"), 25);
        assert_eq!(hours("Pacific/Auckland", "2026-09-27"), 23);
        assert_eq!(hours("Pacific/Auckland", "2026-04-05"), 25);
        assert_eq!(hours("Pacific/Apia", "2011-12-30"), 0, "Samoa crossed the date line");
    }

    #[test]
    fn the_last_day_of_the_calendar_has_an_end() {
        let last = time("9999-12-30T21:00:00Z");
        let zone = zone("Pacific/Auckland").unwrap();
        assert_eq!(zone.day_of(last), day("9999-12-31"));
        let end = zone.end_of(zone.day_of(last));
        assert!(end >= last);
        assert_eq!(end.to_string().parse(), Ok(end), "the text parses again");
    }

    #[test]
    fn a_time_of_day_has_four_digits() {
        for valid in ["00:00", "16:30", "23:59"] {
            assert!(time_of_day(valid).is_some(), "{valid}");
        }
        for bad in ["", "24:00", "12:60", "9:00", "09:0", "+9:00", "ab:cd", "09:00:00", "0900"] {
            assert!(time_of_day(bad).is_none(), "{bad}");
        }
    }
}
