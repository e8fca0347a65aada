//! Quantities: whole numbers in the SKU's smallest unit.

use std::borrow::Cow;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, SubAssign};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Why a number is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// Outside 1 to 1,000,000,000.
    #[error("must be a whole number from 1 to 1000000000")]
    OutOfRange,
    /// 0, or outside -1,000,000,000 to 1,000,000,000.
    #[error("must be a whole number from -1000000000 to 1000000000 and not 0")]
    DeltaOutOfRange,
}

/// The units of a request or a report: 1 to 1,000,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u32")]
pub struct Quantity(u32);

impl Quantity {
    /// The largest quantity as a number.
    pub const LIMIT: u32 = 1_000_000_000;
    /// The largest quantity.
    pub const MAX: Self = Self(Self::LIMIT);

    /// One unit.
    pub const ONE: Self = Self(1);

    /// The quantity of a number in range.
    pub fn new(number: i64) -> Result<Self, QuantityError> {
        match u32::try_from(number) {
            Ok(number @ 1..=Self::LIMIT) => Ok(Self(number)),
            _ => Err(QuantityError::OutOfRange),
        }
    }

    /// The quantity as a count.
    pub const fn units(self) -> Units {
        Units(self.0 as u64)
    }
}

impl TryFrom<i64> for Quantity {
    type Error = QuantityError;
    fn try_from(number: i64) -> Result<Self, QuantityError> {
        Self::new(number)
    }
}

impl From<Quantity> for u32 {
    fn from(quantity: Quantity) -> Self {
        quantity.0
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": Quantity::LIMIT })
    }
}

/// A number of units, from 0.
// Far below `u64::MAX`: more than `Units::LIMIT` is refused, so a sum of two never wraps.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Units(u64);

impl Units {
    /// No units.
    pub const ZERO: Self = Self(0);
    /// The most units that are recorded at a location.
    pub const LIMIT: Self = Self(1_000_000_000_000_000);

    /// A number of units.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number itself.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// Whether there are none.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// [`Units::is_zero`] for `skip_serializing_if`.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(crate) const fn is_nothing(&self) -> bool {
        self.is_zero()
    }

    /// The difference, or zero if it is negative.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The units changed by a delta, but never less than zero.
    #[must_use]
    pub(crate) const fn saturating_add(self, delta: i64) -> Self {
        Self(self.0.saturating_add_signed(delta))
    }

    /// The units changed by a delta. `None` if the result is negative or more than [`Units::LIMIT`].
    pub fn changed_by(self, delta: i64) -> Option<Self> {
        self.0.checked_add_signed(delta).map(Self).filter(|changed| *changed <= Self::LIMIT)
    }

    /// The signed difference `self - other`.
    pub fn minus(self, other: Self) -> i64 {
        self.0.cast_signed() - other.0.cast_signed()
    }
}

impl Add for Units {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Units {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Units {
    fn sub_assign(&mut self, other: Self) {
        *self = self.saturating_sub(other);
    }
}

impl Sum for Units {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A change of a number of units: -1,000,000,000 to 1,000,000,000, not 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Delta(i64);

impl Delta {
    /// The change by a number in range.
    pub fn new(number: i64) -> Result<Self, QuantityError> {
        if number == 0 || number.unsigned_abs() > u64::from(Quantity::LIMIT) {
            return Err(QuantityError::DeltaOutOfRange);
        }
        Ok(Self(number))
    }

    /// The number itself.
    pub fn number(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for Delta {
    type Error = QuantityError;
    fn try_from(number: i64) -> Result<Self, QuantityError> {
        Self::new(number)
    }
}

impl From<Delta> for i64 {
    fn from(delta: Delta) -> Self {
        delta.0
    }
}

impl JsonSchema for Delta {
    fn schema_name() -> Cow<'static, str> {
        "Delta".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "integer", "minimum": -1_000_000_000, "maximum": 1_000_000_000, "not": { "const": 0 }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_1_to_1_000_000_000() {
        for valid in [1, 2, 1_000_000_000] {
            assert!(Quantity::new(valid).is_ok());
        }
        for bad in [0, -1, 1_000_000_001, 1_000_000_000_000, i64::MIN] {
            assert_eq!(Quantity::new(bad), Err(QuantityError::OutOfRange));
        }
        assert!(serde_json::from_str::<Quantity>("1.5").is_err());
        assert!(serde_json::from_str::<Quantity>("\"1\"").is_err());
    }

    #[test]
    fn units_stay_between_zero_and_their_limit() {
        assert_eq!(Units::new(3).changed_by(-3), Some(Units::ZERO));
        assert_eq!(Units::new(3).changed_by(-4), None);
        assert_eq!(Units::LIMIT.changed_by(1), None);
    }
}
