//! The JSON form of a cart reservation.

use holdfast_domain::cart_reservation::{CartEnding, CartLine, CartReservation, CartReservationStatus};
use holdfast_domain::stock::Allocation;
use holdfast_domain::values::{CartReservationId, ChannelName, OrderId, Quantity, Sku, Timestamp, Units};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A cart reservation.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartReservationView {
    /// The reservation's id, for orders and for the commands that extend or cancel it.
    pub reservation_id: CartReservationId,
    /// The status now.
    pub status: CartReservationStatus,
    /// The channel of the checkout.
    pub channel: ChannelName,
    /// The lines as requested, with the components of bundles.
    pub lines: Vec<CartLineView>,
    /// When the units were reserved.
    pub created_at: Timestamp,
    /// When the reservation ends or would have ended.
    pub expires_at: Timestamp,
    /// The order that took the units over.
    pub order_id: Option<OrderId>,
}

/// A line of a cart reservation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartLineView {
    /// The SKU.
    pub sku: Sku,
    /// Units that were requested.
    pub quantity: Quantity,
    /// False: nothing is reserved for the line, such as for a gift card.
    pub requires_stock: bool,
    /// Units that are reserved now. Fewer than `quantity`: the reservation has ended, or a location did not have the units.
    pub reserved: Units,
    /// The reserved units by location.
    pub allocations: Vec<Allocation>,
}

impl CartReservationView {
    /// The reservation at a time. `None` if it does not exist.
    pub fn of(cart: &CartReservation, at: Timestamp) -> Option<Self> {
        let (status, reserved) = (cart.status(at)?, cart.reserved.as_ref()?);
        let is_open = status == CartReservationStatus::Open;
        let order_id = match cart.ending {
            Some(CartEnding::Converted(order_id)) => Some(order_id),
            _ => None,
        };
        Some(Self {
            reservation_id: reserved.reservation_id,
            status,
            channel: reserved.channel.clone(),
            lines: reserved.lines.iter().map(|line| CartLineView::of(line, is_open)).collect(),
            created_at: reserved.at,
            expires_at: reserved.until,
            order_id,
        })
    }
}

impl CartLineView {
    fn of(line: &CartLine, is_open: bool) -> Self {
        let held = line.allocations.iter().filter(|there| is_open && !there.quantity.is_zero());
        let allocations: Vec<Allocation> = held.cloned().collect();
        Self {
            sku: line.sku.clone(),
            quantity: line.quantity,
            requires_stock: !line.without_stock,
            reserved: allocations.iter().map(|there| there.quantity).sum(),
            allocations,
        }
    }
}
