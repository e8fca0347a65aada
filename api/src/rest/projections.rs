//! The read models: their progress, and the operations on them. No operation changes events, so none needs an idempotency
//! key.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use holdfast_domain::values::Timestamp;
use holdfast_projections::{Generation, ParkedStream, ProjectionManager, ProjectionState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::extract::{Answer, PathId};
use super::page::Items;
use super::query::Params;
use crate::app::App;
use crate::error::ApiError;

/// A read model of a merchant.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProjectionView {
    projection: String,
    merchant: String,
    /// `running` or `halted`.
    state: &'static str,
    /// Why it has halted.
    reason: Option<String>,
    /// The number of the active build, which answers queries.
    generation: i64,
    /// Events up to this position are applied or parked.
    position: u64,
    /// The last position of the journal.
    head: u64,
    /// The number of events between `position` and `head`.
    lag: u64,
    /// The number of events applied.
    folded: u64,
    /// The number of events parked: they, or earlier events of the same stream, could not be applied.
    parked: u64,
    /// The other builds.
    builds: Vec<BuildView>,
}

/// A build of a read model.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BuildView {
    /// The number of the build.
    generation: i64,
    /// The version of the projection that builds it.
    version: i64,
    /// `building`, `checking`, `differs`, `serving`, `standby` or `dropping`.
    state: &'static str,
    /// Why it was not activated.
    problem: Option<String>,
    /// The number of rows that were compared with the active build. Absent before the comparison.
    compared_rows: Option<i64>,
    started_at: Timestamp,
    /// Events up to this position are applied or parked in this build.
    position: Option<u64>,
}

/// A build that an operation started or changed.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BuildAccepted {
    /// The read model.
    projection: &'static str,
    /// The number of the build.
    generation: i64,
}

/// The result of a retry of parked streams.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RetryView {
    /// The read model.
    projection: &'static str,
    /// The number of streams that could be applied.
    folded: u64,
    /// The number of streams that are still parked.
    parked: u64,
}

/// A stream with an event that could not be applied.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ParkedView {
    merchant: String,
    /// The name of the stream.
    stream: String,
    /// The position of the event that could not be applied.
    position: u64,
    /// The number of parked events: this one and all later ones of the stream.
    events: u64,
    /// Why the event could not be applied.
    error: String,
}

/// Every read model of every merchant.
pub(super) async fn list(State(app): State<Arc<App>>) -> Answer {
    let progress = app.queries.progress();
    // The states are read first, so that no head is older than the events that were applied.
    let states = progress.states();
    let heads: BTreeMap<String, u64> =
        app.journal.heads().await?.into_iter().map(|(merchant, head)| (merchant, head.position)).collect();
    let view = |(projection, merchant, state): (&str, String, ProjectionState)| {
        let head = heads.get(&merchant).copied().unwrap_or(0);
        let builds = progress.generation_states(projection);
        let position = |number: i64| {
            let mut own = builds.iter().filter(|(owner, _)| *owner == merchant);
            own.find(|(_, build)| build.generation == number).map(|(_, build)| build.position)
        };
        let others = progress.generations(projection);
        let others = others.iter().filter(|build| build.number != state.generation);
        ProjectionView {
            projection: projection.to_owned(),
            builds: others.map(|build| BuildView::of(build, position(build.number))).collect(),
            merchant,
            state: if state.halted.is_some() { "halted" } else { "running" },
            reason: state.halted,
            generation: state.generation,
            position: state.position,
            head,
            lag: head.saturating_sub(state.position),
            folded: state.folded,
            parked: state.parked,
        }
    };
    Ok(Items::new(states.into_iter().map(view).collect(), None).respond())
}

impl BuildView {
    fn of(build: &Generation, position: Option<u64>) -> Self {
        Self {
            generation: build.number,
            version: build.version,
            state: build.state.name(),
            problem: build.problem.clone(),
            compared_rows: build.compared_rows,
            started_at: Timestamp::from_microseconds(build.started_at),
            position,
        }
    }
}

fn manager(app: &App, id: PathId) -> Result<&Arc<dyn ProjectionManager>, ApiError> {
    let found = app.managers.iter().find(|manager| manager.name() == id.value);
    found.ok_or(ApiError::UnknownProjection(id.value))
}

fn accepted(manager: &dyn ProjectionManager, generation: i64) -> Response {
    let build = BuildAccepted { projection: manager.name(), generation };
    (StatusCode::ACCEPTED, Json(build)).into_response()
}

/// How a rebuild ends.
#[derive(Deserialize, JsonSchema)]
pub(super) struct RebuildParams {
    /// Activate the new build only if every row matches the active build. Default: false.
    #[serde(default)]
    compare: bool,
}

/// Builds the read model again and activates the new build.
pub(super) async fn rebuild(
    State(app): State<Arc<App>>,
    id: PathId,
    Params(RebuildParams { compare }): Params<RebuildParams>,
) -> Answer {
    let manager = manager(&app, id)?;
    Ok(accepted(&**manager, manager.rebuild(compare).await?))
}

/// Builds the read model again, compares it, and deletes the new build.
pub(super) async fn verify(State(app): State<Arc<App>>, id: PathId) -> Answer {
    let manager = manager(&app, id)?;
    Ok(accepted(&**manager, manager.check().await?))
}

/// Which build.
#[derive(Deserialize, JsonSchema)]
pub(super) struct BuildParams {
    /// The number of the build.
    generation: i64,
}

/// Activates the build that was active before the given one.
pub(super) async fn roll_back(
    State(app): State<Arc<App>>,
    id: PathId,
    Params(BuildParams { generation }): Params<BuildParams>,
) -> Answer {
    let manager = manager(&app, id)?;
    Ok(accepted(&**manager, manager.roll_back(generation).await?))
}

/// Deletes an inactive build.
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    id: PathId,
    Params(BuildParams { generation }): Params<BuildParams>,
) -> Answer {
    let manager = manager(&app, id)?;
    manager.remove(generation).await?;
    Ok(accepted(&**manager, generation))
}

/// Tries to apply the parked streams again.
pub(super) async fn retry(State(app): State<Arc<App>>, id: PathId) -> Answer {
    let manager = manager(&app, id)?;
    let retried = manager.retry().await?;
    let view = RetryView { projection: manager.name(), folded: retried.folded, parked: retried.parked };
    Ok(Json(view).into_response())
}

/// The parked streams.
pub(super) async fn parked(State(app): State<Arc<App>>, id: PathId) -> Answer {
    let view = |(merchant, stream): (String, ParkedStream)| {
        let ParkedStream { stream, position, events, error } = stream;
        ParkedView { merchant, stream, position, events, error }
    };
    let parked = manager(&app, id)?.parked().await?;
    Ok(Items::new(parked.into_iter().map(view).collect(), None).respond())
}
