//! The reservation index of the write side, answered by the read models of orders and of cart reservations.

use std::time::Duration;

use async_trait::async_trait;
use holdfast_commands::ReservationIndex;
use holdfast_domain::values::{CartReservationId, LocationId, MerchantId, OrderId, Sku};
use holdfast_projections::{CartReservations, Orders, Progress, ViewError, ViewStore};

/// How long a writer waits for the read model to reach its position. A stock count that finds too few units is rare, and
/// the process manager repairs later what the count's own decision could not repair.
const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(1);

const MAX_ORDERS: usize = 1_000;
/// The most carts that lose units in one decision.
const MAX_CARTS: usize = 200;

/// Answers from the read models, for all merchants.
pub(crate) struct ReadModelReservationIndex {
    orders: Orders,
    carts: CartReservations,
    progress: Progress,
}

impl ReadModelReservationIndex {
    /// An index over a store of read models.
    pub(crate) fn new(views: &ViewStore, progress: Progress) -> Self {
        Self { orders: Orders::new(views), carts: CartReservations::new(views), progress }
    }

    /// The generation of a read model that has reached a position.
    async fn generation(&self, name: &'static str, merchant: &str, position: u64) -> Result<i64, ViewError> {
        self.progress.wait_for(name, merchant, position, CATCH_UP_TIMEOUT).await?;
        self.progress.generation(name).ok_or(ViewError::Building(name))
    }
}

/// The answer of a query; `None` if it fails or takes too long.
async fn in_time<T>(merchant: &str, query: impl Future<Output = Result<T, ViewError>>) -> Option<T> {
    match tokio::time::timeout(CATCH_UP_TIMEOUT * 2, query).await {
        Ok(Ok(found)) => Some(found),
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

#[async_trait]
impl ReservationIndex for ReadModelReservationIndex {
    async fn reserving_orders(
        &self,
        merchant: &MerchantId,
        sku: &Sku,
        location: &LocationId,
        position: u64,
    ) -> Option<Vec<OrderId>> {
        let merchant = merchant.as_str();
        let query = async {
            let generation = self.generation(Orders::NAME, merchant, position).await?;
            self.orders.orders_holding(merchant, generation, sku, location, MAX_ORDERS).await
        };
        in_time(merchant, query).await
    }

    async fn reserving_carts(
        &self,
        merchant: &MerchantId,
        sku: &Sku,
        location: &LocationId,
        position: u64,
    ) -> Option<Vec<CartReservationId>> {
        let merchant = merchant.as_str();
        let query = async {
            let generation = self.generation(CartReservations::NAME, merchant, position).await?;
            self.carts.holding(merchant, generation, sku, location, MAX_CARTS).await
        };
        in_time(merchant, query).await
    }
}
