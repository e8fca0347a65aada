//! The durations and the results of one measurement of a case.

use std::collections::BTreeMap;
use std::time::Duration;

use holdfast_terminal::output::per_second;
use serde::Serialize;

use crate::load::tally::{Latencies, Tally};

/// Durations of a measurement.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    pub warm_up: Duration,
    pub measured: Duration,
}

#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Measurement {
    /// Counted from 1.
    pub round: u32,
    /// Orders or events per second.
    pub per_second: f64,
    /// Percentiles of the latency of accepted commands.
    pub p50_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub p999_ms: Option<f64>,
    /// The rate of an open loop.
    pub offered_per_second: Option<f64>,
    pub reads_per_second: Option<f64>,
    pub reads_p99_ms: Option<f64>,
    /// Accepted orders, including those before and after the measured time.
    pub accepted: u64,
    /// Number of failures by their text.
    pub failures: BTreeMap<String, u64>,
    /// Number of events that the slowest read model was behind at the end of the load.
    pub behind_events: Option<u64>,
    /// Memory of the servers at the end of the load.
    pub resident_kib: Option<u64>,
    /// Cold start: memory of the server with half of the orders.
    pub resident_half_kib: Option<u64>,
    /// Cold start: time from the second start until the server was ready.
    pub ready_ms: Option<f64>,
    /// Cold start: memory after the second start.
    pub resident_again_kib: Option<u64>,
    /// Rebuild: orders per second, from creation to delivery, while the journal was filled.
    pub filled_per_second: Option<f64>,
    pub rebuilds: Option<Rebuilds>,
    pub carts: Option<CartCosts>,
}

impl Measurement {
    /// The number of failures.
    pub fn failed(&self) -> u64 {
        self.failures.values().sum()
    }
}

impl From<Tally> for Measurement {
    fn from(tally: Tally) -> Self {
        let reads = tally.reads.count();
        Self {
            per_second: per_second(tally.done, tally.elapsed),
            p50_ms: tally.commands.milliseconds(0.50),
            p99_ms: tally.commands.milliseconds(0.99),
            p999_ms: tally.commands.milliseconds(0.999),
            reads_per_second: (reads > 0).then(|| per_second(reads, tally.elapsed)),
            reads_p99_ms: tally.reads.milliseconds(0.99),
            accepted: tally.accepted,
            failures: tally.failures,
            ..Self::default()
        }
    }
}

/// What commands on carts, and on a SKU with many open carts, cost.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CartCosts {
    /// Carts reserved per second while they were opened.
    pub opened_per_second: f64,
    /// Microseconds per order of the SKU with carts.
    pub with_carts_us: f64,
    /// Microseconds per order of the SKU without carts, in turn with the other.
    pub without_carts_us: f64,
    /// The quotient of the two.
    pub cost_ratio: f64,
    /// Conversions per second, refused ones included.
    pub conversions_per_second: f64,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rebuilds {
    /// Each read model, rebuilt without other load.
    pub alone: Vec<Rebuilt>,
    /// All read models, rebuilt at once under load.
    pub under_load: Vec<Rebuilt>,
    /// Latencies of the load before the rebuilds.
    pub before: LoadImpact,
    /// Latencies of the load during the rebuilds.
    pub during: LoadImpact,
}

/// One rebuild of a read model.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rebuilt {
    pub read_model: String,
    /// Number of events in the journal.
    pub events: u64,
    /// Time until the new build was active.
    pub seconds: f64,
    /// Events per second.
    pub per_second: f64,
}

/// Latencies of commands and queries.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoadImpact {
    pub commands_p99_ms: Option<f64>,
    pub commands_max_ms: Option<f64>,
    pub queries_p99_ms: Option<f64>,
    pub queries_max_ms: Option<f64>,
}

impl LoadImpact {
    pub fn new(commands: &Latencies, queries: &Latencies) -> Self {
        Self {
            commands_p99_ms: commands.milliseconds(0.99),
            commands_max_ms: commands.milliseconds(1.0),
            queries_p99_ms: queries.milliseconds(0.99),
            queries_max_ms: queries.milliseconds(1.0),
        }
    }
}
