//! Taking parked streams up again, once what kept them from being folded is mended.

use holdfast_journal::Event;

use crate::error::ViewError;
use crate::runtime::apply::{FoldError, Looked, fold_into, halted, look, poison};
use crate::runtime::checkpoint::{self, Checkpoint};
use crate::runtime::lease::Lease;
use crate::runtime::parked::{self, ParkedStream, Poison};
use crate::runtime::projection::Projection;
use crate::runtime::runner::{FOLLOW, Workshop};
use crate::store::{Scope, ViewConnection};

/// How often it is tried where another node is folding, before it is given up.
const ATTEMPTS: usize = 200;

/// What became of parked streams.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetryResult {
    /// Streams that are folded now.
    pub folded: u64,
    /// Streams that still cannot be.
    pub parked: u64,
}

/// Tries every parked stream of a generation once.
pub(crate) async fn retry<P: Projection>(shop: &Workshop, generation: i64) -> Result<RetryResult, ViewError> {
    let mut retried = RetryResult::default();
    for (merchant, ParkedStream { stream, .. }) in parked::<P>(shop, generation).await? {
        let scope = Scope { merchant: &merchant, generation };
        // What is wrong with one keeps no other from being taken up.
        let folded = retry_stream::<P>(shop, scope, &stream).await.unwrap_or_else(|error| {
            tracing::error!(projection = P::NAME, merchant, stream, %error, "a stream cannot be taken up");
            false
        });
        *if folded { &mut retried.folded } else { &mut retried.parked } += 1;
    }
    Ok(retried)
}

/// Tries one stream, when nobody else folds. Gives whether it is folded now.
async fn retry_stream<P: Projection>(
    shop: &Workshop,
    scope: Scope<'_>,
    stream: &str,
) -> Result<bool, ViewError> {
    for _ in 0..ATTEMPTS {
        let Some(lease) = Lease::take(&shop.store, P::NAME, scope, &shop.node).await? else {
            tokio::time::sleep(FOLLOW).await;
            continue;
        };
        let folded = take_up::<P>(shop, scope, stream).await;
        lease.give_back().await?;
        match folded {
            Err(ViewError::CheckpointMoved(_)) => tokio::time::sleep(FOLLOW).await,
            other => return other,
        }
    }
    Err(ViewError::CheckpointMoved(P::NAME))
}

/// Folds all that waits of a stream, up to where everything else is folded, in one transaction.
async fn take_up<P: Projection>(shop: &Workshop, scope: Scope<'_>, name: &str) -> Result<bool, ViewError> {
    let mut transaction = shop.store.begin().await?;
    checkpoint::hold(&mut transaction, P::NAME, scope.generation).await?;
    let mut all = checkpoint::read_all(&mut transaction, P::NAME, scope.generation).await?;
    let parked = parked::read(&mut transaction, P::NAME, scope).await?;
    let waiting = parked.streams().find(|parked| parked.stream == name);
    let (Some(checkpoint), Some(waiting)) = (all.remove(scope.merchant), waiting) else { return Ok(true) };
    let mut events = shop.journal.read_stream(scope.merchant, name, checkpoint.position).await?;
    events.retain(|event| event.position >= waiting.position);
    if events.len() as u64 != waiting.events {
        let reason =
            format!("{} events of {name} are parked, and {} are there", waiting.events, events.len());
        return Err(halted::<P>(scope.merchant, checkpoint.position, &reason));
    }
    match fold_stream::<P>(&mut transaction, scope, &events).await {
        Ok(()) => {}
        Err(FoldError::View(error)) => return Err(error),
        Err(FoldError::Poisoned(poisons)) => {
            for Poison { position, error, .. } in poisons {
                tracing::warn!(projection = P::NAME, stream = name, position, error, "a stream stays parked");
            }
            return Ok(false);
        }
    }
    let next = Checkpoint {
        folded: checkpoint.folded + waiting.events,
        parked: checkpoint.parked - waiting.events,
        ..checkpoint.clone()
    };
    checkpoint::advance(&mut transaction, P::NAME, scope, &checkpoint, &next).await?;
    parked::release(&mut transaction, P::NAME, scope, name).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Folds the events of one stream onto its rows.
async fn fold_stream<P: Projection>(
    transaction: &mut ViewConnection,
    scope: Scope<'_>,
    events: &[Event],
) -> Result<(), FoldError> {
    let mut recorded = Vec::with_capacity(events.len());
    for event in events {
        // One by one: between them are positions of other streams.
        let one = std::slice::from_ref(event);
        let looked = look::<P>(scope.merchant, event.position - 1, one)?;
        match <[Looked; 1]>::try_from(looked) {
            Ok([Looked::Seen(seen)]) => recorded.push(*seen),
            Ok([Looked::Unreadable(error)]) => return Err(FoldError::Poisoned(vec![poison(event, error)])),
            _ => {}
        }
    }
    fold_into::<P>(transaction, scope, recorded, events).await
}

/// Everything that is parked in a generation, by merchant.
pub(crate) async fn parked<P: Projection>(
    shop: &Workshop,
    generation: i64,
) -> Result<Vec<(String, ParkedStream)>, ViewError> {
    let mut connection = shop.store.writer().await?;
    let all = checkpoint::read_all(&mut connection, P::NAME, generation).await?;
    let mut found = Vec::new();
    for (merchant, _) in all.into_iter().filter(|(_, checkpoint)| checkpoint.parked > 0) {
        let scope = Scope { merchant: &merchant, generation };
        let parked = parked::read(&mut connection, P::NAME, scope).await?;
        found.extend(parked.streams().map(|stream| (merchant.clone(), stream.clone())));
    }
    Ok(found)
}
