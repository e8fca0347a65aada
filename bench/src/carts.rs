//! Measures what commands cost on a SKU with many open cart reservations, and converts more carts at once than there are units.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use holdfast_domain::cart_reservation::ReserveCart;
use holdfast_domain::order::CreateOrder;
use holdfast_domain::stock::AdjustStock;
use holdfast_domain::values::{CartReservationId, OrderId, Sku};
use holdfast_load_model::{Step, simple, sku};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::child::Server;
use crate::environment::BenchStore;
use crate::error::BenchError;
use crate::http_client::{HttpClient, POLL_INTERVAL, check_counts};
use crate::measurement::{CartCosts, Measurement};
use crate::spread::Spread;

/// The SKU with open carts.
const WITH_CARTS: usize = 0;
/// The SKU without carts that it is compared with.
const WITHOUT_CARTS: usize = 1;
/// The SKU whose carts are converted.
const CONVERTED: usize = 2;

/// Commands per bulk request.
const COMMANDS_PER_REQUEST: u32 = 100;
/// Requests of a slice. Slices on the two compared SKUs take turns.
const REQUESTS_PER_SLICE: u32 = 10;
const SLICES: u32 = 20;

/// Carts of one unit that are converted at once.
const CONVERSIONS: u32 = 10_000;
/// The units that exist when they are converted.
const UNITS: u32 = 5_000;

/// Opens this many carts on one SKU, compares the cost of orders there and on a SKU without carts, and converts 10,000 other
/// carts at once although only 5,000 units exist.
pub async fn run(store: &BenchStore, connections: u32, carts: u32) -> Result<Measurement, BenchError> {
    let server = Server::start("serve", store).await?;
    let mut client = HttpClient::open(server.address()).await?;
    client.prepare_stock(2).await?;
    client.execute(&[simple::receipt(sku(CONVERTED)?, CONVERSIONS.into())?]).await?;
    let started_at = Instant::now();
    reserve(&mut client, &sku(WITH_CARTS)?, carts).await?;
    let opened = started_at.elapsed();
    let behind = client.wait_for_read_models().await?;
    let (with_carts, without_carts) = compare(&mut client).await?;
    let (accepted, converted) = convert(server.address(), &mut client, connections).await?;
    check_counts(accepted, UNITS.into(), 0)?;
    let ordered = u64::from(2 * SLICES * REQUESTS_PER_SLICE * COMMANDS_PER_REQUEST);
    client.wait_for_read_models().await?;
    client.check(3, u64::from(carts) + ordered + accepted).await?;
    let per_second = |count: u32, elapsed: Duration| f64::from(count) / elapsed.as_secs_f64();
    let measurement = Measurement {
        per_second: 1_000_000.0 / with_carts,
        accepted: ordered + accepted,
        behind_events: Some(behind),
        resident_kib: server.resident_kib(),
        carts: Some(CartCosts {
            opened_per_second: per_second(carts, opened),
            with_carts_us: with_carts,
            without_carts_us: without_carts,
            cost_ratio: with_carts / without_carts,
            conversions_per_second: per_second(CONVERSIONS, converted),
        }),
        ..Measurement::default()
    };
    server.kill().await?;
    Ok(measurement)
}

/// Reserves one unit for each of this many carts, which end at many different times. Returns their ids.
async fn reserve(
    client: &mut HttpClient,
    sku: &Sku,
    count: u32,
) -> Result<Vec<CartReservationId>, BenchError> {
    let mut ids = Vec::new();
    let mut steps = Vec::new();
    for number in 0..count {
        let id = CartReservationId::new(Uuid::now_v7());
        let cart: ReserveCart = serde_json::from_value(json!({
            "reservationId": id,
            "channel": "web",
            "lines": [{ "sku": sku, "quantity": 1 }],
            // 15 minutes to 17 hours.
            "expiresAfter": format!("PT{}M", 15 + number % 1_000),
        }))?;
        steps.push(Step { key: format!("cart/{id}"), command: cart.into() });
        ids.push(id);
    }
    for steps in steps.chunks(COMMANDS_PER_REQUEST as usize) {
        client.execute(steps).await?;
    }
    Ok(ids)
}

