//! Metrics for Prometheus, in the OpenMetrics format: <https://prometheus.io/docs/specs/om/open_metrics_spec/>.

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

use super::extract::Answer;
use crate::app::{App, MAX_READERS};
use crate::error::ApiError;

/// The media type of OpenMetrics.
pub(super) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Gauges<L> = Family<L, Gauge<u64, AtomicU64>>;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MerchantLabels {
    merchant: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProjectionLabels {
    projection: &'static str,
    merchant: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BuildLabels {
    projection: &'static str,
    generation: i64,
    state: &'static str,
}

/// All metrics, measured now.
pub(super) async fn get(State(app): State<Arc<App>>) -> Answer {
    let mut registry = Registry::with_prefix("holdfast");
    // The states are read first, so that no head is older than the events that were applied.
    let states = app.queries.progress().states();
    let heads: BTreeMap<String, u64> =
        app.journal.heads().await?.into_iter().map(|(merchant, head)| (merchant, head.position)).collect();
    let [positions, lags, parked, halted] = [
        ("projection_position", "Position up to which events are applied or parked"),
        ("projection_lag_events", "Events of the journal that are not applied yet"),
        ("projection_parked_events", "Events parked because they or earlier ones cannot be applied"),
        ("projection_halted", "1 if the read model has halted"),
    ]
    .map(|(name, help)| {
        let gauges = Gauges::<ProjectionLabels>::default();
        registry.register(name, help, gauges.clone());
        gauges
    });
    for (projection, merchant, state) in states {
        let head = heads.get(&merchant).copied().unwrap_or(0);
        let labels = ProjectionLabels { projection, merchant };
        positions.get_or_create(&labels).set(state.position);
        lags.get_or_create(&labels).set(head.saturating_sub(state.position));
        parked.get_or_create(&labels).set(state.parked);
        halted.get_or_create(&labels).set(state.halted.is_some().into());
    }
    let journals = Gauges::<MerchantLabels>::default();
    registry.register("journal_position", "Events of a merchant's journal", journals.clone());
    for (merchant, position) in heads {
        journals.get_or_create(&MerchantLabels { merchant }).set(position);
    }
    let builds = Gauges::<BuildLabels>::default();
    registry.register("projection_builds", "Builds of a read model", builds.clone());
    for projection in app.managers.iter().map(|manager| manager.name()) {
        for build in app.queries.progress().generations(projection) {
            let labels = BuildLabels { projection, generation: build.number, state: build.state.name() };
            builds.get_or_create(&labels).set(1);
        }
    }
    let readers: Gauge<u64, AtomicU64> = Gauge::default();
    readers.set(MAX_READERS.saturating_sub(app.readers.available_permits()) as u64);
    registry.register("followers", "Open event feeds and subscriptions", readers);
    let mut metrics = String::new();
    text::encode(&mut metrics, &registry).map_err(|error| ApiError::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], metrics).into_response())
}
