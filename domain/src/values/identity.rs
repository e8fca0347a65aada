//! Names of the things an order consists of.
//!
//! A part's id carries the order's, so the order is found from any of them without an index. To callers they
//! are opaque.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use super::written::written_as_text;

/// Why a text is not the id it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Not a UUID.
    #[error("is not a UUID")]
    NotAUuid,
    /// Not `{order id}.{letter}{number}`.
    #[error("is not an id that this service has given")]
    NotAPart,
}

/// An order's id: a UUID, given by the sender or made for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct OrderId(Uuid);

impl OrderId {
    /// Takes a UUID as an order's id.
    pub const fn new(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for OrderId {
    type Err = IdentityError;
    fn from_str(text: &str) -> Result<Self, IdentityError> {
        // Only the hyphenated form: one order, one name.
        if text.len() != 36 {
            return Err(IdentityError::NotAUuid);
        }
        Uuid::try_parse(text).map(Self).map_err(|_| IdentityError::NotAUuid)
    }
}

impl<'de> Deserialize<'de> for OrderId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A line's number within its order, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct LineNumber(u32);

impl LineNumber {
    /// The line at an index counted from 0.
    pub fn at(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX - 1) + 1)
    }

    /// The index counted from 0; 0 for the number 0, which no line has.
    pub const fn index(self) -> usize {
        self.0.saturating_sub(1) as usize
    }

    /// The number.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for LineNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! part_id {
    ($(#[$doc:meta])* $name:ident, $letter:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            order: OrderId,
            number: u32,
        }

        impl $name {
            /// The order's part with this number, from 1.
            pub const fn new(order: OrderId, number: u32) -> Self {
                Self { order, number }
            }

            /// The order it belongs to.
            pub const fn order(self) -> OrderId {
                self.order
            }

            /// Its number within the order, from 1.
            pub const fn number(self) -> u32 {
                self.number
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!("{}.", $letter, "{}"), self.order, self.number)
            }
        }

        impl FromStr for $name {
            type Err = IdentityError;
            fn from_str(text: &str) -> Result<Self, IdentityError> {
                let (order, number) =
                    text.split_once(concat!(".", $letter)).ok_or(IdentityError::NotAPart)?;
                let order = order.parse().map_err(|_| IdentityError::NotAPart)?;
                let number = number.parse().map_err(|_| IdentityError::NotAPart)?;
                let id = Self { order, number };
                // Refuses other spellings of the same id, such as a number with a plus sign.
                if id.to_string().eq_ignore_ascii_case(text) { Ok(id) } else { Err(IdentityError::NotAPart) }
            }
        }

        written_as_text!($name, "maxLength": 64);
    };
}

part_id!(
    /// The part of an order that one location picks, packs and ships.
    FulfillmentOrderId, "f"
);
part_id!(
    /// What left one location together.
    ShipmentId, "s"
);

part_id!(
    /// What is to come back together.
    ReturnId, "r"
);

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn a_part_is_written_and_read_with_its_order() {
        let order: OrderId = ORDER.parse().unwrap();
        let part = FulfillmentOrderId::new(order, 12);
        assert_eq!(part.to_string(), format!("{ORDER}.f12"));
        assert_eq!(part.to_string().parse(), Ok(part));
    }

    #[test]
    fn what_is_not_a_part_is_refused() {
        for bad in
            ["", ORDER, &format!("{ORDER}.s1"), &format!("{ORDER}.f+1"), &format!("{ORDER}.f01"), "x.f1"]
        {
            assert_eq!(bad.parse::<FulfillmentOrderId>(), Err(IdentityError::NotAPart), "{bad}");
        }
    }
}
