//! Drives orders through the real command path, many at a time, and takes the time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use holdfast_commands::AnyCommand;
use holdfast_domain::order::{
    CancelOrder, ConfirmDelivery, ConfirmPayment, PackItems, PickItems, ShipItems, ShipPackage,
    TrackShipment, TrackingStatus,
};
use holdfast_domain::values::{FulfillmentOrderId, OrderId, Reference, ShipmentId, Text};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::DemoError;
use holdfast_commands::client::{Desk, Outcome, outcome};
use holdfast_load_model::world::World;
use holdfast_terminal::output::Progress;

/// How many orders are under way at a time.
const IN_FLIGHT: usize = 256;

/// The longest latency that is told from longer ones: ten minutes, in microseconds.
const LONGEST: u64 = 600_000_000;

/// What was measured on the way.
pub struct Tally {
    /// From giving a command to its durable answer, in microseconds.
    pub latencies: Histogram<u64>,
    /// Refusals by code.
    pub refused: BTreeMap<String, u64>,
    /// Orders that their customers cancelled.
    pub cancelled: u64,
    /// How long all of it took.
    pub elapsed: Duration,
    /// An order that went all the way, from several locations where there is such a one.
    pub example: Option<OrderId>,
    /// How good an example it is: fewer locations than two, then its number.
    rank: (bool, u64),
}

/// What an order's answer says that is needed to go on.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Taken {
    order_id: OrderId,
    fulfillment_orders: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    fulfillment_order_id: FulfillmentOrderId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Left {
    shipment_id: ShipmentId,
}

/// Makes locations and stock known.
pub async fn prepare(desk: &Desk, world: &World) -> Result<(), DemoError> {
    let mut setup: Vec<(String, AnyCommand)> = Vec::new();
    for location in World::locations()? {
        setup.push((format!("location/{}", location.location), location.into()));
    }
    for receipt in world.stock()? {
        setup.push((format!("stock/{}/{}", receipt.location, receipt.sku), receipt.into()));
    }
    // One queue holds more than this; the locations come first and are decided first.
    for chunk in setup.chunks(1_000) {
        let requests: Result<Vec<_>, _> =
            chunk.iter().map(|(key, command)| desk.request(key, command.clone())).collect();
        let replies = desk.try_submit(requests?)?.ok_or(DemoError::Busy)?;
        for ((key, _), reply) in chunk.iter().zip(replies) {
            granted::<serde::de::IgnoredAny>(key, outcome(key, reply.await)?)?;
        }
    }
    Ok(())
}

/// Drives every order to its end.
pub async fn drive(desk: &Desk, world: World) -> Result<Tally, DemoError> {
    let mut progress = Progress::new("orders", world.orders());
    let (done, mut changes) = watch::channel(0);
    let driver = Arc::new(Driver {
        desk: desk.clone(),
        world,
        next: AtomicU64::new(0),
        tally: Mutex::new(Tally::new()?),
        done,
    });
    let began = Instant::now();
    let mut workers = JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let driver = Arc::clone(&driver);
        workers.spawn(async move { driver.work().await });
    }
    loop {
        tokio::select! {
            worker = workers.join_next() => match worker {
                Some(worker) => worker.map_err(|_| DemoError::WorkerLost)??,
                None => break,
            },
            Ok(()) = changes.changed() => progress.set(*changes.borrow_and_update()),
        }
    }
    let elapsed = began.elapsed();
    progress.finish();
    let mut tally = driver.tally.lock().unwrap_or_else(PoisonError::into_inner);
    tally.elapsed = elapsed;
    Ok(std::mem::replace(&mut *tally, Tally::new()?))
}

impl Tally {
    fn new() -> Result<Self, DemoError> {
        Ok(Self {
            latencies: Histogram::new_with_max(LONGEST, 3).map_err(DemoError::Histogram)?,
            refused: BTreeMap::new(),
            cancelled: 0,
            elapsed: Duration::ZERO,
            example: None,
            rank: (true, u64::MAX),
        })
    }
}

struct Driver {
    desk: Desk,
    world: World,
    next: AtomicU64,
    tally: Mutex<Tally>,
    done: watch::Sender<u64>,
}

