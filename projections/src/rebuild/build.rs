//! Building a generation beside the one that serves, and putting it in its place.

use std::sync::Arc;

use tokio::sync::watch;

use crate::error::ViewError;
use crate::rebuild::comparison::{Comparison, compare};
use crate::runtime::apply::{FoldError, look};
use crate::runtime::checkpoint::{self, Checkpoint};
use crate::runtime::generation::{self, Generation, GenerationState};
use crate::runtime::parked;
use crate::runtime::projection::Projection;
use crate::runtime::runner::{BUILDING, CaughtUp, FOLLOW, Runner, Workshop, fold};
use crate::store::{Scope, ViewConnection};

/// Events that may be missing of a merchant when a generation is put in place: they are folded while the other waits.
const LAST_FEW: u64 = 20_000;
/// How often two generations are brought to one position to be compared there, before it is given up.
const ATTEMPTS: usize = 200;
/// How long to wait between two of them.
const BETWEEN: std::time::Duration = std::time::Duration::from_millis(5);

/// Builds a generation until it is in its place, or cannot be put there.
pub(crate) async fn build<P: Projection>(
    shop: Workshop,
    generation: Generation,
    mut stop: watch::Receiver<bool>,
    changed: Arc<tokio::sync::Notify>,
) {
    let mut runner = Runner::<P>::new(shop.clone(), generation.number, BUILDING);
    loop {
        let is_whole = runner.catch_up(&stop).await == CaughtUp::Whole;
        if *stop.borrow() {
            return;
        }
        let done = match runner.halted() {
            Some(problem) if !is_first::<P>(&shop) => {
                give_up(&shop, &generation, &problem).await.map(|()| true)
            }
            _ if is_whole => finish::<P>(&shop, &generation, &stop).await,
            _ => Ok(false),
        };
        match done {
            Ok(true) => return changed.notify_one(),
            Ok(false) => runner.forget(),
            Err(error) => {
                tracing::warn!(projection = P::NAME, generation = generation.number, %error, "a build could not go on");
                runner.forget();
            }
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(FOLLOW) => {}
        }
    }
}

/// Whether there is nothing that this program could answer from instead: then one merchant's trouble, which is told, is
/// no reason to keep the others waiting.
fn is_first<P: Projection>(shop: &Workshop) -> bool {
    shop.progress.generation(P::NAME).is_none()
}

async fn give_up(shop: &Workshop, generation: &Generation, problem: &str) -> Result<(), ViewError> {
    let mut connection = shop.store.writer().await?;
    let to = if generation.state == GenerationState::Checking {
        GenerationState::Dropping
    } else {
        GenerationState::Differs
    };
    generation::change(&mut connection, generation, to, Some(problem)).await.map(drop)
}

/// What becomes of a generation that has caught up. False: it has to catch up once more.
async fn finish<P: Projection>(
    shop: &Workshop,
    generation: &Generation,
    stop: &watch::Receiver<bool>,
) -> Result<bool, ViewError> {
    if !generation.compared && generation.state == GenerationState::Building {
        return put_in_place::<P>(shop, generation).await;
    }
    let Some(comparison) = compared::<P>(shop, generation, stop).await? else { return Ok(false) };
    let problem = comparison.problem();
    let mut connection = shop.store.writer().await?;
    generation::note_compared(&mut connection, generation, comparison.rows).await?;
    let to = match (generation.state, &problem) {
        (GenerationState::Checking, _) => GenerationState::Dropping,
        (_, Some(_)) => GenerationState::Differs,
        (_, None) => {
            drop(connection);
            return put_in_place::<P>(shop, generation).await;
        }
    };
    if let Some(problem) = &problem {
        tracing::error!(
            projection = P::NAME,
            generation = generation.number,
            problem,
            "a read model differs"
        );
    }
    generation::change(&mut connection, generation, to, problem.as_deref()).await?;
    Ok(true)
}

