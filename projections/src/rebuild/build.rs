//! Builds a generation next to the serving one, until the new generation is activated, compared or has failed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::activation::{activate, align};
use super::comparison::{Comparison, compare_generations};
use crate::error::Result;
use crate::runtime::checkpoint;
use crate::runtime::context::{FOLLOW_INTERVAL, ProjectionContext};
use crate::runtime::generation::{self, Generation, GenerationState};
use crate::runtime::projection::Projection;
use crate::runtime::runner::{CatchUp, RunMode, Runner};

/// The maximum number of attempts to bring two generations to the same position for a comparison.
const MAX_ALIGN_ATTEMPTS: usize = 200;
/// The pause between two of these attempts.
const ALIGN_INTERVAL: Duration = Duration::from_millis(5);

/// Builds a generation until its state changes, and then wakes the generation manager.
pub(crate) async fn build<P: Projection>(
    context: ProjectionContext,
    generation: Generation,
    mut stop: watch::Receiver<bool>,
    changed: Arc<Notify>,
) {
    let mut runner = Runner::<P>::new(context.clone(), generation.number, RunMode::BUILD);
    loop {
        let is_complete = runner.catch_up(&stop).await == CatchUp::Complete;
        if *stop.borrow() {
            return;
        }
        let finished = match runner.halt_reason() {
            Some(problem) if !is_first::<P>(&context) => {
                reject(&context, &generation, &problem).await.map(|()| true)
            }
            _ if is_complete => finish::<P>(&context, &generation, &stop).await,
            _ => Ok(false),
        };
        match finished {
            Ok(true) => return changed.notify_one(),
            Ok(false) => runner.forget_checkpoints(),
            Err(error) => {
                let generation = generation.number;
                tracing::warn!(projection = P::NAME, generation, %error, "failed to continue a build; will retry");
                runner.forget_checkpoints();
            }
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(FOLLOW_INTERVAL) => {}
        }
    }
}

/// True if no other generation can answer queries. The build then continues although a merchant has halted, so that the
/// other merchants get answers.
fn is_first<P: Projection>(context: &ProjectionContext) -> bool {
    context.progress.generation(P::NAME).is_none()
}

/// Ends a build that cannot be completed.
async fn reject(context: &ProjectionContext, generation: &Generation, problem: &str) -> Result<()> {
    let mut connection = context.store.writer().await?;
    let state = if generation.state == GenerationState::Checking {
        GenerationState::Dropping
    } else {
        GenerationState::Differs
    };
    generation::change_state(&mut connection, generation, state, Some(problem)).await.map(drop)
}

/// Compares or activates a generation that has caught up. Returns false if it must catch up again first.
async fn finish<P: Projection>(
    context: &ProjectionContext,
    generation: &Generation,
    stop: &watch::Receiver<bool>,
) -> Result<bool> {
    if !generation.must_match && generation.state == GenerationState::Building {
        return activate::<P>(context, generation).await;
    }
    let Some(comparison) = compare_with_serving::<P>(context, generation, stop).await? else {
        return Ok(false);
    };
    let problem = comparison.problem();
    let mut connection = context.store.writer().await?;
    generation::set_compared_rows(&mut connection, generation, comparison.rows).await?;
    let state = match (generation.state, &problem) {
        (GenerationState::Checking, _) => GenerationState::Dropping,
        (_, Some(_)) => GenerationState::Differs,
        (_, None) => {
            drop(connection);
            return activate::<P>(context, generation).await;
        }
    };
    if let Some(problem) = &problem {
        let generation = generation.number;
        tracing::error!(
            projection = P::NAME,
            generation,
            problem,
            "the generation differs from the serving one"
        );
    }
    generation::change_state(&mut connection, generation, state, problem.as_deref()).await?;
    Ok(true)
}

/// Compares a generation with the serving one in a snapshot in which both have the same position. Returns `None` if the
/// generation must catch up first, or the comparison was stopped.
async fn compare_with_serving<P: Projection>(
    context: &ProjectionContext,
    generation: &Generation,
    stop: &watch::Receiver<bool>,
) -> Result<Option<Comparison>> {
    for _ in 0..MAX_ALIGN_ATTEMPTS {
        let mut transaction = context.store.begin().await?;
        let all = generation::read_all(&mut transaction, P::NAME).await?;
        if !align::<P>(context, &mut transaction, &all, generation).await? {
            return Ok(None);
        }
        transaction.commit().await?;
        let Some(serving) = generation::serving(&all) else { return Ok(Some(Comparison::default())) };
        let mut snapshot = context.store.snapshot().await?;
        let served = checkpoint::read_all(&mut snapshot, P::NAME, serving.number).await?;
        let built = checkpoint::read_all(&mut snapshot, P::NAME, generation.number).await?;
        if !served.iter().all(|(merchant, served)| {
            built.get(merchant).is_some_and(|built| built.position == served.position)
        }) {
            // The serving generation has advanced since the commit, or one of the two generations has halted.
            drop(snapshot);
            tokio::time::sleep(ALIGN_INTERVAL).await;
            continue;
        }
        let mut comparison = Comparison::default();
        for merchant in served.keys() {
            let numbers = (serving.number, generation.number);
            compare_generations::<P>(&mut snapshot, merchant, numbers, &mut comparison, stop).await?;
        }
        return Ok((!*stop.borrow()).then_some(comparison));
    }
    let reason = "the two generations never had the same position: one of them has halted";
    Ok(Some(Comparison::failed(reason)))
}
