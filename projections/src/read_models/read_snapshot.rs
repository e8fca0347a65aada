//! The read models of a merchant at one moment, to be read from end to end while others write them.

use std::time::Duration;

use holdfast_domain::stock::AvailabilityView;
use holdfast_domain::values::Sku;

use crate::error::ViewError;
use crate::read_models::availability::{self, AvailabilityProjection};
use crate::read_models::order_metrics::{MetricCell, MetricCursor, MetricsProjection, cells};
use crate::read_models::orders::{self, OrderRow, OrderSort, OrderStatusProjection};
use crate::runtime::checkpoint;
use crate::runtime::generation;
use crate::runtime::projection::Projection;
use crate::store::{Scope, ViewConnection, ViewStore};

/// How often to look for a moment in which all read models have come equally far, and far enough.
const ATTEMPTS: u32 = 50;
/// After how many looks in which nothing has moved nobody seems to be at it.
const STILL: u32 = 10;
/// How long to wait between two of them.
const BETWEEN: Duration = Duration::from_millis(20);

/// How far a read model is at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotPosition {
    /// The build.
    pub generation: i64,
    /// Everything up to here is folded or parked.
    pub position: u64,
    /// The hash of the event there; 32 zeros at the beginning.
    pub hash: Vec<u8>,
    /// Events that could not be folded, or wait behind one.
    pub parked: u64,
}

/// The read models of a merchant at one moment.
pub struct ReadSnapshot {
    snapshot: ViewConnection,
    merchant: String,
    /// Nothing for a read model that is not built yet.
    orders: Option<SnapshotPosition>,
    stock: Option<SnapshotPosition>,
    metrics: Option<SnapshotPosition>,
}

impl ReadSnapshot {
    /// The read models of a merchant. Where all of them come to one position, not before the one that is wanted, within
    /// about a second, they are taken there; else, as where no server is running, each as far as it is.
    pub async fn open(store: &ViewStore, merchant: &str, wanted: u64) -> Result<Self, ViewError> {
        let (mut attempts, mut still) = (ATTEMPTS, STILL);
        let mut before = None;
        loop {
            let moment = Self::now(store, merchant).await?;
            if moment.is_at(wanted) || attempts == 0 || still == 0 {
                return Ok(moment);
            }
            let now = moment.positions();
            drop(moment);
            attempts -= 1;
            still = if before.as_ref() == Some(&now) { still - 1 } else { STILL };
            before = Some(now);
            tokio::time::sleep(BETWEEN).await;
        }
    }

    /// The read models of a merchant, each as far as it is.
    pub(crate) async fn now(store: &ViewStore, merchant: &str) -> Result<Self, ViewError> {
        let mut snapshot = store.snapshot().await?;
        let orders = if_built(reached::<OrderStatusProjection>(&mut snapshot, merchant).await)?;
        let stock = if_built(reached::<AvailabilityProjection>(&mut snapshot, merchant).await)?;
        let metrics = if_built(reached::<MetricsProjection>(&mut snapshot, merchant).await)?;
        Ok(Self { snapshot, merchant: merchant.to_owned(), orders, stock, metrics })
    }

    /// The positions of those that are built.
    fn positions(&self) -> Vec<u64> {
        let all = [&self.orders, &self.stock, &self.metrics];
        all.into_iter().flatten().map(|reached| reached.position).collect()
    }

    /// Whether all read models have come equally far, and to a position.
    pub(crate) fn is_at(&self, wanted: u64) -> bool {
        let positions = self.positions();
        positions.iter().all(|position| *position >= wanted && Some(position) == positions.first())
    }

    /// How far orders are.
    pub fn orders_position(&self) -> Result<&SnapshotPosition, ViewError> {
        built::<OrderStatusProjection>(self.orders.as_ref())
    }

    /// How far availability is.
    pub fn stock_position(&self) -> Result<&SnapshotPosition, ViewError> {
        built::<AvailabilityProjection>(self.stock.as_ref())
    }

