//! Local days and times of day, by the time zones that come with the program.
//!
//! The machine's own time zones are never read: two nodes must not disagree about a date because one of them was
//! updated. What was reckoned with one edition of the time zones is stored, and not reckoned again with the next.

use std::sync::LazyLock;

use jiff::civil::{DateTime, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::values::{Day, Timestamp};

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A time zone's rules.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

impl Zone {
    /// Without summer time and without surprises.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// The day that it is there.
    pub fn day_of(&self, moment: Timestamp) -> Day {
        let moment = jiff::Timestamp::from_microsecond(moment.microseconds()).unwrap_or_default();
        Day::of(self.0.to_datetime(moment).date())
    }

    /// When it is that time there.
    ///
    /// A time that the clocks jump over comes as much later as they jump; of a time that comes twice it is the first.
    pub(crate) fn moment(&self, day: Day, time: Time) -> Timestamp {
        Timestamp::nearest(self.microseconds(day.date().to_datetime(time)))
    }

    /// The last microsecond before the next day begins there.
    pub fn end_of(&self, day: Day) -> Timestamp {
        let next = day.date().tomorrow().map(|next| self.microseconds(next.to_datetime(Time::midnight())));
        Timestamp::nearest(next.unwrap_or(i64::MAX).saturating_sub(1))
    }

    fn microseconds(&self, local: DateTime) -> i64 {
        self.0.to_timestamp(local).map_or(i64::MAX, jiff::Timestamp::as_microsecond)
    }
}

/// A time zone by its name in the IANA database. Written otherwise, such as in small letters, it is another text.
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

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_zone_is_known_by_its_name_to_the_letter() {
        for known in ["UTC", "America/New_York", "Pacific/Auckland", "Asia/Kathmandu", "US/Eastern"] {
            assert!(zone(known).is_some(), "{known}");
        }
        for unknown in ["", "america/new_york", "America/Newark", "EDT", "+02:00", "Etc/Unknown", "../x"] {
            assert!(zone(unknown).is_none(), "{unknown}");
        }
    }

    #[test]
    fn a_day_begins_and_ends_where_the_location_is() {
        for (name, at, local) in [
            ("UTC", "2026-03-01T23:59:59Z", "2026-03-01"),
            ("America/New_York", "2026-03-01T04:59:59Z", "2026-02-28"),
            ("America/New_York", "2026-03-01T05:00:00Z", "2026-03-01"),
            ("Pacific/Auckland", "2026-03-01T11:00:00Z", "2026-03-02"),
            ("Pacific/Kiritimati", "2026-03-01T10:00:00Z", "2026-03-02"),
            ("Pacific/Pago_Pago", "2026-03-01T10:00:00Z", "2026-02-28"),
        ] {
            assert_eq!(zone(name).unwrap().day_of(moment(at)), day(local), "{name} {at}");
        }
    }

    #[test]
    fn a_day_has_the_hours_that_it_has() {
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
        assert_eq!(hours("Pacific/Apia", "2011-12-30"), 0, "Samoa went over the date line");
    }

    #[test]
    fn the_end_of_time_is_no_failure() {
        let last = moment("9999-12-30T21:00:00Z");
        let zone = zone("Pacific/Auckland").unwrap();
        assert_eq!(zone.day_of(last), day("9999-12-31"));
        let end = zone.end_of(zone.day_of(last));
        assert!(end >= last);
        assert_eq!(end.to_string().parse(), Ok(end), "it can be read again");
    }

    #[test]
    fn a_time_of_day_has_four_digits() {
        for good in ["00:00", "16:30", "23:59"] {
            assert!(time_of_day(good).is_some(), "{good}");
        }
        for bad in ["", "24:00", "12:60", "9:00", "09:0", "+9:00", "ab:cd", "09:00:00", "0900"] {
            assert!(time_of_day(bad).is_none(), "{bad}");
        }
    }
}
