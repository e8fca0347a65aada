//! Verifying read models: the journal is folded again into a temporary store, and every row is compared with the
//! serving generation.

use std::path::Path;
use std::sync::Arc;

use holdfast_journal::{Journal, JournalError};

use super::comparison::{Comparison, compare_stores};
use crate::error::{Result, ViewError};
use crate::read_models::availability::AvailabilityProjection;
use crate::read_models::cart_reservations::CartReservationsProjection;
use crate::read_models::causation::CausationProjection;
use crate::read_models::order_metrics::MetricsProjection;
use crate::read_models::orders::OrderStatusProjection;
use crate::read_models::read_snapshot::{SnapshotPosition, snapshot_position};
use crate::runtime::batch::apply_batch;
use crate::runtime::checkpoint::Checkpoint;
use crate::runtime::classify::classify;
use crate::runtime::parked::ParkedStreams;
use crate::runtime::prefetch::EventBatch;
use crate::runtime::projection::Projection;
use crate::store::{Scope, ViewStore};

/// About how many events are applied in one transaction.
const BATCH_SIZE: usize = 20_000;
/// The most events that are applied while a snapshot of the serving generation is open. An open snapshot keeps the
/// database from removing old row versions.
const MAX_EVENTS_DURING_SNAPSHOT: u64 = 20_000;

/// The result of comparing the rows of one read model and merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationReport {
    /// The position in the journal at which the rows were compared.
    pub position: u64,
    /// The number of rows that were compared.
    pub rows: u64,
    /// The number of rows that differ from the journal, or exist on one side only.
    pub different: u64,
    /// Descriptions of the first differences: the table, the key, and what differs.
    pub differences: Vec<String>,
}

/// The result of verifying one read model.
#[derive(Debug)]
pub struct VerificationResult {
    /// The name of the read model.
    pub projection: &'static str,
    /// The report, or why the read model could not be compared.
    pub result: Result<VerificationReport>,
}

/// Verifies read models against a journal, without changing them.
pub struct Verification {
    journal: Arc<dyn Journal>,
    serving: ViewStore,
    /// The temporary store.
    rebuilt: ViewStore,
}

impl Verification {
    /// Prepares a verification with a temporary store in an empty directory.
    pub async fn in_directory(
        directory: &Path,
        journal: &Arc<dyn Journal>,
        serving: &ViewStore,
    ) -> Result<Self> {
        let rebuilt = ViewStore::open(directory).await?;
        Ok(Self { journal: Arc::clone(journal), serving: serving.clone(), rebuilt })
    }

    /// The number of read models of a merchant.
    pub const READ_MODEL_COUNT: u64 = 5;

    /// Compares every row of a merchant with the journal, at the position that each read model has reached. Reports the
    /// number of folded events to `progress`. An error of one read model does not stop the verification of the others.
    pub async fn verify(&self, merchant: &str, mut progress: impl FnMut(u64)) -> Vec<VerificationResult> {
        let mut results = Vec::new();
        self.verify_next::<OrderStatusProjection>(merchant, &mut results, &mut progress).await;
        self.verify_next::<AvailabilityProjection>(merchant, &mut results, &mut progress).await;
        self.verify_next::<MetricsProjection>(merchant, &mut results, &mut progress).await;
        self.verify_next::<CartReservationsProjection>(merchant, &mut results, &mut progress).await;
        self.verify_next::<CausationProjection>(merchant, &mut results, &mut progress).await;
        results
    }

    async fn verify_next<P: Projection>(
        &self,
        merchant: &str,
        results: &mut Vec<VerificationResult>,
        progress: &mut impl FnMut(u64),
    ) {
        let reports = results.iter().filter_map(|before| before.result.as_ref().ok());
        let folded: u64 = reports.map(|report| report.position).sum();
        let result = self.verify_one::<P>(merchant, &mut |position| progress(folded + position)).await;
        results.push(VerificationResult { projection: P::NAME, result });
    }

    /// Closes the temporary store.
    pub async fn close(self) {
        self.rebuilt.close().await;
    }

