//! Measures the restart time and the memory of a server with a large journal after the server was killed.

use std::time::{Duration, Instant};

use holdfast_terminal::output::per_second;

use crate::child::Server;
use crate::environment::BenchStore;
use crate::error::BenchError;
use crate::http_client::HttpClient;
use crate::load::requests::{Demand, Form};
use crate::load::{self, Load, LoadMode};
use crate::measurement::Measurement;

/// The duration of one round of load. The rounds end when the store has enough orders.
const ROUND_DURATION: Duration = Duration::from_secs(10);

/// Fills a store with at least this many orders, kills its server and starts another one.
pub async fn run(store: &BenchStore, connections: u32, orders: u32) -> Result<Measurement, BenchError> {
    let demand = Demand::Spread;
    let server = Server::start("serve", store).await?;
    let mut client = HttpClient::open(server.address()).await?;
    client.prepare_stock(demand.skus()).await?;
    let (mut accepted, mut rounds, mut half_kib) = (0, 0, None);
    let started_at = Instant::now();
    let mut measurement = loop {
        let tally = load::run(Load {
            addresses: vec![server.address()],
            first: rounds * connections,
            connections,
            demand,
            form: Form::Bulk,
            mode: LoadMode::Closed,
            warm_up: Duration::ZERO,
            measured: ROUND_DURATION,
        });
        let measurement = Measurement::from(tally.await?);
        (accepted, rounds) = (accepted + measurement.accepted, rounds + 1);
        if accepted >= u64::from(orders / 2) {
            half_kib = half_kib.or_else(|| server.resident_kib());
        }
        if accepted >= u64::from(orders) || measurement.failed() > 0 {
            break measurement;
        }
    };
    measurement.per_second = per_second(accepted, started_at.elapsed());
    measurement.accepted = accepted;
    measurement.resident_half_kib = half_kib;
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
