//! A cart reservation: units that a checkout holds for a limited time, before an order exists.
//!
//! The units are reserved at the [stock items](crate::stock), in addition to those of orders. A stock item does not know single
//! carts: it counts the units of all carts that end at the same time. The [order process](crate::fulfillment) keeps cart and
//! stock consistent. A cart is a softer promise than an order: when units are missing, carts lose them first.

mod commands;
mod events;
mod refusals;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use commands::MAX_PERIOD;
pub use commands::{
    CancelCartReservation, CartDestination, CartItem, ExpireCartReservation, ExtendCartReservation,
    ReserveCart, ends_at,
};
pub use events::{
    CartConverted, CartLine, CartReservationCancelled, CartReservationEvent, CartReservationExpired,
    CartReservationExtended, CartReserved, CartUnitsLost,
};
pub use refusals::CartReservationRefusal;

use crate::stock::{Allocation, CartUnits};
use crate::values::{CartReservationId, LocationId, OrderId, Sku, Text, Timestamp, Units};

/// A cart reservation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CartReservation {
    /// The reservation with its present units and end. A location that has lost all its units stays, with 0 units. Absent: the
    /// reservation does not exist.
    pub reserved: Option<Arc<CartReserved>>,
    /// How the reservation ended. Absent: no event has ended it yet, although its time may be over.
    pub ending: Option<CartEnding>,
}

/// How a cart reservation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CartEnding {
    /// An order took its units over.
    Converted(OrderId),
    /// The sender cancelled it.
    Cancelled,
    /// Its time was over.
    Expired,
}

/// The status of a cart reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CartReservationStatus {
    /// Its units are reserved.
    Open,
    /// An order took its units over.
    Converted,
    /// It was cancelled.
    Cancelled,
    /// Its time is over.
    Expired,
}

/// A decision about a cart reservation. `at` is the decision time.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "documented where the name does not say it")]
pub enum CartReservationCommand {
    /// Records the units that sourcing found.
    Reserve(Box<CartReserved>),
    /// Moves the end to `until`; an earlier time changes nothing.
    Extend {
        id: CartReservationId,
        until: Timestamp,
        at: Timestamp,
    },
    Cancel {
        id: CartReservationId,
        reason: Option<Text<500>>,
        at: Timestamp,
    },
    /// Gives the units to an order.
    Convert {
        id: CartReservationId,
        order_id: OrderId,
        at: Timestamp,
    },
    /// Ends the reservation if its time is over.
    Expire {
        at: Timestamp,
    },
    /// Removes up to `most` missing units of a SKU at a location from the reservation.
    LoseUnits {
        sku: Sku,
        location: LocationId,
        most: Units,
        at: Timestamp,
    },
}

impl CartReservation {
    /// Its status at a time; absent if it does not exist.
    pub fn status(&self, at: Timestamp) -> Option<CartReservationStatus> {
        let reserved = self.reserved.as_ref()?;
        Some(match self.ending {
            Some(CartEnding::Converted(_)) => CartReservationStatus::Converted,
            Some(CartEnding::Cancelled) => CartReservationStatus::Cancelled,
            Some(CartEnding::Expired) => CartReservationStatus::Expired,
            None if reserved.until <= at => CartReservationStatus::Expired,
            None => CartReservationStatus::Open,
        })
    }

    /// When it must be ended, while it has not ended.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.reserved.as_ref().filter(|_| self.ending.is_none()).map(|reserved| reserved.until)
    }

    /// Its units by SKU, as decisions about stock name them. A SKU that has lost all its units is absent.
    pub fn units(&self) -> BTreeMap<Sku, CartUnits> {
        let Some(reserved) = &self.reserved else { return BTreeMap::new() };
        let mut units = BTreeMap::new();
        for line in &reserved.lines {
            for allocation in line.allocations.iter().filter(|allocation| !allocation.quantity.is_zero()) {
                let of_sku = units.entry(line.sku.clone()).or_insert_with(|| reserved.units(Vec::new()));
                of_sku.allocations.push(allocation.clone());
            }
        }
        units
    }
}

impl CartReserved {
    /// Some of its units, as decisions about stock name them.
    pub fn units(&self, allocations: Vec<Allocation>) -> CartUnits {
        CartUnits {
            reservation_id: self.reservation_id,
            channel: self.channel.clone(),
            reserved_at: self.at,
            until: self.until,
            allocations,
        }
    }
}

type Decision = Result<Vec<CartReservationEvent>, CartReservationRefusal>;

crate::aggregate::pure_aggregate!(
    CartReservation,
    "reservation",
    CartReservationCommand,
    CartReservationEvent,
    CartReservationRefusal
);

fn decide(cart: &CartReservation, command: &CartReservationCommand) -> Decision {
    use CartReservationCommand::{Cancel, Convert, Expire, Extend, LoseUnits, Reserve};
    match command {
        Reserve(reserved) => commands::reserve(cart, reserved),
        Extend { id, until, at } => commands::extend(cart, *id, *until, *at),
        Cancel { id, reason, at } => commands::cancel(cart, *id, reason.as_ref(), *at),
        Convert { id, order_id, at } => {
            commands::require_open(cart, *id, *at)?;
            Ok(vec![CartConverted { order_id: *order_id }.into()])
        }
        Expire { at } => {
            let is_due = cart.due_at().is_some_and(|due| due <= *at);
            Ok(is_due.then(|| CartReservationExpired {}.into()).into_iter().collect())
        }
        LoseUnits { sku, location, most, at } => Ok(commands::lose_units(cart, sku, location, *most, *at)),
    }
}

fn evolve(cart: &mut CartReservation, event: &CartReservationEvent) {
    match event {
        CartReservationEvent::CartReserved(reserved) => cart.reserved = Some(Arc::new(reserved.clone())),
        CartReservationEvent::CartReservationExtended(extended) => {
            if let Some(reserved) = &mut cart.reserved {
                Arc::make_mut(reserved).until = extended.until;
            }
        }
        CartReservationEvent::CartUnitsLost(lost) => commands::units_lost(cart, lost),
        CartReservationEvent::CartConverted(converted) => {
            cart.ending = Some(CartEnding::Converted(converted.order_id));
        }
        CartReservationEvent::CartReservationCancelled(_) => cart.ending = Some(CartEnding::Cancelled),
        CartReservationEvent::CartReservationExpired(_) => cart.ending = Some(CartEnding::Expired),
    }
}