    async fn verify_one<P: Projection>(
        &self,
        merchant: &str,
        progress: &mut impl FnMut(u64),
    ) -> Result<VerificationReport> {
        let mut rebuild = Rebuild {
            scope: Scope { merchant, generation: 1 },
            checkpoint: Checkpoint::default(),
            parked: ParkedStreams::default(),
        };
        loop {
            let mut snapshot = self.serving.snapshot().await?;
            let serving = snapshot_position::<P>(&mut snapshot, merchant).await?;
            if !self.is_of_this_journal(merchant, &serving).await? {
                let reason = "the read model was built from another journal";
                return Ok(report(serving.position, Comparison::failed(reason)));
            }
            if serving.position < rebuild.checkpoint.position {
                // Another generation serves now, and it has not come as far: start again.
                rebuild.scope.generation += 1;
                (rebuild.checkpoint, rebuild.parked) = (Checkpoint::default(), ParkedStreams::default());
            }
            let missing = serving.position - rebuild.checkpoint.position;
            let snapshot = Some(snapshot).filter(|_| missing <= MAX_EVENTS_DURING_SNAPSHOT);
            if let Some(failed) = self.apply::<P>(&mut rebuild, serving.position, progress).await? {
                return Ok(failed);
            }
            let Some(mut snapshot) = snapshot else { continue };
            let mut comparison = Comparison::default();
            let scope = Scope { merchant, generation: serving.generation };
            let mut rebuilt = self.rebuilt.snapshot().await?;
            let (served, rebuilt) = (&mut snapshot.scoped(scope), &mut rebuilt.scoped(rebuild.scope));
            compare_stores::<P>(served, rebuilt, &mut comparison).await?;
            return Ok(report(serving.position, comparison));
        }
    }

    /// Applies events up to a position. Returns a report if the journal is damaged.
    async fn apply<P: Projection>(
        &self,
        rebuild: &mut Rebuild<'_>,
        to: u64,
        progress: &mut impl FnMut(u64),
    ) -> Result<Option<VerificationReport>> {
        while rebuild.checkpoint.position < to {
            let (position, reason) = match self.apply_next::<P>(rebuild, to).await {
                Ok(()) => {
                    progress(rebuild.checkpoint.position);
                    continue;
                }
                Err(ViewError::Halted { position, reason, .. }) => (position, reason),
                Err(ViewError::Journal(JournalError::Corrupt(reason))) => {
                    (rebuild.checkpoint.position, reason)
                }
                Err(error) => return Err(error),
            };
            let reason = format!("the journal cannot be folded beyond position {position}: {reason}");
            return Ok(Some(report(position, Comparison::failed(&reason))));
        }
        Ok(None)
    }

    /// Applies the next batch.
    async fn apply_next<P: Projection>(&self, rebuild: &mut Rebuild<'_>, to: u64) -> Result<()> {
        let Rebuild { scope, checkpoint, parked } = rebuild;
        let limit = usize::try_from(to - checkpoint.position).unwrap_or(usize::MAX).min(BATCH_SIZE);
        let mut events = self.journal.read(scope.merchant, checkpoint.position, limit).await?;
        events.retain(|event| event.position <= to);
        let classified = classify::<P>(scope.merchant, checkpoint.position, &events)?;
        let batch = EventBatch { events, classified };
        (*checkpoint, *parked) = apply_batch::<P>(&self.rebuilt, *scope, checkpoint, parked, batch).await?;
        Ok(())
    }

    async fn is_of_this_journal(&self, merchant: &str, serving: &SnapshotPosition) -> Result<bool> {
        if serving.position == 0 {
            return Ok(true);
        }
        let events = self.journal.read(merchant, serving.position - 1, 1).await?;
        Ok(events
            .first()
            .is_some_and(|event| event.position == serving.position && event.hash.0[..] == serving.hash[..]))
    }
}

/// The state of a rebuild in the temporary store.
struct Rebuild<'a> {
    scope: Scope<'a>,
    checkpoint: Checkpoint,
    parked: ParkedStreams,
}

fn report(position: u64, comparison: Comparison) -> VerificationReport {
    let Comparison { rows, different, differences } = comparison;
    VerificationReport { position, rows, different, differences }
}
