//! The read models: how far they are, and what an operator can do about them. None of it changes what happened, so
//! none of it needs a key: what is under way already is not begun again.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use holdfast_domain::values::Timestamp;
use holdfast_projections::{Generation, ParkedStream, ProjectionManager, ProjectionState};
use schemars::JsonSchema;
use serde::Serialize;

use super::caller::{Answered, InPath};
use super::endpoint::Parameter;
use super::listing::Items;
use super::parameters::{Parameters, invalid};
use super::problem::Problem;
use crate::app::App;

/// A read model of a merchant.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProjectionView {
    /// Its name.
    projection: String,
    /// Whose.
    merchant: String,
    /// `running` or `halted`.
    state: &'static str,
    /// Why it has stopped, where it has.
    reason: Option<String>,
    /// The build that serves.
    generation: i64,
    /// Everything up to here is folded or set aside.
    position: u64,
    /// Where the journal ends.
    head: u64,
    /// How far it is behind.
    lag: u64,
    /// Events folded.
    folded: u64,
    /// Events of entities that could not be folded, set aside.
    parked: u64,
    /// Builds beside the one that serves, with how far each is with this merchant's journal.
    builds: Vec<BuildView>,
}

/// One build of a read model.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BuildView {
    /// Its number.
    generation: i64,
    /// The version of the fold that it is made by.
    version: i64,
    /// `building`, `checking`, `differs`, `serving`, `standby` or `dropping`.
    state: &'static str,
    /// Why it does not serve.
    problem: Option<String>,
    /// How many rows were compared with those of the build that serves, once they were.
    compared_rows: Option<i64>,
    /// When the build was started.
    started_at: Timestamp,
    /// Everything up to here is folded or set aside in it.
    position: Option<u64>,
}

/// A build that an operator has asked for or put in place.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BuildAsked {
    /// The read model.
    projection: &'static str,
    /// The build.
    generation: i64,
}

/// What became of streams that were set aside.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RetriedView {
    /// The read model.
    projection: &'static str,
    /// Streams that are folded now.
    folded: u64,
    /// Streams that still cannot be.
    parked: u64,
}

/// A stream of which an event could not be folded.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ParkedView {
    /// Whose.
    merchant: String,
    /// Which stream.
    stream: String,
    /// The position of the event that could not be folded.
    position: u64,
    /// It and those after it, which wait.
    events: u64,
    /// Why it could not.
    error: String,
}

/// Every read model of every merchant.
pub(super) async fn list(State(app): State<Arc<App>>) -> Answered {
    let progress = app.reading.progress();
    // The states first: a head is then never older than what was folded from it.
    let states = progress.states();
    let heads: BTreeMap<String, u64> =
        app.journal.heads().await?.into_iter().map(|(merchant, head)| (merchant, head.position)).collect();
    let view = |(projection, merchant, state): (&str, String, ProjectionState)| {
        let head = heads.get(&merchant).copied().unwrap_or(0);
        let others = progress.generations(projection);
        let builds = progress.generation_states(projection);
        let reached = |number: i64| {
            let own = builds.iter().find(|(whose, build)| *whose == merchant && build.generation == number);
            own.map(|(_, build)| build.position)
        };
        let beside = others.iter().filter(|known| known.number != state.generation);
        ProjectionView {
            projection: projection.to_owned(),
            builds: beside.map(|known| BuildView::of(known, reached(known.number))).collect(),
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
    let items: Vec<ProjectionView> = states.into_iter().map(view).collect();
    Ok(Json(Items::of(items, None)).into_response())
}

impl BuildView {
    fn of(known: &Generation, position: Option<u64>) -> Self {
        Self {
            generation: known.number,
            version: known.version,
            state: known.state.name(),
            problem: known.problem.clone(),
            compared_rows: known.compared_rows,
            started_at: Timestamp::from_microseconds(known.started_at),
            position,
        }
    }
}

fn managed(app: &App, name: &str) -> Result<Arc<dyn ProjectionManager>, Problem> {
    let found = app.managers.iter().find(|manager| manager.name() == name);
    found
        .cloned()
        .ok_or_else(|| Problem::unknown("unknown_projection", format!("there is no read model {name}")))
}

fn asked(manager: &dyn ProjectionManager, generation: i64) -> Response {
    let asked = BuildAsked { projection: manager.name(), generation };
    (StatusCode::ACCEPTED, Json(asked)).into_response()
}

/// How a rebuild can be asked for.
pub(super) const REBUILD: &[Parameter] =
    &[Parameter::of::<bool>("compare", "Whether it serves only if no row differs from the one that serves.")];

/// Builds it anew beside the one that serves.
pub(super) async fn rebuild(
    State(app): State<Arc<App>>,
    InPath(name): InPath,
    given: Parameters,
) -> Answered {
    let manager = managed(&app, &name)?;
    let compared = given.flag("compare")?;
    Ok(asked(&*manager, manager.rebuild(compared).await?))
}

/// Builds it anew to be compared, and thrown away.
pub(super) async fn verify(State(app): State<Arc<App>>, InPath(name): InPath) -> Answered {
    let manager = managed(&app, &name)?;
    Ok(asked(&*manager, manager.check().await?))
}

/// Which build is meant.
pub(super) const OF_BUILD: &[Parameter] = &[Parameter::of::<i64>("generation", "The build's number.")];

fn which(given: &Parameters) -> Result<i64, Problem> {
    let number = given.number("generation")?.and_then(|number| i64::try_from(number).ok());
    number.ok_or_else(|| invalid("generation", "must be given"))
}

/// Puts back the build that served before.
pub(super) async fn roll_back(
    State(app): State<Arc<App>>,
    InPath(name): InPath,
    given: Parameters,
) -> Answered {
    let manager = managed(&app, &name)?;
    Ok(asked(&*manager, manager.roll_back(which(&given)?).await?))
}

/// Takes a build away.
pub(super) async fn remove(State(app): State<Arc<App>>, InPath(name): InPath, given: Parameters) -> Answered {
    let manager = managed(&app, &name)?;
    let generation = which(&given)?;
    manager.remove(generation).await?;
    Ok(asked(&*manager, generation))
}

/// Tries what was set aside again.
pub(super) async fn retry(State(app): State<Arc<App>>, InPath(name): InPath) -> Answered {
    let manager = managed(&app, &name)?;
    let retried = manager.retry().await?;
    let view = RetriedView { projection: manager.name(), folded: retried.folded, parked: retried.parked };
    Ok(Json(view).into_response())
}

/// What was set aside.
pub(super) async fn parked(State(app): State<Arc<App>>, InPath(name): InPath) -> Answered {
    let view = |(merchant, stream): (String, ParkedStream)| {
        let ParkedStream { stream, position, events, error } = stream;
        ParkedView { merchant, stream, position, events, error }
    };
    let items: Vec<ParkedView> = managed(&app, &name)?.parked().await?.into_iter().map(view).collect();
    Ok(Json(Items::of(items, None)).into_response())
}
