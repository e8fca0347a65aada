//! Activating a generation: it replaces the serving generation in one transaction.

use crate::error::Result;
use crate::runtime::apply::ApplyError;
use crate::runtime::batch::apply_in_transaction;
use crate::runtime::checkpoint::{self, Checkpoint};
use crate::runtime::classify::classify;
use crate::runtime::context::ProjectionContext;
use crate::runtime::generation::{self, Generation, GenerationState};
use crate::runtime::parked;
use crate::runtime::projection::Projection;
use crate::store::{Scope, Tables, ViewConnection};

/// The most events of a merchant that are applied while the serving generation is locked.
const MAX_EVENTS_UNDER_LOCK: u64 = 20_000;

/// Makes a generation the serving one, and the former serving generation a standby. A generation of an older version
/// than the serving one becomes a standby itself: nodes of its version read it. Returns false if it is too far behind.
pub(crate) async fn activate<P: Projection>(
    context: &ProjectionContext,
    generation: &Generation,
) -> Result<bool> {
    let mut transaction = context.store.begin().await?;
    generation::lock_all(&mut transaction, P::NAME).await?;
    let all = generation::read_all(&mut transaction, P::NAME).await?;
    let Some(own) = all.iter().find(|known| known.number == generation.number) else { return Ok(true) };
    if own.state != generation.state {
        return Ok(true); // Another node has activated it.
    }
    if !align::<P>(context, &mut transaction, &all, own).await? {
        return Ok(false);
    }
    let former = generation::serving(&all);
    if former.is_some_and(|former| former.version > own.version) {
        generation::change_state(&mut transaction, own, GenerationState::Standby, None).await?;
    } else {
        if let Some(former) = former {
            generation::change_state(&mut transaction, former, GenerationState::Standby, None).await?;
        }
        generation::change_state(&mut transaction, own, GenerationState::Serving, None).await?;
    }
    transaction.commit().await?;
    tracing::info!(projection = P::NAME, generation = own.number, "activated a generation");
    Ok(true)
}

/// Applies what a generation lacks compared with the serving one, whose checkpoints are locked until the transaction
/// ends. Returns false if that is too much for one transaction.
pub(crate) async fn align<P: Projection>(
    context: &ProjectionContext,
    transaction: &mut ViewConnection,
    all: &[Generation],
    own: &Generation,
) -> Result<bool> {
    let Some(serving) = generation::serving(all) else { return Ok(true) };
    checkpoint::lock(transaction, P::NAME, serving.number).await?;
    checkpoint::lock(transaction, P::NAME, own.number).await?;
    let targets = checkpoint::read_all(transaction, P::NAME, serving.number).await?;
    let mut checkpoints = checkpoint::read_all(transaction, P::NAME, own.number).await?;
    for (merchant, target) in targets {
        if context.progress.generation_state(P::NAME, own.number, &merchant).halted.is_some() {
            continue; // The halt is reported, and waiting does not end it.
        }
        let mut checkpoint = checkpoints.remove(&merchant).unwrap_or_default();
        if target.position.saturating_sub(checkpoint.position) > MAX_EVENTS_UNDER_LOCK {
            return Ok(false);
        }
        let scope = Scope { merchant: &merchant, generation: own.number };
        while checkpoint.position < target.position {
            match apply_next::<P>(context, &mut transaction.scoped(scope), &checkpoint, target.position)
                .await?
            {
                Some(next) => checkpoint = next,
                None => return Ok(false),
            }
        }
    }
    Ok(true)
}

/// Applies the next events up to a position. Returns `None` if a stream must be parked, which needs a transaction of
/// its own.
async fn apply_next<P: Projection>(
    context: &ProjectionContext,
    tables: &mut Tables<'_>,
    from: &Checkpoint,
    to: u64,
) -> Result<Option<Checkpoint>> {
    let limit = usize::try_from(to - from.position).unwrap_or(usize::MAX);
    let mut events = context.journal.read(tables.scope.merchant, from.position, limit).await?;
    events.retain(|event| event.position <= to);
    let parked = parked::read(tables, P::NAME).await?;
    let classified = classify::<P>(tables.scope.merchant, from.position, &events)?;
    let batch = (&events[..], classified);
    match apply_in_transaction::<P>(tables, (from, &parked), parked.clone(), batch).await {
        Ok((next, _)) => Ok(Some(next)),
        Err(ApplyError::Poisoned(_)) => Ok(None),
        Err(ApplyError::View(error)) => Err(error),
    }
}