/// Puts a generation in the place of the one that serves, which is kept. One of an older version than that is kept itself:
/// nodes of that version answer from it. False: it is too far behind.
pub(crate) async fn put_in_place<P: Projection>(
    shop: &Workshop,
    generation: &Generation,
) -> Result<bool, ViewError> {
    let mut transaction = shop.store.begin().await?;
    generation::lock(&mut transaction, P::NAME).await?;
    let all = generation::all(&mut transaction, P::NAME).await?;
    let Some(own) = all.iter().find(|known| known.number == generation.number) else { return Ok(true) };
    if own.state != generation.state {
        return Ok(true); // Another node has done it.
    }
    if !align::<P>(shop, &mut transaction, &all, own).await? {
        return Ok(false);
    }
    let former = generation::serving(&all);
    if former.is_some_and(|former| former.version > own.version) {
        generation::change(&mut transaction, own, GenerationState::Standby, None).await?;
    } else {
        if let Some(former) = former {
            generation::change(&mut transaction, former, GenerationState::Standby, None).await?;
        }
        generation::change(&mut transaction, own, GenerationState::Serving, None).await?;
    }
    transaction.commit().await?;
    tracing::info!(projection = P::NAME, generation = own.number, "a build has been put in place");
    Ok(true)
}

/// Brings a generation to where the one that serves is, which cannot move until the transaction ends. False: that is too
/// much to be done meanwhile.
async fn align<P: Projection>(
    shop: &Workshop,
    transaction: &mut ViewConnection,
    all: &[Generation],
    own: &Generation,
) -> Result<bool, ViewError> {
    let Some(former) = generation::serving(all) else { return Ok(true) };
    checkpoint::hold(transaction, P::NAME, former.number).await?;
    checkpoint::hold(transaction, P::NAME, own.number).await?;
    let there = checkpoint::read_all(transaction, P::NAME, former.number).await?;
    let mut reached = checkpoint::read_all(transaction, P::NAME, own.number).await?;
    for (merchant, there) in there {
        if shop.progress.of_generation(P::NAME, own.number, &merchant).halted.is_some() {
            continue; // It is told, and nothing will change it.
        }
        let mut here = reached.remove(&merchant).unwrap_or_default();
        if there.position.saturating_sub(here.position) > LAST_FEW {
            return Ok(false);
        }
        let scope = Scope { merchant: &merchant, generation: own.number };
        while here.position < there.position {
            match one_span::<P>(shop, transaction, scope, &here, there.position).await? {
                Some(next) => here = next,
                None => return Ok(false),
            }
        }
    }
    Ok(true)
}

/// Folds what comes next, not beyond a position; nothing where it has to be folded with more care.
async fn one_span<P: Projection>(
    shop: &Workshop,
    transaction: &mut ViewConnection,
    scope: Scope<'_>,
    from: &Checkpoint,
    upto: u64,
) -> Result<Option<Checkpoint>, ViewError> {
    let most = usize::try_from(upto - from.position).unwrap_or(usize::MAX);
    let mut events = shop.journal.read(scope.merchant, from.position, most).await?;
    events.retain(|event| event.position <= upto);
    let parked = parked::read(transaction, P::NAME, scope).await?;
    let looked = look::<P>(scope.merchant, from.position, &events)?;
    let span = (&events[..], looked);
    match fold::<P>(transaction, scope, (from, &parked), parked.clone(), span).await {
        Ok((next, _)) => Ok(Some(next)),
        Err(FoldError::Poisoned(_)) => Ok(None),
        Err(FoldError::View(error)) => Err(error),
    }
}

/// Compares a generation with the one that serves, in a moment in which both have come equally far; nothing where it has to
/// catch up first, or is to end.
async fn compared<P: Projection>(
    shop: &Workshop,
    generation: &Generation,
    stop: &watch::Receiver<bool>,
) -> Result<Option<Comparison>, ViewError> {
    for _ in 0..ATTEMPTS {
        let mut transaction = shop.store.begin().await?;
        let all = generation::all(&mut transaction, P::NAME).await?;
        if !align::<P>(shop, &mut transaction, &all, generation).await? {
            return Ok(None);
        }
        transaction.commit().await?;
        let Some(former) = generation::serving(&all) else { return Ok(Some(Comparison::default())) };
        let mut snapshot = shop.store.snapshot().await?;
        let there = checkpoint::read_all(&mut snapshot, P::NAME, former.number).await?;
        let here = checkpoint::read_all(&mut snapshot, P::NAME, generation.number).await?;
        if !there
            .iter()
            .all(|(merchant, there)| here.get(merchant).is_some_and(|here| here.position == there.position))
        {
            // What serves has gone on in between, or stands still.
            drop(snapshot);
            tokio::time::sleep(BETWEEN).await;
            continue;
        }
        let mut found = Comparison::default();
        for merchant in there.keys() {
            let both = (former.number, generation.number);
            compare::<P>(&mut snapshot, merchant, both, &mut found, stop).await?;
        }
        return Ok((!*stop.borrow()).then_some(found));
    }
    Ok(Some(Comparison::impossible("the two were never at one position: one of them stands still")))
}
