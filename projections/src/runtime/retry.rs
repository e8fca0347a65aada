//! Retrying parked streams, after the cause of their failure has been fixed.

use holdfast_journal::Event;

use super::apply::{ApplyError, apply};
use super::checkpoint::{self, Checkpoint};
use super::classify::{Classified, classify, halted};
use super::context::{FOLLOW_INTERVAL, ProjectionContext};
use super::lease::Lease;
use super::parked::{self, ParkedStream, PoisonEvent};
use super::projection::Projection;
use crate::error::{Result, ViewError};
use crate::store::{Scope, Tables};

/// How often a retry waits for the lease of another node before it fails.
const MAX_ATTEMPTS: usize = 200;

/// The result of retrying parked streams.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetryResult {
    /// The number of streams whose events have been folded.
    pub folded: u64,
    /// The number of streams that are still parked.
    pub parked: u64,
}

/// Retries every parked stream of a generation once.
pub(crate) async fn retry<P: Projection>(
    context: &ProjectionContext,
    generation: i64,
) -> Result<RetryResult> {
    let mut result = RetryResult::default();
    for (merchant, ParkedStream { stream, .. }) in parked::<P>(context, generation).await? {
        let scope = Scope { merchant: &merchant, generation };
        // A failure of one stream does not stop the retry of the others.
        let folded = retry_stream::<P>(context, scope, &stream).await.unwrap_or_else(|error| {
            tracing::error!(projection = P::NAME, merchant, stream, %error, "failed to retry a parked stream");
            false
        });
        *if folded { &mut result.folded } else { &mut result.parked } += 1;
    }
    Ok(result)
}

/// Retries one stream under the lease. Returns whether its events have been folded.
async fn retry_stream<P: Projection>(
    context: &ProjectionContext,
    scope: Scope<'_>,
    stream: &str,
) -> Result<bool> {
    for _ in 0..MAX_ATTEMPTS {
        let Some(lease) = Lease::take(&context.store, P::NAME, scope, &context.node).await? else {
            tokio::time::sleep(FOLLOW_INTERVAL).await;
            continue;
        };
        let folded = fold_parked::<P>(context, scope, stream).await;
        lease.release().await?;
        match folded {
            Err(ViewError::CheckpointMoved(_)) => tokio::time::sleep(FOLLOW_INTERVAL).await,
            other => return other,
        }
    }
    Err(ViewError::CheckpointMoved(P::NAME))
}

/// Folds all parked events of a stream, up to the checkpoint, in one transaction.
async fn fold_parked<P: Projection>(
    context: &ProjectionContext,
    scope: Scope<'_>,
    stream: &str,
) -> Result<bool> {
    let mut transaction = context.store.begin().await?;
    checkpoint::lock(&mut transaction, P::NAME, scope.generation).await?;
    let mut checkpoints = checkpoint::read_all(&mut transaction, P::NAME, scope.generation).await?;
    let all = parked::read(&mut transaction.scoped(scope), P::NAME).await?;
    let parked = all.streams().find(|parked| parked.stream == stream);
    let (Some(checkpoint), Some(parked)) = (checkpoints.remove(scope.merchant), parked) else {
        return Ok(true);
    };
    let mut events = context.journal.read_stream(scope.merchant, stream, checkpoint.position).await?;
    events.retain(|event| event.position >= parked.position);
    if events.len() as u64 != parked.events {
        let reason =
            format!("{} events of {stream} are parked, but the journal has {}", parked.events, events.len());
        return Err(halted::<P>(scope.merchant, checkpoint.position, &reason));
    }
    match fold_stream::<P>(&mut transaction.scoped(scope), &events).await {
        Ok(()) => {}
        Err(ApplyError::View(error)) => return Err(error),
        Err(ApplyError::Poisoned(poison_events)) => {
            for PoisonEvent { position, error, .. } in poison_events {
                tracing::warn!(projection = P::NAME, stream, position, error, "the stream stays parked");
            }
            return Ok(false);
        }
    }
    let next = Checkpoint {
        folded: checkpoint.folded + parked.events,
        parked: checkpoint.parked - parked.events,
        ..checkpoint.clone()
    };
    checkpoint::advance(&mut transaction.scoped(scope), P::NAME, &checkpoint, &next).await?;
    parked::delete(&mut transaction.scoped(scope), P::NAME, stream).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Applies the events of one stream.
async fn fold_stream<P: Projection>(tables: &mut Tables<'_>, events: &[Event]) -> Result<(), ApplyError> {
    let mut relevant = Vec::with_capacity(events.len());
    for event in events {
        // One at a time, because the positions of a stream's events have gaps.
        let classified =
            classify::<P>(tables.scope.merchant, event.position - 1, std::slice::from_ref(event))?;
        match <[Classified; 1]>::try_from(classified) {
            Ok([Classified::Relevant(recorded)]) => relevant.push(*recorded),
            Ok([Classified::Undecodable(error)]) => {
                return Err(ApplyError::Poisoned(vec![PoisonEvent::new(event, error)]));
            }
            _ => {}
        }
    }
    apply::<P>(tables, relevant, events).await
}

/// All parked streams of a generation, by merchant.
pub(crate) async fn parked<P: Projection>(
    context: &ProjectionContext,
    generation: i64,
) -> Result<Vec<(String, ParkedStream)>> {
    let mut connection = context.store.writer().await?;
    let checkpoints = checkpoint::read_all(&mut connection, P::NAME, generation).await?;
    let mut found = Vec::new();
    for (merchant, _) in checkpoints.into_iter().filter(|(_, checkpoint)| checkpoint.parked > 0) {
        let scope = Scope { merchant: &merchant, generation };
        let parked = parked::read(&mut connection.scoped(scope), P::NAME).await?;
        found.extend(parked.streams().map(|stream| (merchant.clone(), stream.clone())));
    }
    Ok(found)
}
