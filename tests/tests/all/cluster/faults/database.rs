//! The database crashes or its disk is full, and recovers.

use std::sync::Arc;

use holdfast_tests::postgres::Cluster;
use reqwest::Method;

use super::check::check;
use super::load::Load;
use crate::support::server::{TestServer, order};
use crate::support::store::TestStore;

/// How many times each fault occurs.
const FAULTS: usize = 5;
/// Orders with a final response between two faults.
const ORDERS_BETWEEN_FAULTS: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_crash_loses_and_duplicates_no_order() {
    let Some(cluster) = Cluster::start(&[]) else { return };
    let store = TestStore::on(&cluster);
    let server = Arc::new(TestServer::start(&store).await);
    server.add_stock("DC-1", "HOT", 1_000_000).await;
    let load = Load::start("hard", &[Arc::clone(&server)], 8);
    for _ in 0..FAULTS {
        load.answered(load.count() + ORDERS_BETWEEN_FAULTS).await;
        cluster.stop_immediately();
        server.wait_until_not_ready().await;
        cluster.restart();
        server.wait_until_ready().await;
    }
    load.answered(load.count() + ORDERS_BETWEEN_FAULTS).await;
    let responses = load.finish().await;
    check(&server, &store, &responses).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_database_commands_and_reads_answer_503() {
    let Some(cluster) = Cluster::start(&[]) else { return };
    let store = TestStore::on(&cluster);
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "HOT", 10).await;
    let first = server.post("/v1/orders", "first", &order("HOT", 1)).await;
    assert_eq!(first.status, 201);
    cluster.stop_immediately();
    server.wait_until_not_ready().await;
    let mut executed_nothing = 0;
    for number in 0..10 {
        let refused = server.post("/v1/orders", &format!("during-{number}"), &order("HOT", 1)).await;
        assert_eq!((refused.status.as_u16(), refused.retry_after.is_some()), (503, true), "{refused:?}");
        executed_nothing += usize::from(refused.code() == "not_executed");
    }
    assert!(executed_nothing > 0, "at least one command was certainly not executed");
    let read = server.get("/v1/orders").await;
    assert_eq!(read.status, 503, "{read:?}");
    assert_eq!(server.get("/livez").await.status, 200, "the process is alive");

    cluster.restart();
    server.wait_until_ready().await;
    let again = server.post("/v1/orders", "first", &order("HOT", 1)).await;
    assert!(again.replayed);
    assert_eq!(again.text, first.text);
    // The key of a command that was not executed is free: the command is executed now.
    let now = server.post("/v1/orders", "during-9", &order("HOT", 1)).await;
    assert_eq!(now.status, 201, "{now:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_gives_not_executed_until_there_is_space_again() {
    let Some(store) = TestStore::postgres() else { return };
    let server = Arc::new(TestServer::start(&store).await);
    server.add_stock("DC-1", "HOT", 1_000_000).await;
    let load = Load::start("full", &[Arc::clone(&server)], 8);
    for _ in 0..FAULTS {
        load.answered(load.count() + ORDERS_BETWEEN_FAULTS).await;
        // PostgreSQL answers with this error when it cannot extend a file.
        store.sql(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'could not extend file'; END $$;
             CREATE TRIGGER full_disk BEFORE INSERT ON event EXECUTE FUNCTION full_disk()",
        );
        let body = Some(order("HOT", 1).to_string().into_bytes());
        let refused = server.try_send(Method::POST, "/v1/orders", Some("full"), body).await.unwrap();
        refused.assert_refused(503, "not_executed");
        store.sql("DROP FUNCTION full_disk CASCADE");
    }
    load.answered(load.count() + ORDERS_BETWEEN_FAULTS).await;
    let responses = load.finish().await;
    check(&server, &store, &responses).await;
}
