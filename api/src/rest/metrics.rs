//! What is measured, for Prometheus: <https://prometheus.io/docs/specs/om/open_metrics_spec/>. Everything is read when it
//! is asked for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::caller::Answered;
use super::problem::Problem;
use crate::app::{App, MOST_FOLLOWERS};

/// The media type of what is answered.
pub(super) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Gauges<L> = Family<L, Gauge<u64, AtomicU64>>;

/// A merchant's journal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfMerchant {
    merchant: String,
}

/// A read model of a merchant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfProjection {
    projection: &'static str,
    merchant: String,
}

/// A build of a read model.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfBuild {
    projection: &'static str,
    generation: i64,
    state: &'static str,
}

/// Everything that is measured.
pub(super) async fn get(State(app): State<Arc<App>>) -> Answered {
    let mut registry = Registry::with_prefix("holdfast");
    // The states first: a head is then never older than what was folded from it.
    let states = app.reading.progress().states();
    let heads: BTreeMap<String, u64> =
        app.journal.heads().await?.into_iter().map(|(merchant, head)| (merchant, head.position)).collect();
    let [positions, lags, parked, halted] = [
        ("projection_position", "Everything up to here is folded or set aside"),
        ("projection_lag_events", "Events of the journal that are not folded yet"),
        ("projection_parked_events", "Events set aside because they or those before them cannot be folded"),
        ("projection_halted", "1 where a read model has stopped"),
    ]
    .map(|(name, help)| {
        let gauges = Gauges::<OfProjection>::default();
        registry.register(name, help, gauges.clone());
        gauges
    });
    for (projection, merchant, state) in states {
        let head = heads.get(&merchant).copied().unwrap_or(0);
        let labels = OfProjection { projection, merchant };
        positions.get_or_create(&labels).set(state.position);
        lags.get_or_create(&labels).set(head.saturating_sub(state.position));
        parked.get_or_create(&labels).set(state.parked);
        halted.get_or_create(&labels).set(state.halted.is_some().into());
    }
    let journals = Gauges::<OfMerchant>::default();
    registry.register("journal_position", "Events of a merchant's journal", journals.clone());
    for (merchant, position) in heads {
        journals.get_or_create(&OfMerchant { merchant }).set(position);
    }
    let builds = Gauges::<OfBuild>::default();
    registry.register("projection_builds", "Builds of a read model", builds.clone());
    for projection in app.managers.iter().map(|manager| manager.name()) {
        for known in app.reading.progress().generations(projection) {
            let labels = OfBuild { projection, generation: known.number, state: known.state.name() };
            builds.get_or_create(&labels).set(1);
        }
    }
    let followers: Gauge<u64, AtomicU64> = Gauge::default();
    followers.set(MOST_FOLLOWERS.saturating_sub(app.followers.available_permits()) as u64);
    registry.register("followers", "Feeds and subscriptions that are open", followers);
    let mut told = String::new();
    text::encode(&mut told, &registry).map_err(|error| {
        tracing::error!(%error, "what is measured cannot be told");
        Problem::internal()
    })?;
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], told).into_response())
}