impl Driver {
    async fn work(&self) -> Result<(), DemoError> {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.world.orders() {
                return Ok(());
            }
            self.order(number).await?;
            self.done.send_modify(|done| *done += 1);
        }
    }

    /// One order's life.
    async fn order(&self, number: u64) -> Result<(), DemoError> {
        let planned = self.world.order(number)?;
        let Some(taken) = self.create(number, planned.order.into()).await? else {
            return Ok(());
        };
        let order_id = taken.order_id;
        if planned.cancelled {
            let reason = Text::new("the customer changed their mind")?;
            let cancel = CancelOrder { order_id, reason, lines: None, occurred_at: None, not_after: None };
            self.report(&format!("order/{number}/cancel"), cancel).await?;
            self.tally().cancelled += 1;
            return Ok(());
        }
        // With none of it there, there is nothing to pay either.
        if taken.fulfillment_orders.is_empty() {
            return Ok(());
        }
        let payment_ref = Reference::new(&format!("PAY-{:06}", number + 1))?;
        let pay = ConfirmPayment { order_id, payment_ref, amount: None, occurred_at: None, not_after: None };
        self.report(&format!("order/{number}/pay"), pay).await?;
        for part in &taken.fulfillment_orders {
            self.fulfill(number, part.fulfillment_order_id).await?;
        }
        self.offer_example(number, &taken);
        Ok(())
    }

    async fn create(&self, number: u64, order: AnyCommand) -> Result<Option<Taken>, DemoError> {
        let key = format!("order/{number}");
        match self.timed(&key, order).await? {
            Outcome::Refused(refused) if refused.code == "insufficient_stock" => {
                *self.tally().refused.entry(refused.code).or_default() += 1;
                Ok(None)
            }
            outcome => granted(&key, outcome).map(Some),
        }
    }

    /// One location's part, from the shelf to the customer's door.
    async fn fulfill(&self, number: u64, part: FulfillmentOrderId) -> Result<(), DemoError> {
        let key = |step: &str| format!("order/{number}/{}/{step}", part.number());
        let all = Some(true);
        let pick =
            PickItems { fulfillment_order_id: part, all, lines: None, occurred_at: None, not_after: None };
        self.report(&key("pick"), pick).await?;
        let pack =
            PackItems { fulfillment_order_id: part, all, lines: None, occurred_at: None, not_after: None };
        self.report(&key("pack"), pack).await?;
        let ship = ShipItems {
            fulfillment_order_id: part,
            packages: vec![parcel(number, part)?],
            shipped_at: None,
            short_remainder: None,
            occurred_at: None,
            not_after: None,
        };
        let left: Left = granted(&key("ship"), self.timed(&key("ship"), ship.into()).await?)?;
        let track = TrackShipment {
            shipment_id: left.shipment_id,
            status: TrackingStatus::InTransit,
            at: self.desk.now(),
            package_id: None,
            location: None,
            raw: None,
            occurred_at: None,
            not_after: None,
        };
        self.report(&key("track"), track).await?;
        let deliver = ConfirmDelivery {
            shipment_id: left.shipment_id,
            package_id: None,
            delivered_at: None,
            occurred_at: None,
            not_after: None,
        };
        self.report(&key("deliver"), deliver).await
    }

    /// Sends a command that must be granted.
    async fn report(&self, key: &str, command: impl Into<AnyCommand>) -> Result<(), DemoError> {
        granted::<serde::de::IgnoredAny>(key, self.timed(key, command.into()).await?).map(|_| ())
    }

    async fn timed(&self, key: &str, command: AnyCommand) -> Result<Outcome, DemoError> {
        let began = Instant::now();
        let outcome = self.desk.send(key, command).await?;
        let microseconds = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.tally().latencies.saturating_record(microseconds);
        Ok(outcome)
    }

    fn offer_example(&self, number: u64, taken: &Taken) {
        let rank = (taken.fulfillment_orders.len() < 2, number);
        let mut tally = self.tally();
        if rank < tally.rank {
            tally.rank = rank;
            tally.example = Some(taken.order_id);
        }
    }

    fn tally(&self) -> std::sync::MutexGuard<'_, Tally> {
        // Counters only: whatever a panic elsewhere left is still a count.
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn parcel(number: u64, part: FulfillmentOrderId) -> Result<ShipPackage, DemoError> {
    Ok(ShipPackage {
        package_id: None,
        carrier: Some(Reference::new("demo-express")?),
        tracking_number: Some(Reference::new(&format!("DX{:06}-{}", number + 1, part.number()))?),
        service: None,
        lines: None,
        weight: None,
        dimensions: None,
    })
}

/// What a granted command answers. Of those sent here, only an order's creation may be refused.
fn granted<T: DeserializeOwned>(key: &str, outcome: Outcome) -> Result<T, DemoError> {
    let unexpected = |what: String| DemoError::Refused { key: key.to_owned(), what };
    match outcome {
        Outcome::Granted { answer, .. } => {
            serde_json::from_slice(&answer.body).map_err(|e| unexpected(e.to_string()))
        }
        Outcome::Refused(refused) => Err(unexpected(format!("{}: {}", refused.code, refused.message))),
        Outcome::KeyReused => Err(unexpected("the key was used for something else".to_owned())),
    }
}
