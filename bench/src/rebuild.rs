//! Measures how fast read models are rebuilt over a large journal, and the impact on commands and queries.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use holdfast_domain::order::CreateOrder;
use holdfast_domain::values::{OrderId, Reference};
use holdfast_load_model::{OrderLife, Step, simple, sku};
use holdfast_terminal::output::per_second;
use serde::Deserialize;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::child::Server;
use crate::environment::BenchStore;
use crate::error::BenchError;
use crate::http_client::{HttpClient, Items, POLL_INTERVAL};
use crate::load::requests::{Demand, Form, SKUS};
use crate::load::tally::Latencies;
use crate::load::{self, Load, LoadMode};
use crate::measurement::{LoadImpact, Measurement, Rebuilds, Rebuilt};

/// Requests per second of the load during a rebuild; one in ten is a read.
const RATE: f64 = 400.0;
/// Duration of the load before the rebuild.
const BEFORE: Duration = Duration::from_secs(15);
/// The load runs in slices of this duration.
const SLICE: Duration = Duration::from_secs(3);
/// Number of connections that fill the journal.
const FILLERS: usize = 4;
/// Orders per bulk request, with all their steps.
const ORDERS_PER_REQUEST: u64 = 100;
/// Events of an order from creation to delivery, including those of the stock.
const EVENTS_PER_ORDER: u64 = 9;
/// The read model whose rate is the rate of the case.
const ORDER_STATUS: &str = "order_status";

#[derive(Deserialize)]
struct ReadModel {
    projection: String,
    generation: i64,
    head: u64,
}

#[derive(Deserialize)]
struct StartedRebuild {
    generation: i64,
}

/// Fills a journal with at least this many events, rebuilds every read model alone, and then all of them at once under
/// load.
pub async fn run(store: &BenchStore, connections: u32, events: u32) -> Result<Measurement, BenchError> {
    let server = Server::start("serve", store).await?;
    let mut client = HttpClient::open(server.address()).await?;
    client.prepare_stock(SKUS).await?;
    let started_at = Instant::now();
    let orders = fill(server.address(), u64::from(events).div_ceil(EVENTS_PER_ORDER)).await?;
    let filled = started_at.elapsed();
    let behind = client.wait_for_read_models().await?;
    let names: Vec<String> =
        read_models(&mut client).await?.into_iter().map(|model| model.projection).collect();
    let mut alone = Vec::new();
    for name in &names {
        alone.extend(rebuild(&mut client, std::slice::from_ref(name)).await?);
    }
    let mut slices = Slices { address: server.address(), connections, count: 0, failures: BTreeMap::new() };
    let wait = async {
        tokio::time::sleep(BEFORE).await;
        Ok(())
    };
    let ((), before) = slices.run_until(wait).await?;
    let rebuild_all = async {
        let mut client = HttpClient::open(server.address()).await?;
        rebuild(&mut client, &names).await
    };
    let (under_load, during) = slices.run_until(rebuild_all).await?;
    let order_status = alone.iter().find(|rebuilt| rebuilt.read_model == ORDER_STATUS);
    let measurement = Measurement {
        per_second: order_status.ok_or(BenchError::TaskEnded)?.per_second,
        p99_ms: during.commands_p99_ms,
        accepted: orders,
        failures: slices.failures,
        behind_events: Some(behind),
        resident_kib: server.resident_kib(),
        filled_per_second: Some(per_second(orders, filled)),
        rebuilds: Some(Rebuilds { alone, under_load, before, during }),
        ..Measurement::default()
    };
    server.kill().await?;
    Ok(measurement)
}

async fn read_models(client: &mut HttpClient) -> Result<Vec<ReadModel>, BenchError> {
    Ok(client.get::<Items<ReadModel>>("/v1/projections").await?.items)
}

