//! A seeded random walk over HTTP: every command of the API, valid, borderline and contradictory, on three locations and
//! six SKUs, while the process manager works in the background. The walk checks the results against its own model, which it
//! folds from the event feed alone.
//!
//! `HOLDFAST_WALK_COMMANDS` sets the number of commands, `HOLDFAST_WALK_SEED` repeats a walk. Every merchant gets at most a
//! thousand commands. The commands of a merchant are sent one after the other, those of several merchants concurrently.

mod actions;
mod answers;
mod checks;
mod client;
mod coverage;
mod feed;
mod json;
mod log;
mod model;
mod openapi;
mod random;
mod report;
mod steps;
mod violations;
mod walker;

use std::sync::Arc;
use std::time::Instant;

use self::client::Client;
use self::coverage::Coverage;
use self::openapi::Operations;
use self::walker::{Shared, Walker};
use crate::support::orders::assert_verified;
use crate::support::server::TestServer;
use crate::support::store::TestStore;

/// The default number of commands.
const COMMANDS: usize = 1_500;
/// The maximum number of commands per merchant: a merchant's events stay few enough to be checked repeatedly.
const COMMANDS_PER_MERCHANT: usize = 1_000;
/// The number of merchants whose commands are sent concurrently.
const CONNECTIONS: usize = 4;
/// The default seed.
const SEED: u64 = 1;
/// With at least this many commands, every command and every event must occur.
const COMMANDS_FOR_COVERAGE: usize = 20_000;

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

    let coverage = Coverage::of(&walkers);
    println!("{commands} commands with seed {seed} in {seconds:.1} s\n{coverage}");
    let broken = report::report(&walkers).await;
    assert!(broken.is_empty(), "HOLDFAST_WALK_SEED={seed} HOLDFAST_WALK_COMMANDS={commands}\n{broken}");
    assert_verified(&store);
    if commands >= COMMANDS_FOR_COVERAGE {
        coverage.assert_complete();
    }
}

/// Runs the walks of all merchants, some of them concurrently.
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
        walkers.extend(connection.await.expect("a walk ends"));
    }
    walkers
}
