//! A consistent snapshot of a merchant's read models, to be read from first to last while events are applied.

use std::time::Duration;

use holdfast_domain::values::Sku;
use holdfast_views::AvailabilityView;

use crate::error::{Result, ViewError};
use crate::read_models::availability::{self, AvailabilityProjection};
use crate::read_models::order_metrics::{MetricCell, MetricCursor, MetricsProjection, cells};
use crate::read_models::orders::{self, OrderRow, OrderSort, OrderStatusProjection};
use crate::runtime::projection::Projection;
use crate::runtime::{checkpoint, generation};
use crate::store::{Scope, ViewConnection, ViewStore};

/// How often to try to open a snapshot in which all read models have the same position.
const MAX_ATTEMPTS: u32 = 50;
/// After how many attempts without progress to assume that no server is running.
const MAX_ATTEMPTS_WITHOUT_PROGRESS: u32 = 10;
/// The pause between two attempts.
const ATTEMPT_INTERVAL: Duration = Duration::from_millis(20);

/// The position of a read model in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotPosition {
    /// The number of the generation.
    pub generation: i64,
    /// Every event up to this position is folded or parked.
    pub position: u64,
    /// The hash of the event at that position; 32 zeros at position 0.
    pub hash: Vec<u8>,
    /// The number of parked events.
    pub parked: u64,
}

/// A consistent snapshot of a merchant's read models.
pub struct ReadSnapshot {
    connection: ViewConnection,
    merchant: String,
    /// `None` for a read model that has no complete generation.
    orders: Option<SnapshotPosition>,
    stock: Option<SnapshotPosition>,
    metrics: Option<SnapshotPosition>,
}

impl ReadSnapshot {
    /// Opens a snapshot in which all read models have the same position, at least `min_position`. If they do not reach
    /// one within about a second, for example because no server is running, opens a snapshot with the positions that
    /// they have.
    pub async fn open(store: &ViewStore, merchant: &str, min_position: u64) -> Result<Self> {
        let (mut attempts, mut without_progress) = (MAX_ATTEMPTS, MAX_ATTEMPTS_WITHOUT_PROGRESS);
        let mut before = None;
        loop {
            let snapshot = Self::current(store, merchant).await?;
            if snapshot.is_aligned(min_position) || attempts == 0 || without_progress == 0 {
                return Ok(snapshot);
            }
            let now = snapshot.positions();
            drop(snapshot);
            attempts -= 1;
            without_progress = if before.as_ref() == Some(&now) {
                without_progress - 1
            } else {
                MAX_ATTEMPTS_WITHOUT_PROGRESS
            };
            before = Some(now);
            tokio::time::sleep(ATTEMPT_INTERVAL).await;
        }
    }

    /// Opens a snapshot with the positions that the read models have.
    pub(crate) async fn current(store: &ViewStore, merchant: &str) -> Result<Self> {
        let mut connection = store.snapshot().await?;
        let orders = if_built(snapshot_position::<OrderStatusProjection>(&mut connection, merchant).await)?;
        let stock = if_built(snapshot_position::<AvailabilityProjection>(&mut connection, merchant).await)?;
        let metrics = if_built(snapshot_position::<MetricsProjection>(&mut connection, merchant).await)?;
        Ok(Self { connection, merchant: merchant.to_owned(), orders, stock, metrics })
    }

    /// The positions of the read models that have a complete generation.
    fn positions(&self) -> Vec<u64> {
        let all = [&self.orders, &self.stock, &self.metrics];
        all.into_iter().flatten().map(|position| position.position).collect()
    }

    /// Whether all read models have the same position, and at least `min_position`.
    pub(crate) fn is_aligned(&self, min_position: u64) -> bool {
        let positions = self.positions();
        positions.iter().all(|position| *position >= min_position && Some(position) == positions.first())
    }

    /// The position of orders.
    pub fn orders_position(&self) -> Result<&SnapshotPosition> {
        built::<OrderStatusProjection>(self.orders.as_ref())
    }

    /// The position of availability.
    pub fn stock_position(&self) -> Result<&SnapshotPosition> {
        built::<AvailabilityProjection>(self.stock.as_ref())
    }

