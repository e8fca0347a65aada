//! The database is lost for good, and a standby takes its place.

use std::sync::Arc;

use holdfast_tests::postgres::Cluster;

use super::check::check;
use super::load::Load;
use super::proxy::Proxy;
use crate::support::server::{TestServer, order};
use crate::support::store::TestStore;

const TIMES: usize = 5;
const BETWEEN: usize = 100;

/// A server over a cluster, through something that can lead elsewhere, with a standby that follows.
async fn scene() -> Option<(Cluster, Cluster, Proxy, TestStore, Arc<TestServer>)> {
    let primary = Cluster::start(&[])?;
    let standby = primary.standby("standby");
    let proxy = Proxy::start(primary.url()).await;
    let store = TestStore::at(&proxy.url(primary.url()));
    let server = Arc::new(TestServer::start(&store).await);
    server.add_stock("DC-1", "HOT", 1_000_000).await;
    Some((primary, standby, proxy, store, server))
}

async fn nothing_is_lost_with_a_synchronous_standby() {
    let Some((primary, standby, proxy, store, server)) = scene().await else { return };
    primary.set("synchronous_standby_names", "standby");
    let load = Load::start("failover", &[Arc::clone(&server)], 8);
    load.answered(BETWEEN).await;
    primary.stop_immediately();
    server.wait_until_not_ready().await;
    standby.promote();
    proxy.lead_to(standby.url());
    load.answered(load.count() + BETWEEN).await;
    let told = load.finish().await;
    check(&server, &store, &told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_synchronous_standby_that_is_promoted_has_everything_that_was_acknowledged() {
    for _ in 0..TIMES {
        nothing_is_lost_with_a_synchronous_standby().await;
    }
}

async fn a_fork_is_noticed() {
    let Some((primary, standby, proxy, _place, server)) = scene().await else { return };
    server.post("/v1/orders", "before", &order("HOT", 1)).await.accepted();
    // What is acknowledged from here on is on the primary alone.
    standby.stop_immediately();
    for number in 0..5 {
        server.post("/v1/orders", &format!("lost-{number}"), &order("HOT", 1)).await.accepted();
    }
    primary.stop_immediately();
    server.wait_until_not_ready().await;
    standby.restart();
    standby.promote();
    proxy.lead_to(standby.url());
    // Once the node reaches the database again, it says what it has found, and decides nothing on top of it.
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
    assert_eq!(events, "1", "nothing was written over what was lost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_lags_is_noticed_as_another_history() {
    for _ in 0..TIMES {
        a_fork_is_noticed().await;
    }
}