/// Microseconds per order of one unit, on the SKU with carts and on the one without: medians of slices that take turns.
async fn compare(client: &mut HttpClient) -> Result<(f64, f64), BenchError> {
    let mut costs = [Vec::new(), Vec::new()];
    for slice in 0..SLICES {
        for rank in [WITH_CARTS, WITHOUT_CARTS] {
            let mut requests = Vec::new();
            for request in 0..REQUESTS_PER_SLICE {
                let first = (slice * REQUESTS_PER_SLICE + request) * COMMANDS_PER_REQUEST;
                requests.push(orders(rank, first)?);
            }
            let started_at = Instant::now();
            for steps in &requests {
                client.execute(steps).await?;
            }
            let commands = REQUESTS_PER_SLICE * COMMANDS_PER_REQUEST;
            costs[rank].push(started_at.elapsed().as_secs_f64() * 1_000_000.0 / f64::from(commands));
        }
    }
    let median = |rank: usize| Spread::of(costs[rank].iter().copied()).map(|spread| spread.median);
    median(WITH_CARTS).zip(median(WITHOUT_CARTS)).ok_or(BenchError::TaskEnded)
}

fn orders(rank: usize, first: u32) -> Result<Vec<Step>, BenchError> {
    let step = |number: u32| {
        Ok(Step { key: format!("order/{rank}/{number}"), command: simple::order(sku(rank)?)?.into() })
    };
    (first..first + COMMANDS_PER_REQUEST).map(step).collect()
}

/// Converts all carts at once after half of their units broke. Returns the number of orders, and the time that the
/// conversions took.
async fn convert(
    address: SocketAddr,
    client: &mut HttpClient,
    connections: u32,
) -> Result<(u64, Duration), BenchError> {
    let sku = sku(CONVERTED)?;
    let carts = reserve(client, &sku, CONVERSIONS).await?;
    client.wait_for_read_models().await?;
    let broken: AdjustStock = serde_json::from_value(json!({
        "sku": sku,
        "location": simple::LOCATION,
        "delta": i64::from(UNITS) - i64::from(CONVERSIONS),
        "reason": "damaged",
    }))?;
    client.execute(&[Step { key: "broken".to_owned(), command: broken.into() }]).await?;
    client.wait_for_read_models().await?;
    // The process manager takes the missing units off the carts, some of them at a time.
    while client.is_overcommitted(&sku).await? {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    let started_at = Instant::now();
    let mut tasks = JoinSet::new();
    for task in 0..connections as usize {
        let own: Vec<CartReservationId> =
            carts.iter().skip(task).step_by(connections as usize).copied().collect();
        let sku = sku.clone();
        tasks.spawn(async move {
            let mut client = HttpClient::open(address).await?;
            let mut created = 0;
            for ids in own.chunks(COMMANDS_PER_REQUEST as usize) {
                created += client.count_created(&conversions(&sku, ids)?).await?;
            }
            Ok::<u64, BenchError>(created)
        });
    }
    let mut created = 0;
    while let Some(task) = tasks.join_next().await {
        created += task.map_err(|_| BenchError::TaskEnded)??;
    }
    Ok((created, started_at.elapsed()))
}

fn conversions(sku: &Sku, carts: &[CartReservationId]) -> Result<Vec<Step>, BenchError> {
    let step = |id: &CartReservationId| {
        let order_id = Some(OrderId::new(Uuid::now_v7()));
        let order = CreateOrder { order_id, reservation: Some(*id), ..simple::order(sku.clone())? };
        Ok(Step { key: format!("convert/{id}"), command: order.into() })
    };
    carts.iter().map(step).collect()
}
