//! How fast read models are built anew over a journal that is not small, and what commands and queries feel of it.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use holdfast_terminal::output::per_second;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::child::Server;
use super::error::BenchError;
use super::load::requests::{Demand, Form, sku};
use super::load::tally::{Latencies, Tally};
use super::load::{self, Load, Pace};
use super::measure::Measured;
use super::outside::{Outside, PAUSE};
use super::place::Place;

/// Requests a second of the load that feels what is rebuilt beside it; one in ten is a read.
const RATE: f64 = 400.0;
/// How long it is looked at before anything is rebuilt.
const BEFORE: Duration = Duration::from_secs(15);
/// How long that load is looked at once.
const SLICE: Duration = Duration::from_secs(3);
/// How many fill the journal at once.
const FILLERS: usize = 4;
/// Orders of which all that happens is sent in one request.
const ORDERS_A_REQUEST: u64 = 100;
/// What happens to an order on its whole way, from its creation to its delivery, stock included.
const EVENTS_AN_ORDER: u64 = 9;
/// The read model that the bar is about.
const ORDER_STATUS: &str = "order_status";

/// One read model, built anew once.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rebuilt {
    /// Which.
    pub read_model: String,
    /// Events of the journal.
    pub events: u64,
    /// How long it took until it served.
    pub seconds: f64,
    /// Events a second.
    pub per_second: f64,
}

/// What clients felt.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Felt {
    /// What 99 of 100 commands did not exceed.
    pub commands_p99_ms: Option<f64>,
    /// The slowest command.
    pub commands_longest_ms: Option<f64>,
    /// What 99 of 100 queries did not exceed.
    pub queries_p99_ms: Option<f64>,
    /// The slowest query.
    pub queries_longest_ms: Option<f64>,
}

impl Felt {
    fn of(commands: &Latencies, queries: &Latencies) -> Self {
        Self {
            commands_p99_ms: commands.milliseconds(0.99),
            commands_longest_ms: commands.milliseconds(1.0),
            queries_p99_ms: queries.milliseconds(0.99),
            queries_longest_ms: queries.milliseconds(1.0),
        }
    }
}

/// What was measured of rebuilds.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rebuilds {
    /// Each read model, while nothing else was done.
    pub alone: Vec<Rebuilt>,
    /// All of them at once, while orders came and were asked for.
    pub under_load: Vec<Rebuilt>,
    /// What clients felt before.
    pub before: Felt,
    /// What they felt meanwhile.
    pub meanwhile: Felt,
}

#[derive(Deserialize)]
struct Items {
    items: Vec<ReadModel>,
}

#[derive(Deserialize)]
struct ReadModel {
    projection: String,
    generation: i64,
    head: u64,
}

#[derive(Deserialize)]
struct Asked {
    generation: i64,
}

/// Fills a journal with so many events at least, builds every read model anew alone, and then all of them at once while
/// orders come.
pub async fn run(place: &Place, connections: u32, events: u32) -> Result<Measured, BenchError> {
    let server = Server::start("serve", place).await?;
    let mut outside = Outside::open(server.address()).await?;
    outside.stock(Demand::Spread.skus()).await?;
    let began = Instant::now();
    let orders = fill(server.address(), u64::from(events).div_ceil(EVENTS_AN_ORDER)).await?;
    let filled = began.elapsed();
    let behind = outside.caught_up().await?;
    let names: Vec<String> = models(&mut outside).await?.into_iter().map(|model| model.projection).collect();
    let mut alone = Vec::new();
    for name in &names {
        alone.extend(rebuild(&mut outside, std::slice::from_ref(name)).await?);
    }
    let mut feeling = Feeling { address: server.address(), connections, slices: 0 };
    let waiting = async {
        tokio::time::sleep(BEFORE).await;
        Ok(())
    };
    let ((), before, mut measured) = feeling.until(waiting).await?;
    let building = async {
        let mut other = Outside::open(server.address()).await?;
        rebuild(&mut other, &names).await
    };
    let (under_load, meanwhile, _) = feeling.until(building).await?;
    let rate = alone.iter().find(|built| built.read_model == ORDER_STATUS).map(|built| built.per_second);
    measured.per_second = rate.ok_or(BenchError::Lost)?;
    measured.p50_ms = None;
    measured.p999_ms = None;
    measured.p99_ms = meanwhile.commands_p99_ms;
    measured.filled_per_second = Some(per_second(orders, filled));
    measured.granted = orders;
    measured.behind_events = Some(behind);
    measured.resident_kib = server.resident_kib();
    measured.rebuilds = Some(Rebuilds { alone, under_load, before, meanwhile });
    server.end().await?;
    Ok(measured)
}

async fn models(outside: &mut Outside) -> Result<Vec<ReadModel>, BenchError> {
    Ok(outside.get::<Items>("/v1/projections").await?.items)
}

