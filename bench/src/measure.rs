//! One measurement of a case: a new store and server, a load, and checks of the result over HTTP.

use std::net::SocketAddr;

use crate::baseline::store;
use crate::case::{Case, Speed, System, Work};
use crate::child::Server;
use crate::environment::{BenchEnvironment, BenchStore};
use crate::error::BenchError;
use crate::http_client::HttpClient;
use crate::load::requests::{Demand, Form};
use crate::load::{self, Load, LoadMode};
use crate::measurement::{Measurement, Timing};
use crate::{append, carts, cold_start, procedure, rebuild, spread};

/// Measures a case. `rate_of` returns the rate of another case in this round.
pub async fn measure(
    environment: &BenchEnvironment,
    case: &Case,
    timing: Timing,
    rate_of: impl Fn(&str) -> Option<f64>,
) -> Result<Measurement, BenchError> {
    let store = match case.system {
        System::Sqlite => environment.create_directory()?,
        System::Baseline | System::Procedure | System::Postgres => environment.create_schema().await?,
    };
    match case.work {
        Work::Append(mode) => append::run(store, mode, timing).await.map(Measurement::from),
        Work::Procedure(demand) => {
            procedure::run(store.schema()?.options.clone(), demand, timing).await.map(Measurement::from)
        }
        Work::ColdStart(orders) => cold_start::run(&store, case.connections, orders).await,
        Work::Carts(carts) => carts::run(&store, case.connections, carts).await,
        Work::Rebuild(events) => rebuild::run(&store, case.connections, events).await,
        Work::Http { demand, form, speed } => {
            let half = || {
                let hot = case.system.hot_case();
                rate_of(&hot).map(|rate| spread::round(rate / 2.0)).ok_or(BenchError::NoRate(hot))
            };
            let mode = match speed {
                Speed::Closed => LoadMode::Closed,
                Speed::Fixed(rate) => LoadMode::Open(rate),
                Speed::HalfOfHot => LoadMode::Open(half()?),
                Speed::VisibleAtHalfOfHot => LoadMode::Visible(half()?),
            };
            measure_http(&store, case, timing, (demand, form, mode)).await
        }
    }
}

async fn measure_http(
    store: &BenchStore,
    case: &Case,
    timing: Timing,
    (demand, form, mode): (Demand, Form, LoadMode),
) -> Result<Measurement, BenchError> {
    let skus = demand.skus();
    let is_baseline = case.system == System::Baseline;
    if is_baseline {
        store::prepare(&store.schema()?.options, skus).await?;
    }
    let mut servers = Vec::new();
    for _ in 0..case.nodes {
        servers.push(Server::start(if is_baseline { "baseline" } else { "serve" }, store).await?);
    }
    let addresses: Vec<SocketAddr> = servers.iter().map(Server::address).collect();
    let first = *addresses.first().ok_or(BenchError::Silent)?;
    if !is_baseline {
        HttpClient::open(first).await?.prepare_stock(skus).await?;
    }
    let tally = load::run(Load {
        addresses,
        first: 0,
        connections: case.connections,
        demand,
        form,
        mode,
        warm_up: timing.warm_up,
        measured: timing.measured,
    });
    let mut measurement = Measurement::from(tally.await?);
    measurement.resident_kib = servers.iter().map(Server::resident_kib).sum();
    measurement.offered_per_second = match mode {
        LoadMode::Closed => None,
        LoadMode::Open(rate) | LoadMode::Visible(rate) => Some(rate),
    };
    if is_baseline {
        store::check(&store.schema()?.options, measurement.accepted).await?;
    } else {
        let mut client = HttpClient::open(first).await?;
        measurement.behind_events = Some(client.wait_for_read_models().await?);
        client.check(skus, measurement.accepted).await?;
    }
    for server in servers {
        server.kill().await?;
    }
    Ok(measurement)
}