    /// How far metrics are.
    pub fn metrics_position(&self) -> Result<&SnapshotPosition, ViewError> {
        built::<MetricsProjection>(self.metrics.as_ref())
    }

    /// Orders behind one of them, by the position of its first event, in the order in which they were created.
    pub async fn orders(&mut self, after: u64, most: usize) -> Result<Vec<OrderRow>, ViewError> {
        let generation = self.orders_position()?.generation;
        let scope = Scope { merchant: &self.merchant, generation };
        let after = after.to_string();
        orders::sorted_after(&mut self.snapshot, scope, OrderSort::OldestFirst, &after, most).await
    }

    /// Orders behind one of them, by the moment in which it was last changed and the position of its first event, in the
    /// order in which they were changed.
    pub async fn changed_orders(
        &mut self,
        (changed_at, first_position): (i64, u64),
        most: usize,
    ) -> Result<Vec<OrderRow>, ViewError> {
        let generation = self.orders_position()?.generation;
        let scope = Scope { merchant: &self.merchant, generation };
        let after = format!("{changed_at}.{first_position}");
        orders::sorted_after(&mut self.snapshot, scope, OrderSort::EarliestChangeFirst, &after, most).await
    }

    /// What can be promised of SKUs, behind one of them or from the first.
    pub async fn stock(
        &mut self,
        after: Option<&Sku>,
        most: usize,
    ) -> Result<Vec<AvailabilityView>, ViewError> {
        let generation = self.stock_position()?.generation;
        let scope = Scope { merchant: &self.merchant, generation };
        availability::following(&mut self.snapshot, scope, after, most).await
    }

    /// How many SKUs there are.
    pub async fn sku_count(&mut self) -> Result<u64, ViewError> {
        let generation = self.stock_position()?.generation;
        let scope = Scope { merchant: &self.merchant, generation };
        availability::count(&mut self.snapshot, scope).await
    }

    /// What was measured, hour by hour.
    pub async fn metrics(&mut self, after: &MetricCursor, most: usize) -> Result<Vec<MetricCell>, ViewError> {
        let generation = self.metrics_position()?.generation;
        let scope = Scope { merchant: &self.merchant, generation };
        cells::following(&mut self.snapshot, scope, after, most).await
    }

    /// How many rows of measures there are.
    pub async fn metric_cell_count(&mut self) -> Result<u64, ViewError> {
        let generation = self.metrics_position()?.generation;
        let scope = Scope { merchant: &self.merchant, generation };
        cells::count(&mut self.snapshot, scope).await
    }
}

fn built<P: Projection>(reached: Option<&SnapshotPosition>) -> Result<&SnapshotPosition, ViewError> {
    reached.ok_or(ViewError::Building(P::NAME))
}

/// Nothing where it is not built yet, which is only an obstacle to who asks for it.
fn if_built(reached: Result<SnapshotPosition, ViewError>) -> Result<Option<SnapshotPosition>, ViewError> {
    match reached {
        Err(ViewError::Building(_)) => Ok(None),
        reached => reached.map(Some),
    }
}

/// How far what this program answers from is with a merchant's journal.
pub(crate) async fn reached<P: Projection>(
    snapshot: &mut ViewConnection,
    merchant: &str,
) -> Result<SnapshotPosition, ViewError> {
    let all = generation::all(snapshot, P::NAME).await?;
    let generation = generation::answers(&all, P::VERSION).ok_or(ViewError::Building(P::NAME))?.number;
    let checkpoint = checkpoint::read_all(snapshot, P::NAME, generation).await?.remove(merchant);
    let checkpoint = checkpoint.unwrap_or_default();
    let (position, hash, parked) = (checkpoint.position, checkpoint.hash, checkpoint.parked);
    Ok(SnapshotPosition { generation, position, hash, parked })
}
