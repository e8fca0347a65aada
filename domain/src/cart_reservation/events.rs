//! The events of a cart reservation.

use crate::event::{event_enum, payloads};
use crate::stock::Allocation;
use crate::values::{
    CartReservationId, ChannelName, LocationId, OrderId, Quantity, Sku, Text, Timestamp, Units,
};

payloads! {
    /// One line of a cart.
    CartLine {
        sku: Sku,
        /// Units that were requested.
        quantity: Quantity,
        /// Reserved units by location.
        allocations: Vec<Allocation>,
        /// Whether nothing is reserved for the line, because it requires no stock.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        without_stock: bool,
    }
    /// Units are reserved for a cart.
    CartReserved {
        reservation_id: CartReservationId,
        channel: ChannelName,
        lines: Vec<CartLine>,
        /// When the reservation ends.
        until: Timestamp,
        /// A keyed digest of the request: the same reservation again is recognised by it.
        content: Text<64>,
        at: Timestamp,
    }
    /// The reservation ends later.
    CartReservationExtended {
        /// When the reservation ends.
        until: Timestamp,
    }
    /// The sender cancelled the reservation: its units are free.
    CartReservationCancelled {
        reason: Option<Text<500>>,
    }
    /// An order took the units over.
    CartConverted {
        order_id: OrderId,
    }
    /// The time of the reservation was over.
    CartReservationExpired {}
    /// The cart loses reserved units, because the location does not have them.
    CartUnitsLost {
        sku: Sku,
        /// The location that does not have them.
        location: LocationId,
        /// Units that are missing.
        quantity: Units,
    }
}

event_enum!(
    /// The events of a cart reservation.
    CartReservationEvent {
        CartReserved = 1, CartReservationExtended = 1, CartReservationCancelled = 1, CartConverted = 1,
        CartReservationExpired = 1, CartUnitsLost = 1,
    }
);
