//! Scalars: types that GraphQL does not have.

use async_graphql::{ID, InputValueError, InputValueResult, Number, Scalar, ScalarType, Value};
use holdfast_domain::values::{Amount, Timestamp, Units};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(in crate::graphql) struct Long(pub(in crate::graphql) u64);

const NOT_A_LONG: &str = "must be a whole number from 0 to 9223372036854775807";

fn long(number: u64) -> InputValueResult<Long> {
    i64::try_from(number).map(|_| Long(number)).map_err(|_| InputValueError::custom(NOT_A_LONG))
}

/// A whole number from 0 to 9223372036854775807. Input: a number, or a string of digits for clients whose numbers lose digits
/// above 2^53. Output: a number.
#[Scalar(name = "Long")]
impl ScalarType for Long {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) => {
                long(number.as_u64().ok_or_else(|| InputValueError::custom(NOT_A_LONG))?)
            }
            Value::String(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => {
                long(digits.parse().map_err(|_| InputValueError::custom(NOT_A_LONG))?)
            }
            _ => Err(InputValueError::custom(NOT_A_LONG)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Number(Number::from(self.0))
    }
}

impl From<u64> for Long {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl From<Units> for Long {
    fn from(units: Units) -> Self {
        Self(units.number())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(in crate::graphql) struct SignedLong(pub(in crate::graphql) i64);

/// A whole number from -9223372036854775808 to 9223372036854775807. Output only.
#[Scalar(name = "SignedLong")]
impl ScalarType for SignedLong {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) if number.is_i64() => {
                number.as_i64().map(Self).ok_or_else(|| InputValueError::custom("must be a whole number"))
            }
            _ => Err(InputValueError::custom("must be a whole number")),
        }
    }

    fn to_value(&self) -> Value {
        Value::Number(Number::from(self.0))
    }
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
pub(in crate::graphql) struct DateTime(pub(in crate::graphql) Timestamp);

/// A time in RFC 3339 format, to the microsecond. Input: with any offset. Output: in UTC.
#[Scalar(name = "DateTime", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => text.parse().map(Self).map_err(InputValueError::custom),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(in crate::graphql) struct Decimal(pub(in crate::graphql) Amount);

/// An amount of money in the order's currency: an exact decimal as a string, such as `"10.50"`.
#[Scalar(name = "Decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Amount::parse(text)
                .map(Self)
                .ok_or_else(|| InputValueError::custom("must be a decimal string such as \"10.50\"")),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A domain id as a GraphQL id.
pub(in crate::graphql) fn id(name: &(impl ToString + ?Sized)) -> ID {
    ID(name.to_string())
}
