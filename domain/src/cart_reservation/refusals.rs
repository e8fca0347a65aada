//! Why a decision about a cart reservation is refused.

use crate::refusal::{Class, Refusal};
use crate::values::{CartReservationId, OrderId, Period, Timestamp};

/// Why a decision about a cart reservation is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the text of each case describes it")]
pub enum CartReservationRefusal {
    #[error("reservation {0} does not exist")]
    UnknownReservation(CartReservationId),
    #[error("reservation {0} already exists with different contents; use another reservationId")]
    ReservationExists(CartReservationId),
    #[error("reservation {id} expired at {until}; reserve the units again")]
    Expired { id: CartReservationId, until: Timestamp },
    #[error("reservation {0} was cancelled; reserve the units again")]
    Cancelled(CartReservationId),
    #[error("the units of reservation {id} belong to order {order_id}")]
    Converted { id: CartReservationId, order_id: OrderId },
    #[error("a cart reservation lasts at most {0}")]
    TooLong(Period),
}

impl Refusal for CartReservationRefusal {
    fn kind(&self) -> (&'static str, Class) {
        match self {
            Self::UnknownReservation(_) => ("unknown_reservation", Class::NotFound),
            Self::ReservationExists(_) => ("reservation_exists", Class::Conflict),
            Self::Expired { .. } => ("reservation_expired", Class::Conflict),
            Self::Cancelled(_) => ("reservation_cancelled", Class::Conflict),
            Self::Converted { .. } => ("reservation_converted", Class::Conflict),
            Self::TooLong(_) => ("reservation_too_long", Class::Invalid),
        }
    }

    fn pointer(&self) -> Option<String> {
        let field = if matches!(self, Self::TooLong(_)) { "/expiresAfter" } else { "/reservationId" };
        Some(field.to_owned())
    }

    fn details(&self) -> Option<(&'static str, serde_json::Value)> {
        match self {
            Self::Converted { order_id, .. } => Some(("orderId", order_id.to_string().into())),
            _ => None,
        }
    }
}
