//! How far the read models are.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use schemars::JsonSchema;
use serde::Serialize;

use super::caller::Answered;
use super::listing::Items;
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
}

/// Every read model of every merchant.
pub(super) async fn list(State(app): State<Arc<App>>) -> Answered {
    // The states first: a head is then never older than what was folded from it.
    let states = app.reading.progress().states();
    let heads: BTreeMap<String, u64> =
        app.journal.heads().await?.into_iter().map(|(merchant, head)| (merchant, head.position)).collect();
    let view = |(projection, merchant, state): (&str, String, holdfast_projections::ProjectionState)| {
        let head = heads.get(&merchant).copied().unwrap_or(0);
        ProjectionView {
            projection: projection.to_owned(),
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
    Ok(Json(Items { items, next_cursor: None }).into_response())
}
