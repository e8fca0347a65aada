//! The connections to the database are cut during a commit, stall, or deliver a commit late.

use std::sync::Arc;
use std::time::Duration;

use super::check::check;
use super::load::Load;
use super::proxy::{Fault, Proxy};
use crate::support::server::TestServer;
use crate::support::store::TestStore;

const FAULT_COUNT: usize = 5;
/// Orders with a final response between two faults.
const ORDERS_BETWEEN_FAULTS: usize = 60;
const LATE_COMMIT: Fault = Fault::ArrivesLate(Duration::from_millis(400));

struct FaultyNetwork {
    store: TestStore,
    proxy: Proxy,
    server: Arc<TestServer>,
    load: Load,
}

async fn start(name: &str) -> Option<FaultyNetwork> {
    let mut store = TestStore::postgres()?;
    let proxy = Proxy::start(store.url()).await;
    let direct = store.url().to_owned();
    store.set_url(&proxy.url(&direct));
    let server = Arc::new(TestServer::start(&store).await);
    server.add_stock("DC-1", "HOT", 1_000_000).await;
    let load = Load::start(name, &[Arc::clone(&server)], 8);
    Some(FaultyNetwork { store, proxy, server, load })
}

async fn inject(name: &str, fault: Fault) {
    if let Some(network) = start(name).await {
        inject_into(network, fault).await;
    }
}

async fn inject_into(network: FaultyNetwork, fault: Fault) {
    for _ in 0..FAULT_COUNT {
        network.load.answered(network.load.count() + ORDERS_BETWEEN_FAULTS).await;
        network.load.until(network.proxy.inject(fault)).await;
    }
    network.load.answered(network.load.count() + ORDERS_BETWEEN_FAULTS).await;
    let responses = network.load.finish().await;
    check(&network.server, &network.store, &responses).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_response_is_lost_is_found_again() {
    inject("answer", Fault::AnswerLost).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_never_arrives_is_retried() {
    inject("request", Fault::RequestLost).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_arrives_shortly_after_the_cut_is_found_or_fenced() {
    inject("soon", Fault::ArrivesLate(Duration::from_millis(10))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_arrives_late_is_fenced() {
    inject("late", LATE_COMMIT).await;
}

/// Drops the unique keys, so that only the condition of the append rejects a late commit.
fn drop_unique_keys(store: &TestStore) {
    for table in ["event", "batch", "stream", "outcome", "claim"] {
        // Each statement is a transaction of its own: a single transaction would deadlock with an append.
        store.sql(&format!("ALTER TABLE {table} DROP CONSTRAINT {table}_pkey"));
    }
    for index in ["event_stream", "stream_name", "outcome_key"] {
        store.sql(&format!("DROP INDEX {index}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_condition_of_an_append_alone_fences_late_commits() {
    let Some(network) = start("alone").await else { return };
    drop_unique_keys(&network.store);
    inject_into(network, LATE_COMMIT).await;
}

/// A late append does damage only after another append, so that one attempt may show no damage.
const ATTEMPTS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_checks_find_the_damage_when_appends_have_no_condition() {
    for attempt in 0..ATTEMPTS {
        let Some(network) = start(&format!("broken-{attempt}")).await else { return };
        drop_unique_keys(&network.store);
        network.proxy.remove_condition();
        let result = tokio::spawn(inject_into(network, LATE_COMMIT)).await;
        if result.is_err_and(|error| error.is_panic()) {
            return;
        }
    }
    panic!("the checks found no damage in a journal without a fence");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_cut_repeatedly_are_reopened() {
    let Some(network) = start("cut").await else { return };
    for _ in 0..FAULT_COUNT * 4 {
        network.load.answered(network.load.count() + ORDERS_BETWEEN_FAULTS / 2).await;
        network.proxy.cut();
    }
    network.load.answered(network.load.count() + ORDERS_BETWEEN_FAULTS).await;
    let responses = network.load.finish().await;
    check(&network.server, &network.store, &responses).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_database_causes_no_wrong_response() {
    let Some(network) = start("stall").await else { return };
    network.load.answered(ORDERS_BETWEEN_FAULTS).await;
    network.proxy.stall(true);
    // Wait until a client receives "not executed" or "outcome unknown".
    network.load.retried().await;
    network.proxy.stall(false);
    network.load.answered(network.load.count() + ORDERS_BETWEEN_FAULTS).await;
    let responses = network.load.finish().await;
    check(&network.server, &network.store, &responses).await;
}
