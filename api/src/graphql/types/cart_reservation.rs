//! Cart reservations.

use async_graphql::{ID, SimpleObject};
use holdfast_domain::cart_reservation::CartReservationStatus;
use holdfast_views::CartReservationView;
use serde::Deserialize;

use super::choice::Choice;
use super::read;
use super::scalars::{DateTime, Long};
use crate::graphql::error::Problem;

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct CartReservation {
    reservation_id: ID,
    status: Choice<CartReservationStatus>,
    channel: String,
    lines: Vec<CartReservationLine>,
    created_at: DateTime,
    expires_at: DateTime,
    order_id: Option<ID>,
}

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct CartReservationLine {
    sku: String,
    quantity: Long,
    requires_stock: bool,
    reserved: Long,
    allocations: Vec<Allocation>,
}

#[derive(Debug, Clone, SimpleObject, Deserialize)]
pub(in crate::graphql) struct Allocation {
    location: ID,
    quantity: Long,
}

impl CartReservation {
    pub(in crate::graphql) fn new(view: &CartReservationView) -> Result<Self, Problem> {
        read(view)
    }
}
