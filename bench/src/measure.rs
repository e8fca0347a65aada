//! One case, once: a store of its own, a server of its own, a load, and a look from the outside at what it left.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;

use super::baseline::store;
use super::case::{Case, Speed, System, Work};
use super::child::Server;
use super::error::BenchError;
use super::load::requests::{Demand, Form};
use super::load::tally::{Latencies, Tally};
use super::load::{self, Load, Pace};
use super::outside::Outside;
use super::place::{Ground, Place};
use super::procedure::{self, Calls};
use super::rebuild::{self, Rebuilds};
use super::{append, cold, numbers};

/// How long things are measured.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Before anything counts.
    pub warm_up: Duration,
    /// While it counts.
    pub measured: Duration,
}

/// What was measured in one round.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Measured {
    /// The round, from 1.
    pub round: u32,
    /// Orders or events a second.
    pub per_second: f64,
    /// What half of the requests that change something did not exceed.
    pub p50_ms: Option<f64>,
    /// What 99 of 100 did not exceed.
    pub p99_ms: Option<f64>,
    /// What 999 of 1,000 did not exceed.
    pub p999_ms: Option<f64>,
    /// The rate of an open loop.
    pub offered_per_second: Option<f64>,
    /// Reads a second.
    pub reads_per_second: Option<f64>,
    /// What 99 of 100 reads did not exceed.
    pub reads_p99_ms: Option<f64>,
    /// What was granted in all, also before the measured time and after it.
    pub granted: u64,
    /// Everything that was answered otherwise, and how often.
    pub failures: BTreeMap<String, u64>,
    /// By how many events the read models were behind when the load ended.
    pub behind_events: Option<u64>,
    /// How much memory the servers held when the load ended.
    pub resident_kib: Option<u64>,
    /// How much memory the server held with half of the orders.
    pub resident_half_kib: Option<u64>,
    /// From the start of the server until it said that it was ready, where it was started again.
    pub ready_ms: Option<f64>,
    /// How much memory it held then.
    pub resident_again_kib: Option<u64>,
    /// Orders a second with all that happened to them, while the journal was filled.
    pub filled_per_second: Option<f64>,
    /// What was measured of rebuilds.
    pub rebuilds: Option<Rebuilds>,
}

impl Measured {
    pub(super) fn of(tally: Tally) -> Self {
        let of_reads = |latencies: &Latencies| (latencies.count() > 0).then(|| latencies.count());
        let reads = of_reads(&tally.reads);
        Self {
            round: 0,
            per_second: tally.per_second(),
            p50_ms: tally.changes.milliseconds(0.50),
            p99_ms: tally.changes.milliseconds(0.99),
            p999_ms: tally.changes.milliseconds(0.999),
            offered_per_second: None,
            reads_per_second: reads.map(|reads| holdfast_terminal::output::per_second(reads, tally.elapsed)),
            reads_p99_ms: tally.reads.milliseconds(0.99),
            granted: tally.granted,
            failures: tally.failures,
            behind_events: None,
            resident_kib: None,
            resident_half_kib: None,
            ready_ms: None,
            resident_again_kib: None,
            filled_per_second: None,
            rebuilds: None,
        }
    }

    /// How often something was answered otherwise.
    pub fn failed(&self) -> u64 {
        self.failures.values().sum()
    }
}

/// Measures a case. `rate_of` says how fast another one was in this round.
pub async fn measure(
    ground: &Ground,
    case: &Case,
    timing: Timing,
    rate_of: impl Fn(&str) -> Option<f64>,
) -> Result<Measured, BenchError> {
    let place = match case.system {
        System::Sqlite => ground.directory_of_its_own()?,
        System::Naive | System::Procedure | System::Postgres => ground.schema_of_its_own().await?,
    };
    let Timing { warm_up, measured } = timing;
    match case.work {
        Work::Append(way) => append::run(place, way, warm_up, measured).await.map(Measured::of),
        Work::Calls(demand) => {
            let calls = Calls { demand, warm_up, measured };
            procedure::run(place.schema()?.options.clone(), calls).await.map(Measured::of)
        }
        Work::ColdStart(orders) => cold::start(&place, case.connections, orders).await,
        Work::Rebuild(events) => rebuild::run(&place, case.connections, events).await,
        Work::Http { demand, form, speed } => {
            let pace = pace(speed, rate_of)?;
            over_http(&place, case, timing, (demand, form, pace)).await
        }
    }
}

fn pace(speed: Speed, rate_of: impl Fn(&str) -> Option<f64>) -> Result<Pace, BenchError> {
    let half = |name| rate_of(name).map(|rate| numbers::round(rate / 2.0)).ok_or(BenchError::NoRate(name));
    Ok(match speed {
        Speed::Closed => Pace::Closed,
        Speed::Fixed(rate) => Pace::Open(rate),
        Speed::HalfOf(name) => Pace::Open(half(name)?),
        Speed::VisibleAtHalfOf(name) => Pace::Visible(half(name)?),
    })
}

async fn over_http(
    place: &Place,
    case: &Case,
    timing: Timing,
    (demand, form, pace): (Demand, Form, Pace),
) -> Result<Measured, BenchError> {
    let skus = demand.skus();
    let naive = case.system == System::Naive;
    if naive {
        store::prepare(&place.schema()?.options, skus).await?;
    }
    let subcommand = if naive { "baseline" } else { "serve" };
    let mut servers = Vec::new();
    for _ in 0..case.nodes {
        servers.push(Server::start(subcommand, place).await?);
    }
    let addresses: Vec<SocketAddr> = servers.iter().map(Server::address).collect();
    if !naive {
        open(&addresses).await?.stock(skus).await?;
    }
    let tally = load::run(Load {
        addresses: addresses.clone(),
        first: 0,
        connections: case.connections,
        demand,
        form,
        pace,
        warm_up: timing.warm_up,
        measured: timing.measured,
    })
    .await?;
    let mut measured = Measured::of(tally);
    measured.resident_kib = servers.iter().map(Server::resident_kib).sum();
    measured.offered_per_second = match pace {
        Pace::Closed => None,
        Pace::Open(rate) | Pace::Visible(rate) => Some(rate),
    };
    if naive {
        store::check(&place.schema()?.options, measured.granted).await?;
    } else {
        let mut outside = open(&addresses).await?;
        measured.behind_events = Some(outside.caught_up().await?);
        outside.check(skus, measured.granted).await?;
    }
    for server in servers {
        server.end().await?;
    }
    Ok(measured)
}

async fn open(addresses: &[SocketAddr]) -> Result<Outside, BenchError> {
    Outside::open(*addresses.first().ok_or(BenchError::Silent)?).await
}