/// Builds read models anew at once, and gives how long each took until it served.
async fn rebuild(outside: &mut Outside, names: &[String]) -> Result<Vec<Rebuilt>, BenchError> {
    let began = Instant::now();
    let mut awaited = Vec::new();
    for name in names {
        let asked = outside.operate(&format!("/v1/projections/{name}/rebuild")).await?;
        awaited.push((name.clone(), serde_json::from_slice::<Asked>(&asked)?.generation));
    }
    let mut built = Vec::new();
    while !awaited.is_empty() {
        tokio::time::sleep(PAUSE).await;
        for model in models(outside).await? {
            let is_it =
                |(name, wanted): &(String, i64)| *name == model.projection && *wanted == model.generation;
            if let Some(place) = awaited.iter().position(is_it) {
                let (read_model, _) = awaited.remove(place);
                let (events, taken) = (model.head, began.elapsed());
                let (seconds, per_second) = (taken.as_secs_f64(), per_second(events, taken));
                built.push(Rebuilt { read_model, events, seconds, per_second });
            }
        }
    }
    Ok(built)
}

/// Clients that order and ask at a modest rate, slice by slice.
struct Feeling {
    address: SocketAddr,
    connections: u32,
    slices: u32,
}

impl Feeling {
    async fn slice(&mut self) -> Result<Tally, BenchError> {
        self.slices += 1;
        let load = Load {
            addresses: vec![self.address],
            first: self.slices * self.connections,
            connections: self.connections,
            demand: Demand::Spread,
            form: Form::Mixed,
            pace: Pace::Open(RATE),
            warm_up: Duration::ZERO,
            measured: SLICE,
        };
        load::run(load).await
    }

    /// Goes on until something is done, and gives what was felt in all that time, and what was measured last.
    async fn until<T>(
        &mut self,
        done: impl Future<Output = Result<T, BenchError>>,
    ) -> Result<(T, Felt, Measured), BenchError> {
        tokio::pin!(done);
        let (mut commands, mut queries) = (Latencies::new()?, Latencies::new()?);
        let mut result = None;
        loop {
            let slice = self.slice();
            tokio::pin!(slice);
            let tally = loop {
                tokio::select! {
                    tally = &mut slice => break tally?,
                    ended = &mut done, if result.is_none() => result = Some(ended?),
                }
            };
            commands.add(&tally.changes).map_err(|_| BenchError::Lost)?;
            queries.add(&tally.reads).map_err(|_| BenchError::Lost)?;
            if let Some(result) = result.take() {
                return Ok((result, Felt::of(&commands, &queries), Measured::of(tally)));
            }
        }
    }
}

/// Sends all that happens to so many orders, and gives how many there are.
async fn fill(address: SocketAddr, orders: u64) -> Result<u64, BenchError> {
    let requests = orders.div_ceil(ORDERS_A_REQUEST);
    let mut fillers = JoinSet::new();
    for filler in 0..FILLERS {
        fillers.spawn(async move {
            let mut outside = Outside::open(address).await?;
            for request in (filler as u64..requests).step_by(FILLERS) {
                outside.granted(&whole_ways(request), 5 * ORDERS_A_REQUEST).await?;
            }
            Ok::<(), BenchError>(())
        });
    }
    while let Some(filled) = fillers.join_next().await {
        filled.map_err(|_| BenchError::Lost)??;
    }
    Ok(requests * ORDERS_A_REQUEST)
}

/// The commands of a hundred orders from their creation to their delivery.
fn whole_ways(request: u64) -> String {
    let mut lines = String::new();
    for order in request * ORDERS_A_REQUEST..(request + 1) * ORDERS_A_REQUEST {
        let id = Uuid::now_v7();
        let sku = sku(usize::try_from(order % u64::from(Demand::Spread.skus())).unwrap_or_default());
        // Nothing that is written into memory fails.
        let _ = write!(
            lines,
            "{{\"key\":\"w{order}\",\"command\":\"CreateOrder\",\"orderId\":\"{id}\",\"channel\":\"web\",\
             \"channelRef\":\"W-{order}\",\"payment\":\"not_required\",\
             \"lines\":[{{\"sku\":\"{sku}\",\"quantity\":1}}]}}\n\
             {{\"key\":\"p{order}\",\"command\":\"PickItems\",\"fulfillmentOrderId\":\"{id}.f1\",\"all\":true}}\n\
             {{\"key\":\"k{order}\",\"command\":\"PackItems\",\"fulfillmentOrderId\":\"{id}.f1\",\"all\":true}}\n\
             {{\"key\":\"s{order}\",\"command\":\"ShipItems\",\"fulfillmentOrderId\":\"{id}.f1\",\
             \"packages\":[{{\"carrier\":\"ups\",\"trackingNumber\":\"1Z{order}\"}}]}}\n\
             {{\"key\":\"d{order}\",\"command\":\"ConfirmDelivery\",\"shipmentId\":\"{id}.s1\"}}\n"
        );
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_request_is_a_command_of_its_own() {
        let lines = whole_ways(3);
        let commands: Vec<serde_json::Value> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(commands.len() as u64, 5 * ORDERS_A_REQUEST);
        let keys: std::collections::BTreeSet<&str> =
            commands.iter().map(|command| command["key"].as_str().unwrap()).collect();
        assert_eq!(keys.len(), commands.len());
    }
}
