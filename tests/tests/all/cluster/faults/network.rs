//! The connections to the database are cut in the middle of a commit, stall, or bring it late.

use std::sync::Arc;
use std::time::Duration;

use super::check::check;
use super::load::Load;
use super::proxy::{Fault, Proxy};
use crate::support::server::TestServer;
use crate::support::store::TestStore;

const TIMES: usize = 5;
const BETWEEN: usize = 60;
const LATE: Fault = Fault::ArrivesLate(Duration::from_millis(400));

struct Scene {
    store: TestStore,
    proxy: Proxy,
    server: Arc<TestServer>,
    load: Load,
}

async fn scene(name: &str) -> Option<Scene> {
    let mut store = TestStore::postgres()?;
    let proxy = Proxy::start(store.url()).await;
    let direct = store.url().to_owned();
    store.by(&proxy.url(&direct));
    let server = Arc::new(TestServer::start(&store).await);
    server.add_stock("DC-1", "HOT", 1_000_000).await;
    let load = Load::start(name, &[Arc::clone(&server)], 8);
    Some(Scene { store, proxy, server, load })
}

async fn strike(name: &str, fault: Fault) {
    if let Some(scene) = scene(name).await {
        strike_at(scene, fault).await;
    }
}

async fn strike_at(scene: Scene, fault: Fault) {
    for _ in 0..TIMES {
        scene.load.answered(scene.load.count() + BETWEEN).await;
        scene.load.until(scene.proxy.strike(fault)).await;
    }
    scene.load.answered(scene.load.count() + BETWEEN).await;
    let told = scene.load.finish().await;
    check(&scene.server, &scene.store, &told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_found() {
    strike("answer", Fault::AnswerLost).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_never_arrives_is_made_again() {
    strike("request", Fault::RequestLost).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_arrives_soon_after_is_found_or_fenced() {
    strike("soon", Fault::ArrivesLate(Duration::from_millis(10))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_arrives_late_is_fenced() {
    strike("late", LATE).await;
}

/// Unique keys would refuse much of what a lost condition lets in. Without them it is alone.
fn drop_unique_keys(store: &TestStore) {
    for table in ["event", "batch", "stream", "outcome", "claim"] {
        // One by one: together they would wait for an append that waits for them.
        store.sql(&format!("ALTER TABLE {table} DROP CONSTRAINT {table}_pkey"));
    }
    for index in ["event_stream", "stream_name", "outcome_key"] {
        store.sql(&format!("DROP INDEX {index}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_condition_of_an_append_is_fence_enough() {
    let Some(scene) = scene("alone").await else { return };
    drop_unique_keys(&scene.store);
    strike_at(scene, LATE).await;
}

/// A late append does harm only where others came before it: not every attempt need show it.
const ATTEMPTS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_condition_of_an_append_it_is_found_out() {
    for attempt in 0..ATTEMPTS {
        let Some(scene) = scene(&format!("broken-{attempt}")).await else { return };
        drop_unique_keys(&scene.store);
        scene.proxy.unfence();
        let found = tokio::spawn(strike_at(scene, LATE)).await;
        if found.is_err_and(|error| error.is_panic()) {
            return;
        }
    }
    panic!("nothing was found in a journal without a fence");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_all_cut_again_and_again_are_opened_again() {
    let Some(scene) = scene("cut").await else { return };
    for _ in 0..TIMES * 4 {
        scene.load.answered(scene.load.count() + BETWEEN / 2).await;
        scene.proxy.cut();
    }
    scene.load.answered(scene.load.count() + BETWEEN).await;
    let told = scene.load.finish().await;
    check(&scene.server, &scene.store, &told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_says_nothing_for_long_leaves_callers_in_no_wrong_belief() {
    let Some(scene) = scene("stall").await else { return };
    scene.load.answered(BETWEEN).await;
    scene.proxy.stall(true);
    // Long enough for callers to be told something: that nothing was done, or that nobody knows.
    scene.load.put_off().await;
    scene.proxy.stall(false);
    scene.load.answered(scene.load.count() + BETWEEN).await;
    let told = scene.load.finish().await;
    check(&scene.server, &scene.store, &told).await;
}
