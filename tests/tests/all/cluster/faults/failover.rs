//! The primary database is lost permanently, and a standby is promoted.

use std::sync::Arc;

use holdfast_tests::postgres::Cluster;

use super::check::check;
use super::load::Load;
use super::proxy::Proxy;
use crate::support::server::{TestServer, order};
use crate::support::store::TestStore;

const FAILOVERS: usize = 5;
/// Orders with a final response before and after a failover.
const ORDERS: usize = 100;

/// A server that reaches a cluster through a proxy, and a standby of the cluster.
async fn cluster_with_standby() -> Option<(Cluster, Cluster, Proxy, TestStore, Arc<TestServer>)> {
    let primary = Cluster::start(&[])?;
    let standby = primary.standby("standby");
    let proxy = Proxy::start(primary.url()).await;
    let store = TestStore::at(&proxy.url(primary.url()));
    let server = Arc::new(TestServer::start(&store).await);
    server.add_stock("DC-1", "HOT", 1_000_000).await;
    Some((primary, standby, proxy, store, server))
}

async fn fail_over_to_a_synchronous_standby() {
    let Some((primary, standby, proxy, store, server)) = cluster_with_standby().await else { return };
    primary.set("synchronous_standby_names", "standby");
    let load = Load::start("failover", &[Arc::clone(&server)], 8);
    load.answered(ORDERS).await;
    primary.stop_immediately();
    server.wait_until_not_ready().await;
    standby.promote();
    proxy.redirect(standby.url());
    load.answered(load.count() + ORDERS).await;
    let responses = load.finish().await;
    check(&server, &store, &responses).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promoted_synchronous_standby_has_every_acknowledged_command() {
    for _ in 0..FAILOVERS {
        fail_over_to_a_synchronous_standby().await;
    }
}

async fn fail_over_to_a_lagging_standby() {
    let Some((primary, standby, proxy, _place, server)) = cluster_with_standby().await else { return };
    server.post("/v1/orders", "before", &order("HOT", 1)).await.accepted();
    // From here on, acknowledged commands exist on the primary only.
    standby.stop_immediately();
    for number in 0..5 {
        server.post("/v1/orders", &format!("lost-{number}"), &order("HOT", 1)).await.accepted();
    }
    primary.stop_immediately();
    server.wait_until_not_ready().await;
    standby.restart();
    standby.promote();
    proxy.redirect(standby.url());
    // When the node reaches the new primary, it reports the fork and executes no command on top of it.
    let found = loop {
        let answer = server.post("/v1/orders", "after", &order("HOT", 1)).await;
        assert_eq!(answer.status, 503, "{answer:?}");
        if answer.json()["reason"] == "history_forked" {
            break answer;
        }
    };
    assert_eq!(found.code(), "not_executed");
    let still = server.post("/v1/orders", "lost-0", &order("HOT", 1)).await;
    assert_eq!(still.json()["reason"], "history_forked", "{still:?}");
    let events = standby.sql("SELECT count(*) FROM event WHERE type = 'OrderCreated'");
    assert_eq!(events, "1", "nothing was written after the fork");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promoted_standby_that_lags_is_reported_as_a_forked_history() {
    for _ in 0..FAILOVERS {
        fail_over_to_a_lagging_standby().await;
    }
}