    /// The position of metrics.
    pub fn metrics_position(&self) -> Result<&SnapshotPosition> {
        built::<MetricsProjection>(self.metrics.as_ref())
    }

    /// Reads up to `limit` orders in the order of their creation, after the order whose first event is at a position.
    /// Start with 0.
    pub async fn orders(&mut self, after: u64, limit: usize) -> Result<Vec<OrderRow>> {
        self.sorted_orders(OrderSort::OldestFirst, &after.to_string(), limit).await
    }

    /// Reads up to `limit` orders in the order of their last change, after an order given by its time of change in
    /// microseconds and the position of its first event. Start with `(0, 0)`.
    pub async fn changed_orders(
        &mut self,
        (changed_at, first_position): (i64, u64),
        limit: usize,
    ) -> Result<Vec<OrderRow>> {
        let after = format!("{changed_at}.{first_position}");
        self.sorted_orders(OrderSort::EarliestChangeFirst, &after, limit).await
    }

    async fn sorted_orders(&mut self, sort: OrderSort, after: &str, limit: usize) -> Result<Vec<OrderRow>> {
        let scope = scope::<OrderStatusProjection>(&self.merchant, self.orders.as_ref())?;
        orders::sorted_after(&mut self.connection.scoped(scope), sort, after, limit).await
    }

    /// Reads the availability of up to `limit` SKUs, sorted by SKU, after a SKU or from the first.
    pub async fn stock(&mut self, after: Option<&Sku>, limit: usize) -> Result<Vec<AvailabilityView>> {
        let scope = scope::<AvailabilityProjection>(&self.merchant, self.stock.as_ref())?;
        availability::list(&mut self.connection.scoped(scope), after, limit).await
    }

    /// Counts the SKUs.
    pub async fn sku_count(&mut self) -> Result<u64> {
        let scope = scope::<AvailabilityProjection>(&self.merchant, self.stock.as_ref())?;
        availability::sku_count(&mut self.connection.scoped(scope)).await
    }

    /// Reads up to `limit` cells of hourly metrics, sorted by time.
    pub async fn metrics(&mut self, cursor: &MetricCursor, limit: usize) -> Result<Vec<MetricCell>> {
        let scope = scope::<MetricsProjection>(&self.merchant, self.metrics.as_ref())?;
        cells::list(&mut self.connection.scoped(scope), cursor, limit).await
    }

    /// Counts the cells of hourly metrics.
    pub async fn metric_cell_count(&mut self) -> Result<u64> {
        let scope = scope::<MetricsProjection>(&self.merchant, self.metrics.as_ref())?;
        cells::count(&mut self.connection.scoped(scope)).await
    }
}

fn built<P: Projection>(position: Option<&SnapshotPosition>) -> Result<&SnapshotPosition> {
    position.ok_or(ViewError::Building(P::NAME))
}

fn scope<'a, P: Projection>(merchant: &'a str, position: Option<&SnapshotPosition>) -> Result<Scope<'a>> {
    Ok(Scope { merchant, generation: built::<P>(position)?.generation })
}

/// `None` for a read model without a complete generation: only its own queries fail.
fn if_built(position: Result<SnapshotPosition>) -> Result<Option<SnapshotPosition>> {
    match position {
        Err(ViewError::Building(_)) => Ok(None),
        position => position.map(Some),
    }
}

/// The position of the generation that this program reads.
pub(crate) async fn snapshot_position<P: Projection>(
    snapshot: &mut ViewConnection,
    merchant: &str,
) -> Result<SnapshotPosition> {
    let all = generation::read_all(snapshot, P::NAME).await?;
    let readable = generation::readable(&all, P::VERSION).ok_or(ViewError::Building(P::NAME))?;
    let checkpoint = checkpoint::read_all(snapshot, P::NAME, readable.number).await?.remove(merchant);
    let checkpoint = checkpoint.unwrap_or_default();
    let (position, hash, parked) = (checkpoint.position, checkpoint.hash, checkpoint.parked);
    Ok(SnapshotPosition { generation: readable.number, position, hash, parked })
}
