//! The commands on a cart reservation, and their decisions.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{CartReservationCancelled, CartReservationEvent, CartReservationExtended, CartUnitsLost};
use super::refusals::CartReservationRefusal;
use super::{CartEnding, CartReservation, CartReservationStatus, CartReserved, Decision};
use crate::command::commands;
use crate::values::{
    CartReservationId, ChannelName, LocationId, Period, Quantity, Sku, Text, Timestamp, Units,
};

/// The longest time that a cart reservation may last from now: a day.
pub(crate) const MAX_PERIOD: Period = Period::of_days::<1>();

/// A SKU in a cart.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CartItem {
    /// The SKU.
    pub sku: Sku,
    /// The number of units.
    pub quantity: Quantity,
    /// False: nothing is reserved for it, such as for a gift card. Default: the SKU's policy, otherwise true.
    pub requires_stock: Option<bool>,
}

/// Where the goods of a cart will go, as far as that is known. Sourcing chooses near locations.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CartDestination {
    /// Country by ISO 3166 alpha-2.
    pub country: Option<Text<2>>,
    /// State or province.
    pub region: Option<Text<100>>,
    /// Postal code.
    pub postal_code: Option<Text<20>>,
}

commands! {
    /// Reserves units for a cart: all of them, or none.
    ReserveCart {
        /// Default: generated. The same reservation under the same id again changes nothing.
        reservation_id: Option<CartReservationId>,
        channel: ChannelName,
        /// 1 to 2,000 lines.
        lines: Vec<CartItem>,
        destination: Option<CartDestination>,
        /// The location where the customer picks the goods up: the only one that is considered.
        pickup_location: Option<LocationId>,
        /// How long the units are reserved, 1 second to 1 day. Default: the policy's `cartReservationFor`. The end is rounded
        /// up to a full second, beyond a minute to a full minute, and beyond an hour to a quarter of an hour.
        expires_after: Option<Period>,
    }

    /// Reserves the units of a cart for longer.
    ExtendCartReservation {
        reservation_id: CartReservationId,
        /// How long from now the units are reserved, 1 second to 1 day. A later end stays. Default: the policy's
        /// `cartReservationFor`.
        expires_after: Option<Period>,
    }

    /// Frees the units of a cart.
    CancelCartReservation {
        reservation_id: CartReservationId,
        reason: Option<Text<500>>,
    }

    /// Ends a cart reservation whose time is over. Sent by the service only.
    ExpireCartReservation {
        reservation_id: CartReservationId,
    }
}

/// When a reservation ends that lasts for a period from now. The end is rounded up, so that the carts of a SKU end at few
/// different times: about 220 at most.
pub fn ends_at(at: Timestamp, period: Period) -> Result<Timestamp, CartReservationRefusal> {
    if period > MAX_PERIOD {
        return Err(CartReservationRefusal::TooLong(MAX_PERIOD));
    }
    let step = match period.seconds() {
        ..=60 => 1_000_000,
        61..=3_600 => 60_000_000,
        _ => 900_000_000,
    };
    let end = period.after(at).microseconds();
    Ok(Timestamp::from_microseconds((end.saturating_add(step - 1) / step).saturating_mul(step)))
}

/// The same reservation again changes nothing.
pub(super) fn reserve(cart: &CartReservation, new: &CartReserved) -> Decision {
    match &cart.reserved {
        None => Ok(vec![new.clone().into()]),
        Some(existing) if existing.content == new.content => Ok(Vec::new()),
        Some(existing) => Err(CartReservationRefusal::ReservationExists(existing.reservation_id)),
    }
}

/// Refuses a command on a reservation that does not exist or has ended. One whose time is over has ended.
pub(super) fn require_open(
    cart: &CartReservation,
    id: CartReservationId,
    at: Timestamp,
) -> Result<&CartReserved, CartReservationRefusal> {
    let Some(reserved) = &cart.reserved else { return Err(CartReservationRefusal::UnknownReservation(id)) };
    match cart.ending {
        Some(CartEnding::Converted(order_id)) => Err(CartReservationRefusal::Converted { id, order_id }),
        Some(CartEnding::Cancelled) => Err(CartReservationRefusal::Cancelled(id)),
        None if at < reserved.until => Ok(reserved),
        Some(CartEnding::Expired) | None => {
            Err(CartReservationRefusal::Expired { id, until: reserved.until })
        }
    }
}

pub(super) fn extend(
    cart: &CartReservation,
    id: CartReservationId,
    until: Timestamp,
    at: Timestamp,
) -> Decision {
    let is_later = until > require_open(cart, id, at)?.until;
    Ok(is_later.then(|| CartReservationExtended { until }.into()).into_iter().collect())
}

/// A cancelled reservation stays cancelled.
pub(super) fn cancel(
    cart: &CartReservation,
    id: CartReservationId,
    reason: Option<&Text<500>>,
    at: Timestamp,
) -> Decision {
    if cart.ending == Some(CartEnding::Cancelled) {
        return Ok(Vec::new());
    }
    require_open(cart, id, at)?;
    Ok(vec![CartReservationCancelled { reason: reason.cloned() }.into()])
}

/// No events if the reservation has ended or has no units there.
pub(super) fn lose_units(
    cart: &CartReservation,
    sku: &Sku,
    location: &LocationId,
    most: Units,
    at: Timestamp,
) -> Vec<CartReservationEvent> {
    let is_open = cart.status(at) == Some(CartReservationStatus::Open);
    let Some(reserved) = cart.reserved.as_ref().filter(|_| is_open) else { return Vec::new() };
    let here = reserved.lines.iter().filter(|line| line.sku == *sku).flat_map(|line| &line.allocations);
    let units: Units = here.filter(|there| there.location == *location).map(|there| there.quantity).sum();
    let quantity = units.min(most);
    if quantity.is_zero() {
        return Vec::new();
    }
    vec![CartUnitsLost { sku: sku.clone(), location: location.clone(), quantity }.into()]
}

pub(super) fn units_lost(cart: &mut CartReservation, lost: &CartUnitsLost) {
    let Some(reserved) = &mut cart.reserved else { return };
    let mut rest = lost.quantity;
    let lines = Arc::make_mut(reserved).lines.iter_mut().filter(|line| line.sku == lost.sku);
    for there in lines.flat_map(|line| &mut line.allocations).filter(|there| there.location == lost.location)
    {
        let taken = there.quantity.min(rest);
        there.quantity -= taken;
        rest -= taken;
    }
}
