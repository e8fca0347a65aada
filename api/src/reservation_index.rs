//! The reservation index of the write side, answered by the read model of orders.

use std::time::Duration;

use async_trait::async_trait;
use holdfast_commands::ReservationIndex;
use holdfast_domain::values::{LocationId, MerchantId, OrderId, Sku};
use holdfast_projections::{Orders, Progress, ViewError, ViewStore};

/// How long a writer waits for the read model to reach its position. A stock count that finds too few units is rare, and
/// the process manager repairs later what the count's own decision could not repair.
const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(1);

const MAX_ORDERS: usize = 1_000;

/// Answers from the read model of orders, for all merchants.
pub(crate) struct OrderReservationIndex {
    orders: Orders,
    progress: Progress,
}

impl OrderReservationIndex {
    /// An index over a store of read models.
    pub(crate) fn new(views: &ViewStore, progress: Progress) -> Self {
        Self { orders: Orders::new(views), progress }
    }
}

#[async_trait]
impl ReservationIndex for OrderReservationIndex {
    async fn reserving_orders(
        &self,
        merchant: &MerchantId,
        sku: &Sku,
        location: &LocationId,
        position: u64,
    ) -> Option<Vec<OrderId>> {
        let merchant = merchant.as_str();
        let query = async {
            self.progress.wait_for(Orders::NAME, merchant, position, CATCH_UP_TIMEOUT).await?;
            let generation =
                self.progress.generation(Orders::NAME).ok_or(ViewError::Building(Orders::NAME))?;
            self.orders.orders_holding(merchant, generation, sku, location, MAX_ORDERS).await
        };
        match tokio::time::timeout(CATCH_UP_TIMEOUT * 2, query).await {
            Ok(Ok(orders)) => Some(orders),
            Err(_) => {
                tracing::warn!(merchant, "timed out looking up reservations for the missing units");
                None
            }
            Ok(Err(error)) => {
                tracing::warn!(merchant, %error, "failed to look up reservations for the missing units");
                None
            }
        }
    }
}
