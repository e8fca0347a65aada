//! Stock movements: events of a SKU, with the stock after each.

use async_graphql::{ID, SimpleObject};
use holdfast_domain::stock::Movement;
use holdfast_domain::values::MerchantId;
use serde::Deserialize;

use super::event::Event;
use super::read;
use super::scalars::{Long, SignedLong, id};
use crate::graphql::error::Problem;

#[derive(Debug, Clone, SimpleObject)]
pub(in crate::graphql) struct StockMovement {
    event: Event,
    order_id: Option<ID>,
    quantity: Option<SignedLong>,
    locations: Vec<StockMovementAt>,
    backordered: Option<Long>,
}

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct StockMovementAt {
    location: ID,
    quantity: Option<SignedLong>,
    on_hand: Long,
    reserved: Long,
    earmarked: Long,
    safety_stock: Long,
    available: Long,
    quarantine: Long,
    damaged: Long,
}

impl StockMovement {
    /// A movement in a merchant's journal.
    pub(in crate::graphql) fn new(
        merchant: &MerchantId,
        event: &holdfast_journal::Event,
        movement: &Movement,
    ) -> Result<Self, Problem> {
        Ok(Self {
            event: Event::new(merchant, event)?,
            order_id: movement.order_id.as_ref().map(id),
            quantity: movement.quantity.map(SignedLong),
            locations: read(&movement.locations)?,
            backordered: movement.backordered.map(Into::into),
        })
    }
}
