//! Who holds units, as the orders' read model tells it.

use std::time::Duration;

use async_trait::async_trait;
use holdfast_commands::Holders;
use holdfast_domain::values::{LocationId, MerchantId, OrderId, Sku};
use holdfast_projections::{Orders, Progress, ViewError, ViewStore};

/// How long a writer may be kept waiting for the read model to know what it has written: a count that finds fewer units
/// than are promised is rare, and what is not repaired with it is repaired a moment later.
const PATIENCE: Duration = Duration::from_secs(1);

/// The most orders looked at.
const MOST: usize = 1_000;

/// The orders of all merchants.
pub(crate) struct ReadModelHolders {
    orders: Orders,
    progress: Progress,
}

impl ReadModelHolders {
    /// Read off a store of read models.
    pub(crate) fn new(views: &ViewStore, progress: Progress) -> Self {
        Self { orders: Orders::new(views), progress }
    }
}

#[async_trait]
impl Holders for ReadModelHolders {
    async fn of(
        &self,
        merchant: &MerchantId,
        sku: &Sku,
        location: &LocationId,
        position: u64,
    ) -> Option<Vec<OrderId>> {
        let merchant = merchant.as_str();
        let known = async {
            self.progress.wait_for(Orders::NAME, merchant, position, PATIENCE).await?;
            let generation =
                self.progress.generation(Orders::NAME).ok_or(ViewError::Building(Orders::NAME))?;
            self.orders.orders_holding(merchant, generation, sku, location, MOST).await
        };
        match tokio::time::timeout(PATIENCE * 2, known).await {
            Ok(Ok(holders)) => Some(holders),
            Err(_) => {
                tracing::warn!(merchant, "who holds what was not found was not told in time");
                None
            }
            Ok(Err(error)) => {
                tracing::warn!(merchant, %error, "who holds what was not found cannot be told now");
                None
            }
        }
    }
}
