//! Who holds units: an index beside the journal, asked only when a count finds fewer than are promised.
//!
//! A stock item counts what is reserved and does not know for whom, so that it stays small however many orders are open.
//! The index may lack what is not committed yet, which the writer knows itself, and what it names is only a hint: every
//! order is looked at as it is before anything is taken from it.

use async_trait::async_trait;
use holdfast_domain::values::{LocationId, MerchantId, OrderId, Sku};

/// Tells who holds units.
#[async_trait]
pub trait Holders: Send + Sync {
    /// Orders that hold units of a SKU at a location, those first that should lose them first, as of a position of the
    /// journal or later; nothing where that cannot be told in time.
    async fn of(
        &self,
        merchant: &MerchantId,
        sku: &Sku,
        location: &LocationId,
        position: u64,
    ) -> Option<Vec<OrderId>>;
}
