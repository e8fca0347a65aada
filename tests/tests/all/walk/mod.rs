//! A seeded random walk over HTTP: every command of the API, valid, borderline and contradictory, on three locations and
//! six SKUs, while the process manager works in the background. Whether it was right is judged by the walk's own model,
//! which is folded from the feed of events alone.
//!
//! `HOLDFAST_WALK_COMMANDS` says how many commands are sent, `HOLDFAST_WALK_SEED` repeats a walk. Every thousand commands
//! belong to a merchant of their own; a merchant's commands are sent one after the other, several merchants' at once.

mod actions;
mod answers;
mod checks;
mod client;
mod feed;
mod json;
mod log;
mod model;
mod openapi;
mod random;
mod steps;
mod violations;
mod walker;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use self::client::Client;
use self::openapi::Operations;
use self::walker::{Shared, Walker};
use crate::support::server::TestServer;
use crate::support::store::TestStore;

/// Commands of a walk with every run of the tests.
const COMMANDS: usize = 1_500;
/// Commands of one merchant at most: its orders and events stay few enough to be folded again and again.
const COMMANDS_PER_MERCHANT: usize = 1_000;
/// Merchants whose commands are sent at the same time.
const CONNECTIONS: usize = 4;
/// The walk that is taken where no seed is given.
const SEED: u64 = 1;
/// From so many commands on, everything must have happened at least once.
const COMMANDS_FOR_COVERAGE: usize = 20_000;

/// Events that happen in none but very long walks.
const RARE: [&str; 0] = [];

/// The types of events that a long walk must have seen.
const EVENTS: [&str; 60] = [
    "OrderCreated",
    "OrderAmended",
    "AmendmentRequested",
    "AmendmentAccepted",
    "AmendmentRejected",
    "PaymentAuthorized",
    "PaymentConfirmed",
    "PaymentFailed",
    "PaymentVoided",
    "OrderSourced",
    "InventoryReserved",
    "InventoryBackordered",
    "InventoryReleased",
    "ReservationExpired",
    "ReservationExtended",
    "PromiseChanged",
    "OrderHeld",
    "OrderHoldReleased",
    "FulfillmentOrderAccepted",
    "FulfillmentOrderRejected",
    "FulfillmentOrderMoved",
    "CancellationRequested",
    "CancellationRejected",
    "ItemPicked",
    "PickShorted",
    "ItemPacked",
    "ItemPutBack",
    "ReadyForPickup",
    "ShipmentCreated",
    "ShipmentTracked",
    "ShipmentStuck",
    "DeliveryConfirmed",
    "DeliveryFailed",
    "OrderCancelled",
    "ReturnRequested",
    "ReturnReceived",
    "DiscrepancyRecorded",
    "PersonalDataErased",
    "StockReceived",
    "StockCounted",
    "StockAdjusted",
    "StockConditionChanged",
    "StockReserved",
    "StockReleased",
    "StockReservationsExpired",
    "StockReservationExtended",
    "StockShipped",
    "StockShorted",
    "StockReturned",
    "TransferShipped",
    "TransferReceived",
    "SupplyExpected",
    "SupplyCancelled",
    "StockPolicySet",
    "StockBackordered",
    "StockBackorderWithdrawn",
    "StockPromised",
    "StockEarmarked",
    "StockBackorderFilled",
    "CapacityBooked",
];

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_commands_keep_every_invariant() {
    let Some(store) = TestStore::sqlite() else { return };
    let server = TestServer::start(&store).await;
    let commands = usize::try_from(setting("HOLDFAST_WALK_COMMANDS", COMMANDS as u64)).expect("a number");
    let seed = setting("HOLDFAST_WALK_SEED", SEED);
    let operations = Operations::read(&Client::new(&server.address, "default")).await;
    let steps = [steps::steps(), steps::operations().to_vec()].concat();
    operations.assert_all_covered(&steps);
    let shared = Arc::new(Shared { address: server.address.clone(), seed, operations });

    let started = Instant::now();
    let walkers = walk_all(&shared, commands).await;
    let seconds = started.elapsed().as_secs_f64();

    let (mut sent, mut happened) =
        (BTreeMap::<String, (usize, usize)>::new(), BTreeMap::<String, usize>::new());
    for walker in &walkers {
        for (operation, (count, accepted)) in &walker.sent {
            let known = sent.entry(operation.clone()).or_default();
            *known = (known.0 + count, known.1 + accepted);
        }
        for (kind, count) in walker.happened() {
            *happened.entry(kind.clone()).or_default() += count;
        }
    }
    println!("{commands} commands with seed {seed} in {seconds:.1} s; sent and accepted: {sent:?}");
    println!("events: {happened:?}");
    let broken: Vec<String> = walkers
        .iter()
        .filter(|walker| !walker.violations.is_empty())
        .map(|walker| format!("merchant {}:\n{}", walker.merchant(), walker.violations))
        .collect();
    assert!(
        broken.is_empty(),
        "HOLDFAST_WALK_SEED={seed} HOLDFAST_WALK_COMMANDS={commands}\n{}",
        broken.join("\n")
    );
    if commands >= COMMANDS_FOR_COVERAGE {
        let never = EVENTS.iter().filter(|kind| !happened.contains_key(**kind) && !RARE.contains(kind));
        assert_eq!(never.collect::<Vec<_>>(), Vec::<&&str>::new(), "everything happens in a long walk");
        let unused =
            steps.iter().filter(|step| sent.get(step.operation).is_none_or(|(_, accepted)| *accepted == 0));
        let unused: Vec<_> = unused.map(|step| step.operation).collect();
        assert_eq!(unused, Vec::<&str>::new(), "every command is accepted at least once");
    }
}

/// Walks for all merchants, some of them at a time.
async fn walk_all(shared: &Arc<Shared>, commands: usize) -> Vec<Walker> {
    let merchants = commands.div_ceil(COMMANDS_PER_MERCHANT).max(2);
    let each = commands.div_ceil(merchants);
    let mut connections = Vec::new();
    for connection in 0..CONNECTIONS.min(merchants) {
        let shared = Arc::clone(shared);
        connections.push(tokio::spawn(async move {
            let mut walkers = Vec::new();
            for number in (connection..merchants).step_by(CONNECTIONS) {
                let mut walker = Walker::new(&shared, number);
                walker.walk(each).await;
                walkers.push(walker);
            }
            walkers
        }));
    }
    let mut walkers = Vec::new();
    for connection in connections {
        walkers.extend(connection.await.expect("a walk comes to its end"));
    }
    walkers
}
