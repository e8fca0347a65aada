//! Money: an exact decimal in the order's currency, written as a string.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;

use super::written::written_as_text;

/// Why a text is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a decimal string with at most 15 digits before and 6 after the point")]
pub struct AmountError;

/// An amount of money in the order's currency, with at most 15 digits before and 6 after the point.
///
/// It keeps its decimal places: `10.50` stays `10.50`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(Decimal);

impl Amount {
    /// Zero.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// The sum of two amounts. `None` if the sum is out of range.
    pub fn plus(self, other: Self) -> Option<Self> {
        Self::parse(&self.0.checked_add(other.0)?.to_string())
    }

    /// The sum of amounts. `None` if there is none, if one is absent, or if the sum is out of range.
    pub fn total(amounts: impl Iterator<Item = Option<Self>>) -> Option<Self> {
        amounts.reduce(|sum, amount| sum?.plus(amount?)).flatten()
    }

    /// Reads a plain decimal such as `12.50`; no exponent, at most 15 digits before and 6 after the point.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_digit())
        };
        if !plain(whole, 15) || !plain(fraction, 6) {
            return None;
        }
        text.parse().ok().map(Self)
    }

    /// The difference of two amounts. `None` if the difference is out of range.
    pub fn minus(self, other: Self) -> Option<Self> {
        Self::parse(&self.0.checked_sub(other.0)?.to_string())
    }

    /// The amount with at most `digits` decimal places: halves are rounded to the even digit.
    #[must_use]
    pub fn rounded(self, digits: u32) -> Self {
        Self(self.0.round_dp(digits))
    }

    /// The share of `units` out of `of` units, after the shares of `before` units. Consecutive shares add up to the whole,
    /// rounded to `digits` decimal places: halves to the even digit. `None` if `of` is 0, or if the share is out of
    /// range.
    ///
    /// ```
    /// use holdfast_domain::values::Amount;
    /// let ten = Amount::parse("10").unwrap();
    /// let shares = [0, 1, 2].map(|before| ten.share(before, 1, 3, 2).unwrap().to_string());
    /// assert_eq!(shares, ["3.33", "3.34", "3.33"]);
    /// ```
    pub fn share(self, before: u64, units: u64, of: u64, digits: u32) -> Option<Self> {
        let whole = self.0.round_dp(digits);
        let up_to = |count: u64| {
            let exact = whole.checked_mul(Decimal::from(count))?.checked_div(Decimal::from(of))?;
            Some(exact.round_dp(digits))
        };
        let mut share = up_to(before.checked_add(units)?)?.checked_sub(up_to(before)?)?;
        share.rescale(digits);
        Self::parse(&share.to_string())
    }

    /// The amount multiplied by a count, less another amount. `None` if the result is out of range.
    pub fn times_less(self, count: u64, less: Option<Self>) -> Option<Self> {
        let product = self.0.checked_mul(Decimal::from(count))?;
        let left = product.checked_sub(less.map_or(Decimal::ZERO, |less| less.0))?;
        Self::parse(&left.to_string())
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Amount {
    type Err = AmountError;
    fn from_str(text: &str) -> Result<Self, AmountError> {
        Self::parse(text).ok_or(AmountError)
    }
}

written_as_text!(
    Amount,
    "description": "A decimal in the order's currency.",
    "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_keeps_its_decimal_places() {
        let amount: Amount = serde_json::from_str("\"10.50\"").unwrap();
        assert_eq!(serde_json::to_string(&amount).unwrap(), "\"10.50\"");
    }

    #[test]
    fn shares_have_the_digits_of_the_currency_and_add_up() {
        let shares = |whole: &str, of: u64, digits: u32| -> Vec<String> {
            let whole = Amount::parse(whole).unwrap();
            (0..of).map(|before| whole.share(before, 1, of, digits).unwrap().to_string()).collect()
        };
        assert_eq!(shares("1000.00", 3, 0), ["333", "334", "333"]);
        assert_eq!(shares("10.005", 2, 2), ["5.00", "5.00"], "rounded once, to the even digit");
        assert_eq!(shares("1", 3, 4), ["0.3333", "0.3334", "0.3333"]);
        let largest = Amount::parse("999999999999999.999999").unwrap();
        assert_eq!(largest.share(0, 1, 1, 2), None, "rounded up, it has 16 digits before the point");
    }

    #[test]
    fn an_amount_is_a_plain_decimal() {
        for bad in ["", "1e3", ".5", "5.", "1,5", "abc", "--1", "1.2345678", "1234567890123456", " 1"] {
            assert_eq!(Amount::parse(bad), None, "{bad:?}");
        }
        assert!(Amount::parse("-0.01").is_some());
    }

    #[test]
    fn results_out_of_range_are_absent() {
        let most = Amount::parse("999999999999999").unwrap();
        assert_eq!(most.times_less(2, None), None);
        assert_eq!(most.times_less(1, None), Some(most));
        assert_eq!(most.share(0, 1, 0, 2), None);
        let unit = Amount::parse("2.50").unwrap();
        let less = unit.times_less(3, Amount::parse("0.50")).unwrap();
        assert_eq!(less.to_string(), "7.00");
    }
}
