//! Numbers with a decimal point or a decimal comma, with or without separators of thousands.

use clap::ValueEnum;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DecimalSeparator {
    /// `1,000.50`
    Point,
    /// `1.000,50`
    Comma,
}

/// What a number says about the decimal separator of its file.
#[derive(Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Nothing: it has no separator, or it is no number.
    None,
    /// The number can only be read with this separator.
    Certain(DecimalSeparator),
    /// Both readings are possible and differ, as with `1,000`.
    Ambiguous,
}

impl DecimalSeparator {
    /// A number in plain form: digits, a point, and a sign where it is negative. `None` if it is no number.
    ///
    /// Separators of thousands are the other of point and comma, blanks and apostrophes. Each must have three digits
    /// between itself and the next separator.
    pub fn plain(self, text: &str) -> Option<String> {
        let (decimal, thousands) = match self {
            Self::Point => ('.', ','),
            Self::Comma => (',', '.'),
        };
        let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
        let (whole, fraction) = digits.split_once(decimal).map_or((digits, None), |(a, b)| (a, Some(b)));
        let is_separator = |c: char| c == thousands || matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’');
        let mut groups = whole.split(is_separator);
        let first = groups.next()?;
        let rest: Vec<&str> = groups.collect();
        let is_grouped = rest.is_empty() || ((1..=3).contains(&first.len()) && !first.starts_with('0'));
        let are_groups = is_grouped && rest.iter().all(|group| group.len() == 3);
        let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let is_number = are_groups && are_digits(first) && rest.iter().all(|group| are_digits(group));
        if !is_number || !fraction.is_none_or(are_digits) {
            return None;
        }
        let point = if fraction.is_some() { "." } else { "" };
        Some(format!("{sign}{first}{}{point}{}", rest.concat(), fraction.unwrap_or_default()))
    }

    /// A whole number; `None` if it is none. `5.00` is one.
    pub fn whole(self, text: &str) -> Option<i64> {
        let plain = self.plain(text)?;
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        if fraction.bytes().all(|digit| digit == b'0') { whole.parse().ok() } else { None }
    }

    /// What a quantity or an amount says about the separator.
    pub fn evidence(text: &str) -> Evidence {
        match (Self::Point.plain(text), Self::Comma.plain(text)) {
            (Some(_), None) => Evidence::Certain(Self::Point),
            (None, Some(_)) => Evidence::Certain(Self::Comma),
            (Some(point), Some(comma)) if point != comma => Evidence::Ambiguous,
            _ => Evidence::None,
        }
    }

    /// What degrees say about the separator: they have no separators of thousands.
    pub fn evidence_of_degrees(text: &str) -> Evidence {
        match (text.contains('.'), text.contains(',')) {
            (true, false) => Evidence::Certain(Self::Point),
            (false, true) => Evidence::Certain(Self::Comma),
            _ => Evidence::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DecimalSeparator::{Comma, Point};
    use super::*;

    #[test]
    fn a_number_is_read_with_either_separator() {
        for (text, point, comma) in [
            ("1000", Some("1000"), Some("1000")),
            ("1,000", Some("1000"), Some("1.000")),
            ("1,000.50", Some("1000.50"), None),
            ("1.000,50", None, Some("1000.50")),
            ("12.345.678", None, Some("12345678")),
            ("-1 234,5", None, Some("-1234.5")),
            ("1\u{a0}234", Some("1234"), Some("1234")),
            ("1'234.50", Some("1234.50"), None),
            ("0,500", None, Some("0.500")),
            ("1,00", None, Some("1.00")),
            ("1,0000", None, Some("1.0000")),
            ("1234,567", None, Some("1234.567")),
            ("1,2,3", None, None),
            ("1.", None, None),
            (".5", None, None),
            ("", None, None),
            ("1e3", None, None),
            ("--1", None, None),
        ] {
            assert_eq!(Point.plain(text).as_deref(), point, "{text:?} with a point");
            assert_eq!(Comma.plain(text).as_deref(), comma, "{text:?} with a comma");
        }
    }

    #[test]
    fn a_number_with_one_separator_and_three_digits_after_it_is_ambiguous() {
        assert_eq!(DecimalSeparator::evidence("1,000"), Evidence::Ambiguous);
        assert_eq!(DecimalSeparator::evidence("12.500"), Evidence::Ambiguous);
        assert_eq!(DecimalSeparator::evidence("19.99"), Evidence::Certain(Point));
        assert_eq!(DecimalSeparator::evidence("1.000,50"), Evidence::Certain(Comma));
        assert_eq!(DecimalSeparator::evidence("1000"), Evidence::None);
        assert_eq!(DecimalSeparator::evidence("many"), Evidence::None);
        assert_eq!(DecimalSeparator::evidence_of_degrees("40,712"), Evidence::Certain(Comma));
    }

    #[test]
    fn a_whole_number_has_no_fraction_but_zeros() {
        assert_eq!(Point.whole("1,000"), Some(1000));
        assert_eq!(Point.whole("2.00"), Some(2));
        assert_eq!(Comma.whole("1.000,0"), Some(1000));
        assert_eq!(Point.whole("1.5"), None);
        assert_eq!(Point.whole("-3"), Some(-3));
    }
}
