//! Measures the delay from the answer to an order until the order appears in the read model, under load.

use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::connection::CallError;
use super::requests::{RequestKind, order_id};
use super::{BenchError, Connection, Counters, Load, Requests, connect, open};

/// Number of connections that measure.
const PROBES: u32 = 4;
/// Interval between the orders of each of them.
const PROBE_INTERVAL: Duration = Duration::from_millis(10);
/// The number of their first connection, larger than those of the load.
const FIRST: u32 = 1_000_000;

/// Runs an open loop without recording its latencies, and the probes.
///
/// A probe creates the only order of a customer and lists the customer's orders with the position of the answer. The
/// list comes from the read model, never from the journal.
pub async fn run(load: &Load, rate: f64, counters: &Rc<Counters>) -> Result<(), BenchError> {
    let mut probes = JoinSet::new();
    for (connection, requests) in connect(load, FIRST, PROBES).await? {
        probes.spawn_local(probe(connection, requests, Rc::clone(counters)));
    }
    open::run(load, rate, counters, false).await?;
    while probes.join_next().await.is_some() {}
    Ok(())
}

async fn probe(mut connection: Connection, mut requests: Requests, counters: Rc<Counters>) {
    let mut ticks = tokio::time::interval(PROBE_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while Instant::now() < counters.window.ends {
        ticks.tick().await;
        if let Err(error) = probe_once(&mut connection, &mut requests, &counters).await {
            return counters.unanswered(&error);
        }
    }
}

async fn probe_once(
    connection: &mut Connection,
    requests: &mut Requests,
    counters: &Counters,
) -> Result<(), CallError> {
    let customer = requests.prepare_customer_order();
    let sent_at = Instant::now();
    let answer = connection.call(requests.bytes()).await?;
    counters.answered(RequestKind::Orders(1), &answer, sent_at, false);
    let (Some(position), Some(id)) = (answer.position, order_id(answer.body)) else {
        return Ok(());
    };
    let answered_at = Instant::now();
    requests.prepare_get(&format!("/v1/orders?customerRef={customer}&minPosition={position}&limit=1"));
    let found = connection.call(requests.bytes()).await?;
    if found.status == 200 && order_id(found.body) == Some(id) {
        counters.visible(answered_at);
    } else {
        counters.failed("not found in the read model", 1);
    }
    Ok(())
}
