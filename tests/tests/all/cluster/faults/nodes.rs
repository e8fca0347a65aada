//! Several nodes on one database hammer one hot SKU while one of them is killed.

use std::sync::Arc;

use super::check::check;
use super::load::Load;
use crate::support::server::TestServer;
use crate::support::store::{TestStore, on_every_store};

const TIMES: usize = 5;
const BETWEEN: usize = 100;

async fn hammer(nodes: usize) {
    let Some(store) = TestStore::postgres() else { return };
    let mut servers = Vec::new();
    for number in 0..nodes {
        let name = format!("node-{number}");
        servers.push(Arc::new(TestServer::start_with(&store, &["--node", &name]).await));
    }
    // Fewer than are asked for: the last units are contended by all.
    servers[0].add_stock("DC-1", "HOT", 1_500).await;
    let load = Load::start("nodes", &servers, 12);
    for round in 0..TIMES {
        load.answered(load.count() + BETWEEN).await;
        let victim = &servers[round % nodes];
        victim.kill_now();
        load.answered(load.count() + BETWEEN).await;
        victim.restart(&store).await;
    }
    load.answered(load.count().max(1_600) + BETWEEN).await;
    let told = load.finish().await;
    assert!(told.values().any(|answer| answer.status == 409), "more was asked for than there was");
    for server in &servers {
        check(server, &store, &told).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_of_which_one_is_killed_lose_double_and_oversell_nothing() {
    hammer(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_of_which_one_is_killed_lose_double_and_oversell_nothing() {
    hammer(3).await;
}

on_every_store!(a_server_that_is_killed_under_load_loses_and_doubles_nothing);

async fn a_server_that_is_killed_under_load_loses_and_doubles_nothing(store: TestStore) {
    let server = Arc::new(TestServer::start(&store).await);
    server.add_stock("DC-1", "HOT", 1_000_000).await;
    let load = Load::start("kill", &[Arc::clone(&server)], 8);
    for _ in 0..TIMES {
        load.answered(load.count() + BETWEEN).await;
        server.kill_now();
        server.restart(&store).await;
    }
    load.answered(load.count() + BETWEEN).await;
    let told = load.finish().await;
    check(&server, &store, &told).await;
}
