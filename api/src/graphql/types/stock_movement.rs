//! Stock movements: events of a SKU, with the stock after each.

use async_graphql::{ID, SimpleObject};
use holdfast_domain::stock::Movement;
use holdfast_domain::values::MerchantId;
use serde::Deserialize;

use super::event::Event;
use super::read;
use super::scalars::{Long, SignedLong, id};
use crate::graphql::error::Problem;

/// An event of a SKU, and the stock after it. All counts are in the SKU's smallest unit.
#[derive(Debug, Clone, SimpleObject)]
pub(in crate::graphql) struct StockMovement {
    /// The event.
    event: Event,
    /// The id of the order that the event is about.
    order_id: Option<ID>,
    /// Units that the event is about, over all locations; negative for units that are missing.
    quantity: Option<SignedLong>,
    /// The locations that the event is about, with the stock after it. Other locations did not change.
    locations: Vec<StockMovementAt>,
    /// Units backordered after the event, if the event changed that.
    backordered: Option<Long>,
}

/// What an event moved at one location, and the stock after it.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct StockMovementAt {
    /// The id of the location.
    location: ID,
    /// Units that the event is about at this location; negative for units that are missing.
    quantity: Option<SignedLong>,
    /// Sellable units at the location; reserved units included.
    on_hand: Long,
    /// Units of `onHand` that are reserved for orders.
    reserved: Long,
    /// Units of `onHand` that are earmarked for backorders.
    earmarked: Long,
    /// Units of `onHand` that are never promised.
    safety_stock: Long,
    /// Units that could be promised.
    available: Long,
    /// Units in quarantine, not part of `onHand`.
    quarantine: Long,
    /// Damaged units, not part of `onHand`.
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
