//! Applying a batch of events and moving the checkpoint, in one transaction.

use holdfast_journal::Event;
use holdfast_postgres_support::has_grown_fourfold;

use super::apply::{ApplyError, apply, partition_parked};
use super::checkpoint::{self, Checkpoint};
use super::classify::{Classified, classify, halted};
use super::parked::{self, ParkedStream, ParkedStreams};
use super::prefetch::EventBatch;
use super::projection::{Projection, table_names};
use crate::error::{Result, ViewError};
use crate::store::{Scope, Tables, ViewStore};

/// Applies a batch and moves the checkpoint in a transaction of its own. Parks the streams whose events cannot be
/// applied, and applies the rest. Returns the new checkpoint and the parked streams.
pub(crate) async fn apply_batch<P: Projection>(
    store: &ViewStore,
    scope: Scope<'_>,
    checkpoint: &Checkpoint,
    parked: &ParkedStreams,
    batch: EventBatch,
) -> Result<(Checkpoint, ParkedStreams)> {
    let EventBatch { events, mut classified } = batch;
    let mut to_park = parked.clone();
    loop {
        let mut transaction = store.begin().await?;
        let state = (checkpoint, parked);
        let batch = (&events[..], classified);
        match apply_in_transaction::<P>(&mut transaction.scoped(scope), state, to_park.clone(), batch).await {
            Ok((next, parked)) => {
                if has_grown_fourfold(checkpoint.position, next.position) {
                    transaction.update_statistics(&table_names::<P>()).await?;
                }
                transaction.commit().await?;
                return Ok((next, parked));
            }
            Err(ApplyError::View(error)) => return Err(error),
            Err(ApplyError::Poisoned(poison_events)) => {
                for poison_event in poison_events {
                    to_park.park(poison_event);
                }
                classified = classify::<P>(scope.merchant, checkpoint.position, &events)?;
            }
        }
    }
}

/// Applies a batch and moves the checkpoint within a transaction. The checkpoint moves first: if another node applies
/// the same batch, one of the two waits there, and then fails before it has changed a row.
///
/// `to_park` contains the streams that were parked before, and the streams that the caller has found to be poisoned in
/// this batch.
pub(crate) async fn apply_in_transaction<P: Projection>(
    tables: &mut Tables<'_>,
    (checkpoint, parked): (&Checkpoint, &ParkedStreams),
    to_park: ParkedStreams,
    (events, classified): (&[Event], Vec<Classified>),
) -> Result<(Checkpoint, ParkedStreams), ApplyError> {
    let halt =
        |position: u64, reason: &str| ApplyError::View(halted::<P>(tables.scope.merchant, position, reason));
    if events.first().is_some_and(|first| !first.follows(tables.scope.merchant, &checkpoint.hash)) {
        let reason = "the next event does not follow the last folded event: the journal has another history";
        return Err(halt(checkpoint.position, reason));
    }
    if checkpoint.parked != parked.event_count() {
        // The two were read one after the other, and another node has moved the checkpoint in between.
        return Err(ViewError::CheckpointMoved(P::NAME).into());
    }
    let batch = partition_parked(events, classified, to_park);
    let Some(last) = events.last() else {
        return Err(halt(checkpoint.position, "the journal ends before its head"));
    };
    let next = Checkpoint {
        position: last.position,
        hash: last.hash.0.to_vec(),
        folded: checkpoint.folded + batch.folded,
        parked: batch.parked.event_count(),
    };
    if next.folded + next.parked != next.position {
        return Err(halt(next.position, "folded and parked events do not add up to the position"));
    }
    checkpoint::advance(tables, P::NAME, checkpoint, &next).await?;
    apply::<P>(tables, batch.relevant, events).await?;
    parked::write(tables, P::NAME, parked, &batch.parked).await?;
    mark_stale::<P>(tables, batch.parked.added_since(parked)).await?;
    Ok((next, batch.parked))
}

/// Logs newly parked streams and marks their rows as stale.
async fn mark_stale<P: Projection>(
    tables: &mut Tables<'_>,
    added: impl Iterator<Item = &ParkedStream>,
) -> Result<()> {
    let mut streams = Vec::new();
    for ParkedStream { stream, position, error, .. } in added {
        let merchant = tables.scope.merchant;
        tracing::error!(
            projection = P::NAME,
            merchant,
            stream,
            position,
            error,
            "parked a stream: an event cannot be applied"
        );
        streams.push(stream.as_str());
    }
    P::mark_stale(tables, &streams).await
}
