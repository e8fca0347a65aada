//! How long an order that was answered takes to be found in the read model, while others are taken.

use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::requests::order_id;
use super::{BenchError, Connection, Load, Requests, Shared, connect, open};

/// How many connections look.
const PROBES: u32 = 4;

/// How often each of them looks.
const EVERY: Duration = Duration::from_millis(10);

/// What their connections are numbered from, far from those of the load.
const FIRST: u32 = 1_000_000;

/// Runs an open loop whose latencies do not count, and the probes beside it.
///
/// A probe asks for the orders of a customer who has just one, up to the position of its answer: only the read model
/// is asked, never the journal, and what is found is looked at.
pub async fn run(load: &Load, rate: f64, shared: &Rc<Shared>) -> Result<(), BenchError> {
    let mut probes = JoinSet::new();
    for (connection, requests) in connect(load, FIRST, PROBES).await? {
        probes.spawn_local(look(connection, requests, Rc::clone(shared)));
    }
    open::run(load, rate, shared, false).await?;
    while probes.join_next().await.is_some() {}
    Ok(())
}

async fn look(mut connection: Connection, mut requests: Requests, shared: Rc<Shared>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while Instant::now() < shared.window().ends {
        ticks.tick().await;
        if let Err(error) = look_once(&mut connection, &mut requests, &shared).await {
            return shared.unanswered(&error);
        }
    }
}

async fn look_once(
    connection: &mut Connection,
    requests: &mut Requests,
    shared: &Shared,
) -> Result<(), super::CallError> {
    let customer = requests.order_of_a_customer();
    let asked = Instant::now();
    let answer = connection.call(requests.text()).await?;
    shared.answered(super::Asked::Orders(1), &answer, asked, false);
    let (Some(position), Some(id)) = (answer.position, order_id(answer.body)) else {
        return Ok(());
    };
    let answered = Instant::now();
    requests.orders_of(&customer, position);
    let found = connection.call(requests.text()).await?;
    if found.status != 200 || order_id(found.body) != Some(id) {
        shared.failed("not found in the read model", 1);
    } else if shared.window().holds(answered) {
        shared.tally.borrow_mut().changes.record(answered.elapsed());
    }
    Ok(())
}
