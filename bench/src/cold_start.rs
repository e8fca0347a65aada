//! Measures how soon a server with a large journal is ready again after it was killed, and how much memory it holds.

use std::time::{Duration, Instant};

use holdfast_terminal::output::per_second;

use crate::child::Server;
use crate::environment::BenchStore;
use crate::error::BenchError;
use crate::http_client::HttpClient;
use crate::load::requests::{Demand, Form};
use crate::load::{self, Load, LoadMode};
use crate::measurement::Measurement;

/// Orders are sent for this time before they are counted, until there are enough.
const SLICE: Duration = Duration::from_secs(10);

/// Fills a store with at least this many orders, kills its server and starts another one.
pub async fn run(store: &BenchStore, connections: u32, orders: u32) -> Result<Measurement, BenchError> {
    let demand = Demand::Spread;
    let server = Server::start("serve", store).await?;
    let mut client = HttpClient::open(server.address()).await?;
    client.prepare_stock(demand.skus()).await?;
    let (mut accepted, mut slices, mut half) = (0, 0, None);
    let started_at = Instant::now();
    let mut measurement = loop {
        let tally = load::run(Load {
            addresses: vec![server.address()],
            first: slices * connections,
            connections,
            demand,
            form: Form::Bulk,
            mode: LoadMode::Closed,
            warm_up: Duration::ZERO,
            measured: SLICE,
        });
        let measurement = Measurement::from(tally.await?);
        (accepted, slices) = (accepted + measurement.accepted, slices + 1);
        if accepted >= u64::from(orders / 2) {
            half = half.or_else(|| server.resident_kib());
        }
        if accepted >= u64::from(orders) || measurement.failed() > 0 {
            break measurement;
        }
    };
    measurement.per_second = per_second(accepted, started_at.elapsed());
    measurement.accepted = accepted;
    measurement.resident_half_kib = half;
    measurement.behind_events = Some(client.wait_for_read_models().await?);
    measurement.resident_kib = server.resident_kib();
    server.kill().await?;

    let started_at = Instant::now();
    let server = Server::start("serve", store).await?;
    let mut client = HttpClient::open(server.address()).await?;
    client.wait_until_ready().await?;
    measurement.ready_ms = Some(started_at.elapsed().as_secs_f64() * 1_000.0);
    client.wait_for_read_models().await?;
    client.check(demand.skus(), accepted).await?;
    measurement.resident_again_kib = server.resident_kib();
    server.kill().await?;
    Ok(measurement)
}
