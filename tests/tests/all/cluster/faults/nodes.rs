//! Several nodes on one database sell one hot SKU while nodes are killed.

use std::sync::Arc;

use super::check::check;
use super::load::Load;
use crate::support::server::TestServer;
use crate::support::store::{TestStore, on_every_store};

const KILLS: usize = 5;
/// Orders with a final response between two kills.
const ORDERS_BETWEEN_KILLS: usize = 100;

async fn kill_nodes_under_load(nodes: usize) {
    let Some(store) = TestStore::postgres() else { return };
    let mut servers = Vec::new();
    for number in 0..nodes {
        let name = format!("node-{number}");
        servers.push(Arc::new(TestServer::start_with(&store, &["--node", &name]).await));
    }
    // Fewer units than orders: all clients compete for the last units.
    servers[0].add_stock("DC-1", "HOT", 1_500).await;
    let load = Load::start("nodes", &servers, 12);
    for round in 0..KILLS {
        load.answered(load.count() + ORDERS_BETWEEN_KILLS).await;
        let victim = &servers[round % nodes];
        victim.kill();
        load.answered(load.count() + ORDERS_BETWEEN_KILLS).await;
        victim.restart(&store).await;
    }
    load.answered(load.count().max(1_600) + ORDERS_BETWEEN_KILLS).await;
    let responses = load.finish().await;
    assert!(
        responses.values().any(|answer| answer.status == 409),
        "at least one order was rejected for lack of stock"
    );
    for server in &servers {
        check(server, &store, &responses).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killing_one_of_two_nodes_loses_duplicates_and_oversells_nothing() {
    kill_nodes_under_load(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killing_one_of_three_nodes_loses_duplicates_and_oversells_nothing() {
    kill_nodes_under_load(3).await;
}

on_every_store!(killing_a_server_under_load_loses_and_duplicates_nothing);

async fn killing_a_server_under_load_loses_and_duplicates_nothing(store: TestStore) {
    let server = Arc::new(TestServer::start(&store).await);
    server.add_stock("DC-1", "HOT", 1_000_000).await;
    let load = Load::start("kill", &[Arc::clone(&server)], 8);
    for _ in 0..KILLS {
        load.answered(load.count() + ORDERS_BETWEEN_KILLS).await;
        server.kill();
        server.restart(&store).await;
    }
    load.answered(load.count() + ORDERS_BETWEEN_KILLS).await;
    let responses = load.finish().await;
    check(&server, &store, &responses).await;
}
