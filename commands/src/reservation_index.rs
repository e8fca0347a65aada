//! The index of reservations by SKU and location, queried only when a report finds fewer units than are reserved.
//!
//! A stock item counts reserved units and does not list the orders that reserve them, so that it stays small however many
//! orders are open. The index may lack uncommitted orders, which the writer adds. Its answer is only a hint: the writer
//! checks the current state of each order before it takes units from the order.

use async_trait::async_trait;
use holdfast_domain::values::{CartReservationId, LocationId, MerchantId, OrderId, Sku};

/// Finds the orders and carts that reserve units of a SKU at a location.
#[async_trait]
pub trait ReservationIndex: Send + Sync {
    /// The orders at a journal position or later, least urgent first; `None` if the index cannot answer in time.
    async fn reserving_orders(
        &self,
        merchant: &MerchantId,
        sku: &Sku,
        location: &LocationId,
        position: u64,
    ) -> Option<Vec<OrderId>>;

    /// The youngest carts at a journal position or later; `None` if the index cannot answer in time.
    async fn reserving_carts(
        &self,
        merchant: &MerchantId,
        sku: &Sku,
        location: &LocationId,
        position: u64,
    ) -> Option<Vec<CartReservationId>>;
}
