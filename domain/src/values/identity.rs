//! Ids of orders and of their parts.
//!
//! The id of a part contains the order's id, so that the order is found without an index. Callers must not parse it.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::written::written_as_text;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Not a UUID.
    #[error("is not a UUID")]
    NotAUuid,
    /// Not `{order id}.{letter}{number}`.
    #[error("is not an id that this service has given")]
    NotAPart,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The id of a UUID.
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdentityError;
            fn from_str(text: &str) -> Result<Self, IdentityError> {
                // An id has one spelling: the hyphenated one.
                if text.len() != 36 {
                    return Err(IdentityError::NotAUuid);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| IdentityError::NotAUuid)
            }
        }

        written_as_text!($name, "format": "uuid");
    };
}

uuid_id!(
    /// An order's id: a UUID, given by the sender or generated.
    OrderId
);
uuid_id!(
    /// The id of a cart reservation: a UUID, given by the sender or generated.
    CartReservationId
);

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
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            order: OrderId,
            number: u32,
        }

        impl $name {
            /// The order's part with this number, from 1.
            pub const fn new(order: OrderId, number: u32) -> Self {
                Self { order, number }
            }

            /// The order that it belongs to.
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
    /// The id of the part of an order that one location picks, packs and ships.
    FulfillmentOrderId, "f"
);
part_id!(
    /// The id of a shipment: units that left a location together.
    ShipmentId, "s"
);

part_id!(
    /// The id of a return: units that a customer sends back together.
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
    fn other_texts_than_part_ids_are_refused() {
        for bad in
            ["", ORDER, &format!("{ORDER}.s1"), &format!("{ORDER}.f+1"), &format!("{ORDER}.f01"), "x.f1"]
        {
            assert_eq!(bad.parse::<FulfillmentOrderId>(), Err(IdentityError::NotAPart), "{bad}");
        }
    }
}
