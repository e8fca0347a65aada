//! Times as shops write them.

use holdfast_domain::values::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    #[error("must be a time between the years 1970 and 9999, such as 2026-03-01T12:00:00+02:00")]
    Malformed,
    #[error("has no time zone; use --time-zone, such as --time-zone Europe/Berlin")]
    NoTimeZone,
    #[error("may be day/month or month/day; write the year first, such as 2026-03-01")]
    Ambiguous,
}

/// Parses a date with or without a time, in RFC 3339 or in one of these forms:
///
/// - date: year-month-day, day.month.year, or day/month/year and month/day/year where only one of both is a date; the year
///   has four digits;
/// - time: hours, minutes and optionally seconds, of 24 hours or with AM or PM; midnight if absent;
/// - zone: an offset such as `+0200` or `+02:00`, `Z`, `UTC` or `GMT`. If absent, `zone` applies; a time that occurs twice
///   there, because clocks are set back, is the first of both.
pub fn parse(text: &str, zone: Option<&TimeZone>) -> Result<Timestamp, TimeError> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let (local, offset) = split_offset(text);
    let (date, time) = local.split_once([' ', 'T']).unwrap_or((local, ""));
    let local = DateTime::from_parts(date_of(date)?, time_of(time.trim())?);
    let instant = match (offset, zone) {
        (Some(offset), _) => offset.to_timestamp(local),
        (None, Some(zone)) => zone.to_timestamp(local),
        (None, None) => return Err(TimeError::NoTimeZone),
    };
    // Parsed again for the range of years.
    instant.ok().and_then(|instant| instant.to_string().parse().ok()).ok_or(TimeError::Malformed)
}

/// Separates the offset at the end of a text.
fn split_offset(text: &str) -> (&str, Option<Offset>) {
    let utc = ["UTC", "GMT", "Z"].iter().find_map(|name| text.strip_suffix(name));
    if let Some(local) = utc {
        return (local.trim_end(), Some(Offset::UTC));
    }
    let Some(start) = text.rfind(['+', '-']).filter(|_| text.contains(':')) else {
        return (text, None);
    };
    let digits: String = text[start + 1..].chars().filter(|c| *c != ':').collect();
    let sign = if text[start..].starts_with('-') { -1 } else { 1 };
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<i32>().ok());
    let (hours, minutes) = match digits.len() {
        2 => (number(Some(&digits)), Some(0)),
        4 => (number(digits.get(..2)), number(digits.get(2..))),
        _ => (None, None),
    };
    let offset = hours.zip(minutes).filter(|(_, minutes)| *minutes < 60);
    let offset =
        offset.and_then(|(hours, minutes)| Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok());
    match offset {
        Some(offset) => (text[..start].trim_end(), Some(offset)),
        None => (text, None),
    }
}

fn date_of(text: &str) -> Result<Date, TimeError> {
    let separator = text.chars().find(|c| !c.is_ascii_digit()).ok_or(TimeError::Malformed)?;
    let parts: Vec<&str> = text.split(separator).collect();
    let number = |part: &str| part.parse::<i16>().map_err(|_| TimeError::Malformed);
    let [first, second, third] = parts[..] else { return Err(TimeError::Malformed) };
    let (a, b, c) = (number(first)?, number(second)?, number(third)?);
    let date = |year: i16, month: i16, day: i16| {
        let (month, day) = (i8::try_from(month), i8::try_from(day));
        month.ok().zip(day.ok()).and_then(|(month, day)| Date::new(year, month, day).ok())
    };
    let found = match (first.len(), third.len(), separator) {
        (4, 1..=2, '-' | '/' | '.') => date(a, b, c),
        (1..=2, 4, '.') => date(c, b, a),
        (1..=2, 4, '/' | '-') => match (date(c, b, a), date(c, a, b)) {
            (Some(day_first), Some(month_first)) if day_first != month_first => {
                return Err(TimeError::Ambiguous);
            }
            (day_first, month_first) => day_first.or(month_first),
        },
        _ => None,
    };
    found.ok_or(TimeError::Malformed)
}

fn time_of(text: &str) -> Result<Time, TimeError> {
    if text.is_empty() {
        return Ok(Time::midnight());
    }
    let formats = ["%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p"];
    let parsed = formats.iter().find_map(|format| Time::strptime(format, text).ok());
    parsed.ok_or(TimeError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Result<String, TimeError> {
        parse(text, None).map(|time| time.to_string())
    }

    #[test]
    fn times_with_a_zone_are_read_in_every_form() {
        for text in [
            "2025-10-07T09:50:26+02:00",
            "2025-10-07 09:50:26 +0200",
            "2025-10-07 09:50:26 +02:00",
            "2025-10-07 09:50:26+02",
            "2025-10-07 07:50:26 UTC",
            "2025-10-07 07:50:26Z",
            "2025/10/07 09:50:26 +0200",
            "07.10.2025 09:50:26 +0200",
            "7.10.2025 9:50:26 +0200",
            "2025-10-07 02:50:26 AM -0500",
            "2025-10-07 2:50:26 am -0500",
        ] {
            assert_eq!(utc(text).as_deref(), Ok("2025-10-07T07:50:26Z"), "{text}");
        }
        assert_eq!(utc("2025-10-07 09:50 -0330").unwrap(), "2025-10-07T13:20:00Z");
        assert_eq!(utc("2025-10-07 09:50:26.250 UTC").unwrap(), "2025-10-07T09:50:26.25Z");
    }

    #[test]
    fn a_time_without_zone_needs_a_time_zone() {
        assert_eq!(utc("2025-10-07 09:50:26"), Err(TimeError::NoTimeZone));
        assert_eq!(utc("2025-10-07"), Err(TimeError::NoTimeZone));
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let local = |text| parse(text, Some(&berlin)).unwrap().to_string();
        assert_eq!(local("2025-10-07 09:50:26"), "2025-10-07T07:50:26Z");
        assert_eq!(local("2025-12-07T09:50"), "2025-12-07T08:50:00Z");
        assert_eq!(local("2025-10-07"), "2025-10-06T22:00:00Z");
        assert_eq!(local("2025-10-26 02:30"), "2025-10-26T00:30:00Z", "the first of two");
        assert_eq!(local("2025-10-07 09:50:26 +0000"), "2025-10-07T09:50:26Z", "the text's own zone applies");
    }

    #[test]
    fn dates_with_slashes_are_read_only_where_they_are_unambiguous() {
        assert_eq!(utc("10/25/2025 9:50 PM UTC").unwrap(), "2025-10-25T21:50:00Z");
        assert_eq!(utc("25/10/2025 21:50 UTC").unwrap(), "2025-10-25T21:50:00Z");
        assert_eq!(utc("10/10/2025 21:50 UTC").unwrap(), "2025-10-10T21:50:00Z");
        assert_eq!(utc("10/07/2025 21:50 UTC"), Err(TimeError::Ambiguous));
        assert_eq!(utc("10-07-2025 21:50 UTC"), Err(TimeError::Ambiguous));
    }

    #[test]
    fn other_texts_are_no_times() {
        for text in [
            "",
            "soon",
            "45937.41",
            "10/07/25",
            "2025-13-07 UTC",
            "2025-10-07 25:00 UTC",
            "31/31/2025 10:00 UTC",
            "1969-12-31 10:00 UTC",
            "2025-10-07 09:50 +0275",
            "2025-10-07 09:50 CET",
        ] {
            assert_eq!(utc(text), Err(TimeError::Malformed), "{text}");
        }
    }
}
