//! Drives the orders of a scenario through the write side, many at a time, and measures latencies.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use holdfast_commands::client::{CommandClient, Outcome, outcome};
use holdfast_domain::values::{FulfillmentOrderId, OrderId, ShipmentId};
use holdfast_load_model::{OrderLife, Scenario, Step};
use holdfast_terminal::output::Progress;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::task::JoinSet;

use super::error::DemoError;

/// Number of orders that are processed at the same time.
const ORDERS_IN_FLIGHT: usize = 256;

/// Commands per request while the store is prepared: fewer than a merchant's queue holds.
const SETUP_BATCH_SIZE: usize = 1_000;

/// The longest latency that is recorded exactly, in microseconds: ten minutes.
const MAX_LATENCY: u64 = 600_000_000;

/// Counters and latencies of a run.
pub struct Statistics {
    /// Time from sending a command to its durable answer, in microseconds.
    pub latencies: Histogram<u64>,
    /// Number of orders that were rejected because stock is short.
    pub rejected: u64,
    /// Number of orders that their customers cancelled.
    pub cancelled: u64,
    /// Duration of the whole run.
    pub elapsed: Duration,
    /// A delivered order to show, preferably one that shipped from several locations.
    pub example: Option<OrderId>,
    /// Rank of the example; the lowest is the best: true if it shipped from one location, then its number.
    example_rank: (bool, u64),
}

/// The fields of an order's answer that the next steps need.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreatedOrder {
    order_id: OrderId,
    fulfillment_orders: Vec<CreatedFulfillmentOrder>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreatedFulfillmentOrder {
    fulfillment_order_id: FulfillmentOrderId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreatedShipment {
    shipment_id: ShipmentId,
}

/// Registers the locations and receives the opening stock.
pub async fn prepare(client: &CommandClient, scenario: &Scenario) -> Result<(), DemoError> {
    for batch in scenario.setup()?.chunks(SETUP_BATCH_SIZE) {
        let requests: Result<Vec<_>, _> =
            batch.iter().map(|step| client.request(&step.key, step.command.clone())).collect();
        let replies = client.try_submit(requests?)?.ok_or(DemoError::QueueFull)?;
        for (step, reply) in batch.iter().zip(replies) {
            accepted::<IgnoredAny>(&step.key, outcome(&step.key, reply.await)?)?;
        }
    }
    Ok(())
}

/// Drives every order to its final status.
pub async fn drive(client: &CommandClient, scenario: Scenario) -> Result<Statistics, DemoError> {
    let total = scenario.orders();
    let mut progress = Progress::new("orders", total);
    let statistics = Mutex::new(Statistics::new()?);
    let driver = Arc::new(Driver { client: client.clone(), scenario, statistics });
    let started_at = Instant::now();
    let mut orders = JoinSet::new();
    let (mut next, mut done) = (0, 0);
    while done < total {
        while next < total && orders.len() < ORDERS_IN_FLIGHT {
            let (driver, number) = (Arc::clone(&driver), next);
            orders.spawn(async move { driver.order(number).await });
            next += 1;
        }
        if let Some(order) = orders.join_next().await {
            order.map_err(|_| DemoError::WorkerPanicked)??;
            done += 1;
            progress.set(done);
        }
    }
    progress.finish();
    let mut statistics = driver.statistics();
    statistics.elapsed = started_at.elapsed();
    Ok(std::mem::replace(&mut *statistics, Statistics::new()?))
}

impl Statistics {
    fn new() -> Result<Self, DemoError> {
        Ok(Self {
            latencies: Histogram::new_with_max(MAX_LATENCY, 3).map_err(DemoError::Histogram)?,
            rejected: 0,
            cancelled: 0,
            elapsed: Duration::ZERO,
            example: None,
            example_rank: (true, u64::MAX),
        })
    }
}

struct Driver {
    client: CommandClient,
    scenario: Scenario,
    statistics: Mutex<Statistics>,
}

impl Driver {
    async fn order(&self, number: u64) -> Result<(), DemoError> {
        let life = OrderLife::new(number);
        let planned = self.scenario.order(number)?;
        let Some(created) = self.create(life.create(planned.order)).await? else {
            return Ok(());
        };
        if planned.is_cancelled {
            self.send::<IgnoredAny>(life.cancel(created.order_id)?).await?;
            self.statistics().cancelled += 1;
            return Ok(());
        }
        // An order of which no unit could be reserved is cancelled: there is nothing to pay for.
        if created.fulfillment_orders.is_empty() {
            return Ok(());
        }
        self.send::<IgnoredAny>(life.pay(created.order_id)?).await?;
        for part in &created.fulfillment_orders {
            let [pick, pack, ship] = life.fulfill(part.fulfillment_order_id)?;
            self.send::<IgnoredAny>(pick).await?;
            self.send::<IgnoredAny>(pack).await?;
            let shipment: CreatedShipment = self.send(ship).await?;
            self.send::<IgnoredAny>(life.track(shipment.shipment_id, self.client.now())).await?;
            self.send::<IgnoredAny>(life.deliver(shipment.shipment_id)).await?;
        }
        self.offer_example(number, &created);
        Ok(())
    }

    /// Creates an order; returns `None` if it was rejected because stock is short.
    async fn create(&self, step: Step) -> Result<Option<CreatedOrder>, DemoError> {
        let key = step.key.clone();
        match self.measure(step).await? {
            Outcome::Rejected(rejected) if rejected.code == "insufficient_stock" => {
                self.statistics().rejected += 1;
                Ok(None)
            }
            outcome => accepted(&key, outcome).map(Some),
        }
    }

    /// Sends a command that must be accepted.
    async fn send<T: DeserializeOwned>(&self, step: Step) -> Result<T, DemoError> {
        let key = step.key.clone();
        accepted(&key, self.measure(step).await?)
    }

    async fn measure(&self, Step { key, command }: Step) -> Result<Outcome, DemoError> {
        let sent_at = Instant::now();
        let outcome = self.client.send(&key, command).await?;
        let microseconds = u64::try_from(sent_at.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.statistics().latencies.saturating_record(microseconds);
        Ok(outcome)
    }

    fn offer_example(&self, number: u64, created: &CreatedOrder) {
        let rank = (created.fulfillment_orders.len() < 2, number);
        let mut statistics = self.statistics();
        if rank < statistics.example_rank {
            statistics.example_rank = rank;
            statistics.example = Some(created.order_id);
        }
    }

    fn statistics(&self) -> MutexGuard<'_, Statistics> {
        // Counters stay usable after a panic in another task.
        self.statistics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer to an accepted command. Only the creation of an order may be rejected here.
fn accepted<T: DeserializeOwned>(key: &str, outcome: Outcome) -> Result<T, DemoError> {
    let unexpected = |answer: String| DemoError::Rejected { key: key.to_owned(), answer };
    match outcome {
        Outcome::Accepted { answer, .. } => {
            serde_json::from_slice(&answer.body).map_err(|error| unexpected(error.to_string()))
        }
        Outcome::Rejected(rejected) => Err(unexpected(format!("{}: {}", rejected.code, rejected.message))),
        Outcome::KeyReused => Err(unexpected("the key was used for another command".to_owned())),
    }
}
