//! How soon a server is ready again over a journal that is not small, and how much memory it holds.

use std::time::{Duration, Instant};

use super::child::Server;
use super::error::BenchError;
use super::load::requests::{Demand, Form};
use super::load::{self, Load, Pace};
use super::measure::Measured;
use super::outside::Outside;
use super::place::Place;

/// How long orders are sent before they are counted: until there are enough.
const SLICE: Duration = Duration::from_secs(10);

/// Fills a store with so many orders at least, kills its server, and starts another.
pub async fn start(place: &Place, connections: u32, orders: u32) -> Result<Measured, BenchError> {
    let (demand, form) = (Demand::Spread, Form::Bulk);
    let server = Server::start("serve", place).await?;
    let mut outside = Outside::open(server.address()).await?;
    outside.stock(demand.skus()).await?;
    let (mut granted, mut slices, mut half) = (0, 0, None);
    let began = Instant::now();
    let mut measured = loop {
        let tally = load::run(Load {
            addresses: vec![server.address()],
            first: slices * connections,
            connections,
            demand,
            form,
            pace: Pace::Closed,
            warm_up: Duration::ZERO,
            measured: SLICE,
        });
        let measured = Measured::of(tally.await?);
        (granted, slices) = (granted + measured.granted, slices + 1);
        if granted >= u64::from(orders / 2) {
            half = half.or_else(|| server.resident_kib());
        }
        if granted >= u64::from(orders) || measured.failed() > 0 {
            break measured;
        }
    };
    measured.per_second = holdfast_terminal::output::per_second(granted, began.elapsed());
    measured.granted = granted;
    measured.resident_half_kib = half;
    measured.behind_events = Some(outside.caught_up().await?);
    measured.resident_kib = server.resident_kib();
    server.end().await?;

    let began = Instant::now();
    let again = Server::start("serve", place).await?;
    let mut outside = Outside::open(again.address()).await?;
    outside.ready().await?;
    measured.ready_ms = Some(began.elapsed().as_secs_f64() * 1_000.0);
    outside.caught_up().await?;
    outside.check(demand.skus(), granted).await?;
    measured.resident_again_kib = again.resident_kib();
    again.end().await?;
    Ok(measured)
}
