//! Proving read models: the journal is folded a second time, into a place that is thrown away, and every row is compared
//! with the one that serves.

use std::path::Path;
use std::sync::Arc;

use holdfast_journal::{Journal, JournalError};

use crate::error::ViewError;
use crate::read_models::availability::AvailabilityProjection;
use crate::read_models::causation::CausationProjection;
use crate::read_models::order_metrics::MetricsProjection;
use crate::read_models::orders::OrderStatusProjection;
use crate::read_models::read_snapshot::{SnapshotPosition, reached};
use crate::rebuild::comparison::{Comparison, compare_stores};
use crate::runtime::apply::look;
use crate::runtime::checkpoint::Checkpoint;
use crate::runtime::parked::Parked;
use crate::runtime::prefetch::Span;
use crate::runtime::projection::Projection;
use crate::runtime::runner::fold_span;
use crate::store::{Scope, ViewStore};

/// Events folded in one transaction, about.
const SPAN: usize = 20_000;
/// Events that may be missing when the rows that serve are held still: they are folded meanwhile.
const LAST_FEW: u64 = 20_000;

/// What was found of a merchant's rows of a read model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationReport {
    /// At which position of the journal.
    pub position: u64,
    /// How many rows were looked at.
    pub rows: u64,
    /// How many are not what the journal says, or are only in one of the two.
    pub different: u64,
    /// Some of them, in words: the table, the key and what differs.
    pub differences: Vec<String>,
}

/// What became of comparing a read model.
#[derive(Debug)]
pub struct VerificationResult {
    /// Which read model.
    pub projection: &'static str,
    /// What was found, or why it was not compared.
    pub result: Result<VerificationReport, ViewError>,
}

/// A second fold of a journal, and the read models that it is compared with. Nothing of theirs is changed.
pub struct Verification {
    journal: Arc<dyn Journal>,
    serving: ViewStore,
    again: ViewStore,
}

impl Verification {
    /// A fold into an empty directory, which is of no use afterwards.
    pub async fn in_directory(
        directory: &Path,
        journal: &Arc<dyn Journal>,
        serving: &ViewStore,
    ) -> Result<Self, ViewError> {
        let again = ViewStore::open(directory).await?;
        Ok(Self { journal: Arc::clone(journal), serving: serving.clone(), again })
    }

    /// How many read models a merchant has.
    pub const READ_MODEL_COUNT: u64 = 4;

    /// Compares every row of a merchant with what the journal says, at the position that the read model has reached, and
    /// tells meanwhile how many events have been folded. What is wrong with one read model keeps no other from being
    /// compared.
    pub async fn verify(&self, merchant: &str, mut told: impl FnMut(u64)) -> Vec<VerificationResult> {
        let mut all = Vec::new();
        self.verify_next::<OrderStatusProjection>(merchant, &mut all, &mut told).await;
        self.verify_next::<AvailabilityProjection>(merchant, &mut all, &mut told).await;
        self.verify_next::<MetricsProjection>(merchant, &mut all, &mut told).await;
        self.verify_next::<CausationProjection>(merchant, &mut all, &mut told).await;
        all
    }

    async fn verify_next<P: Projection>(
        &self,
        merchant: &str,
        all: &mut Vec<VerificationResult>,
        told: &mut impl FnMut(u64),
    ) {
        let folded: u64 =
            all.iter().filter_map(|before| before.result.as_ref().ok()).map(|proof| proof.position).sum();
        let result = self.verify_one::<P>(merchant, &mut |at| told(folded + at)).await;
        all.push(VerificationResult { projection: P::NAME, result });
    }

    /// Closes the second fold's store.
    pub async fn close(self) {
        self.again.close().await;
    }

    async fn verify_one<P: Projection>(
        &self,
        merchant: &str,
        told: &mut impl FnMut(u64),
    ) -> Result<VerificationReport, ViewError> {
        let mut fold = Fold {
            scope: Scope { merchant, generation: 1 },
            at: Checkpoint::default(),
            parked: Parked::default(),
        };
        loop {
            let mut snapshot = self.serving.snapshot().await?;
            let serving = reached::<P>(&mut snapshot, merchant).await?;
            if !self.is_of_this_journal(merchant, &serving).await? {
                let why = "what serves was not folded from this journal";
                return Ok(proof(serving.position, Comparison::impossible(why)));
            }
            if serving.position < fold.at.position {
                // Another build serves than before, which has not come as far.
                fold.scope.generation += 1;
                (fold.at, fold.parked) = (Checkpoint::default(), Parked::default());
            }
            // Nobody is kept from tidying up while much is folded.
            let is_near = serving.position - fold.at.position <= LAST_FEW;
            let snapshot = Some(snapshot).filter(|_| is_near);
            if let Some(beyond) = self.fold::<P>(&mut fold, serving.position, told).await? {
                return Ok(beyond);
            }
            let Some(mut snapshot) = snapshot else { continue };
            let mut comparison = Comparison::default();
            let here = Scope { merchant, generation: serving.generation };
            let mut again = self.again.snapshot().await?;
            let there = (&mut again, fold.scope);
            compare_stores::<P>((&mut snapshot, here), there, &mut comparison).await?;
            return Ok(proof(serving.position, comparison));
        }
    }

    /// Folds up to a position. What the journal does not let it fold is what was found.
    async fn fold<P: Projection>(
        &self,
        fold: &mut Fold<'_>,
        upto: u64,
        told: &mut impl FnMut(u64),
    ) -> Result<Option<VerificationReport>, ViewError> {
        while fold.at.position < upto {
            let most = usize::try_from(upto - fold.at.position).unwrap_or(usize::MAX).min(SPAN);
            let read = self.journal.read(fold.scope.merchant, fold.at.position, most).await;
            let folded = match read {
                Ok(mut events) => {
                    events.retain(|event| event.position <= upto);
                    match look::<P>(fold.scope.merchant, fold.at.position, &events) {
                        Ok(looked) => {
                            let span = Span { events, looked };
                            fold_span::<P>(&self.again, fold.scope, &fold.at, &fold.parked, span).await
                        }
                        Err(error) => Err(error),
                    }
                }
                Err(error) => Err(error.into()),
            };
            let (position, reason) = match folded {
                Ok((at, parked)) => {
                    (fold.at, fold.parked) = (at, parked);
                    told(fold.at.position);
                    continue;
                }
                Err(ViewError::Halted { position, reason, .. }) => (position, reason),
                Err(ViewError::Journal(JournalError::Corrupt(reason))) => (fold.at.position, reason),
                Err(error) => return Err(error),
            };
            let why = format!("the journal cannot be folded beyond position {position}: {reason}");
            return Ok(Some(proof(position, Comparison::impossible(&why))));
        }
        Ok(None)
    }

    async fn is_of_this_journal(
        &self,
        merchant: &str,
        serving: &SnapshotPosition,
    ) -> Result<bool, ViewError> {
        if serving.position == 0 {
            return Ok(true);
        }
        let event = self.journal.read(merchant, serving.position - 1, 1).await?;
        Ok(event
            .first()
            .is_some_and(|event| event.position == serving.position && event.hash.0[..] == serving.hash[..]))
    }
}

/// How far the second fold is.
struct Fold<'a> {
    scope: Scope<'a>,
    at: Checkpoint,
    parked: Parked,
}

fn proof(position: u64, comparison: Comparison) -> VerificationReport {
    let Comparison { rows, different, told } = comparison;
    VerificationReport { position, rows, different, differences: told }
}