/// Rebuilds read models at once, and waits until every new build is active.
async fn rebuild(client: &mut HttpClient, names: &[String]) -> Result<Vec<Rebuilt>, BenchError> {
    let started_at = Instant::now();
    let mut awaited = Vec::new();
    for name in names {
        let started: StartedRebuild = client.post(&format!("/v1/projections/{name}/rebuild")).await?;
        awaited.push((name.clone(), started.generation));
    }
    let mut rebuilt = Vec::new();
    while !awaited.is_empty() {
        tokio::time::sleep(POLL_INTERVAL).await;
        for ReadModel { projection, generation, head } in read_models(client).await? {
            let active = (projection, generation);
            if let Some(index) = awaited.iter().position(|awaited| *awaited == active) {
                let (read_model, _) = awaited.remove(index);
                let elapsed = started_at.elapsed();
                let (seconds, per_second) = (elapsed.as_secs_f64(), per_second(head, elapsed));
                rebuilt.push(Rebuilt { read_model, events: head, seconds, per_second });
            }
        }
    }
    Ok(rebuilt)
}

/// A modest load, slice by slice.
struct Slices {
    address: SocketAddr,
    connections: u32,
    count: u32,
    /// Number of failures in all slices by their text.
    failures: BTreeMap<String, u64>,
}

impl Slices {
    /// Runs slices until the work is done. Returns its result and the latencies of these slices.
    async fn run_until<T>(
        &mut self,
        work: impl Future<Output = Result<T, BenchError>>,
    ) -> Result<(T, LoadImpact), BenchError> {
        tokio::pin!(work);
        let (mut commands, mut queries) = (Latencies::new()?, Latencies::new()?);
        let mut result = None;
        loop {
            self.count += 1;
            let slice = load::run(Load {
                addresses: vec![self.address],
                first: self.count * self.connections,
                connections: self.connections,
                demand: Demand::Spread,
                form: Form::Mixed,
                mode: LoadMode::Open(RATE),
                warm_up: Duration::ZERO,
                measured: SLICE,
            });
            tokio::pin!(slice);
            let tally = loop {
                tokio::select! {
                    tally = &mut slice => break tally?,
                    done = &mut work, if result.is_none() => result = Some(done?),
                }
            };
            commands.add(&tally.commands).map_err(|_| BenchError::TaskEnded)?;
            queries.add(&tally.reads).map_err(|_| BenchError::TaskEnded)?;
            for (failure, times) in tally.failures {
                *self.failures.entry(failure).or_default() += times;
            }
            if let Some(result) = result.take() {
                return Ok((result, LoadImpact::new(&commands, &queries)));
            }
        }
    }
}

/// Executes all steps of at least this many orders. Returns the number of orders.
async fn fill(address: SocketAddr, orders: u64) -> Result<u64, BenchError> {
    let requests = orders.div_ceil(ORDERS_PER_REQUEST);
    let mut fillers = JoinSet::new();
    for filler in 0..FILLERS {
        fillers.spawn(async move {
            let mut client = HttpClient::open(address).await?;
            for request in (filler as u64..requests).step_by(FILLERS) {
                client.execute(&delivered_orders(request)?).await?;
            }
            Ok::<(), BenchError>(())
        });
    }
    while let Some(filler) = fillers.join_next().await {
        filler.map_err(|_| BenchError::TaskEnded)??;
    }
    Ok(requests * ORDERS_PER_REQUEST)
}

/// The steps of the orders of one request, from creation to delivery.
fn delivered_orders(request: u64) -> Result<Vec<Step>, BenchError> {
    let mut steps = Vec::new();
    for number in request * ORDERS_PER_REQUEST..(request + 1) * ORDERS_PER_REQUEST {
        let rank = usize::try_from(number % u64::from(SKUS)).unwrap_or_default();
        let channel_ref = Some(Reference::new(&format!("W-{number}"))?);
        let order = CreateOrder { channel_ref, ..simple::order(sku(rank)?)? };
        steps.extend(OrderLife::new(number).delivered(order, OrderId::new(Uuid::now_v7()))?);
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_request_has_five_steps_per_order_with_their_own_keys() {
        let steps = delivered_orders(3).unwrap();
        assert_eq!(steps.len() as u64, 5 * ORDERS_PER_REQUEST);
        let keys: BTreeSet<&str> = steps.iter().map(|step| step.key.as_str()).collect();
        assert_eq!(keys.len(), steps.len());
    }
}
