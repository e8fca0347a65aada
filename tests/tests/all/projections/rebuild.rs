//! Read models are rebuilt while orders are placed, and after the server was killed at any time.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::orders::{assert_verified, order_with, quantities_in};
use crate::support::server::{SERVER_TIMEOUT, TestServer};
use crate::support::store::{TestStore, on_every_store};

on_every_store!(
    read_models_are_rebuilt_while_orders_are_placed,
    a_restarted_server_continues_an_interrupted_rebuild,
    a_restarted_server_completes_an_interrupted_activation,
    invalid_operations_on_read_models_are_refused,
);

const ORDERS: &str = "order_status";
const STOCK: &str = "availability";

/// Starts an operation on a read model.
async fn start(server: &TestServer, projection: &str, operation: &str) -> Value {
    let answer =
        server.post(&format!("/v1/projections/{projection}/{operation}"), "unused", &json!({})).await;
    assert_eq!(answer.status.as_u16(), 202, "{answer:?}");
    answer.json()
}

async fn projection(server: &TestServer, name: &str) -> Value {
    let all = server.get("/v1/projections").await.accepted();
    let own = all["items"].as_array().unwrap().iter().find(|item| item["projection"] == name).cloned();
    own.unwrap_or(Value::Null)
}

/// Waits until a read model meets a condition.
async fn wait_until(server: &TestServer, name: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let reached = async {
        loop {
            let now = projection(server, name).await;
            if holds(&now) {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(SERVER_TIMEOUT, reached).await.expect("the read model meets the condition")
}

fn build(view: &Value, generation: &Value) -> Option<Value> {
    view["builds"].as_array()?.iter().find(|build| build["generation"] == *generation).cloned()
}

/// Places an order, and checks it in every read model.
async fn place_and_read_order(server: &TestServer, key: &str) {
    let taken =
        server.post("/v1/orders", key, &order_with("MUG", 1, &json!({ "channelRef": key }))).await.accepted();
    let (id, position) = (taken["orderId"].as_str().unwrap(), &taken["position"]);
    let seen = server.get(&format!("/v1/orders/{id}?minPosition={position}")).await.accepted();
    assert_eq!((&seen["orderId"], &seen["channelRef"]), (&taken["orderId"], &json!(key)));
    let found = server.get(&format!("/v1/orders?channelRef={key}&minPosition={position}")).await.accepted();
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
    let stock = server.get(&format!("/v1/availability?sku=MUG&minPosition={position}")).await.accepted();
    let [on_hand, reserved, available] = quantities_in(&stock["items"][0], "DC-1");
    assert_eq!(on_hand - reserved, available);
}

async fn read_models_are_rebuilt_while_orders_are_placed(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 100_000).await;
    for number in 0..60 {
        place_and_read_order(&server, &format!("before-{number}")).await;
    }
    let mut serving = 1;
    for round in 0..3 {
        let (orders, stock) =
            (start(&server, ORDERS, "rebuild?compare=true").await, start(&server, STOCK, "rebuild").await);
        for number in 0..30 {
            place_and_read_order(&server, &format!("during-{round}-{number}")).await;
        }
        for (name, started) in [(ORDERS, &orders), (STOCK, &stock)] {
            let now = wait_until(&server, name, |view| view["generation"] == started["generation"]).await;
            assert_eq!(
                now["folded"].as_u64().unwrap() + now["parked"].as_u64().unwrap(),
                now["position"].as_u64().unwrap()
            );
        }
        serving = orders["generation"].as_i64().unwrap();
    }
    let back = start(&server, ORDERS, &format!("rollback?generation={serving}")).await;
    wait_until(&server, ORDERS, |view| view["generation"] == back["generation"]).await;
    place_and_read_order(&server, "after").await;
    for name in [ORDERS, STOCK] {
        let check = start(&server, name, "verify").await["generation"].clone();
        let is_done = |view: &Value| build(view, &check).is_some_and(|build| build["state"] == "dropping");
        let checked = build(&wait_until(&server, name, is_done).await, &check).unwrap();
        assert_eq!(checked.get("problem"), None, "{checked}");
        assert!(checked["comparedRows"].as_u64().unwrap() > 0, "{checked}");
    }
    assert_verified(&store);
}

async fn a_restarted_server_continues_an_interrupted_rebuild(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 100_000).await;
    let orders: Vec<Value> = (0..400)
        .map(|number| {
            let mut order = order_with("MUG", 1, &json!({ "channelRef": format!("r{number}") }));
            order["key"] = json!(format!("k{number}"));
            order["command"] = json!("CreateOrder");
            order
        })
        .collect();
    let taken = server.post("/v1/commands", "unused", &json!(orders)).await.accepted();
    let last = taken[399]["body"]["position"].clone();
    for round in 0..8_u64 {
        start(&server, ORDERS, "rebuild").await;
        start(&server, STOCK, "rebuild").await;
        // Kills the server at a different time in each round, between the first row of the build and its activation.
        tokio::time::sleep(Duration::from_millis(round * 6)).await;
        server.kill();
        server.restart(&store).await;
        // The killed node's lease on the projection must expire first. A read could time out until then.
        server.wait_for_projections(last.as_u64().unwrap()).await;
        place_and_read_order(&server, &format!("after-{round}")).await;
        for number in [0, 199, 399] {
            let path = format!("/v1/orders?channelRef=r{number}&minPosition={last}");
            let found = server.get(&path).await.accepted();
            assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
        }
        let is_done = |view: &Value| {
            let builds = view["builds"].as_array().unwrap();
            builds.iter().all(|build| build["state"] != "building")
        };
        for name in [ORDERS, STOCK] {
            wait_until(&server, name, is_done).await;
        }
    }
    for name in [ORDERS, STOCK] {
        let check = start(&server, name, "verify").await["generation"].clone();
        let is_done = |view: &Value| build(view, &check).is_some_and(|build| build["state"] == "dropping");
        let checked = build(&wait_until(&server, name, is_done).await, &check).unwrap();
        assert_eq!(checked.get("problem"), None, "{checked}");
    }
    assert_verified(&store);
}

/// Makes every activation stall in the middle of its transaction, with a trigger. `None` if the database's command-line
/// tool is missing.
fn stall_activations(store: &TestStore) -> Option<()> {
    if store.is_embedded() {
        // A query that practically never ends.
        let rows = (0..12).map(|table| format!("sqlite_master AS t{table}")).collect::<Vec<_>>().join(", ");
        let trigger = format!(
            "CREATE TRIGGER stall BEFORE UPDATE ON generation WHEN NEW.state = 'serving' AND OLD.state = 'building'
             BEGIN SELECT count(*) FROM {rows}; END"
        );
        store.sqlite3("views.db", &trigger)?.expect("the trigger is created");
    } else {
        store.sql(
            "CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$;
             CREATE TRIGGER stall BEFORE UPDATE ON generation FOR EACH ROW
                 WHEN (NEW.state = 'serving' AND OLD.state = 'building') EXECUTE FUNCTION stall()",
        )?;
    }
    Some(())
}

const STALLED: &str =
    "FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND application_name = 'holdfast-views'";

/// True while an activation stalls in its transaction.
fn is_stalled(store: &TestStore) -> bool {
    if store.is_embedded() {
        let other = store.sqlite3("views.db", "BEGIN IMMEDIATE; COMMIT").expect("the tool exists");
        other.is_err_and(|refused| refused.contains("locked"))
    } else {
        store.sql(&format!("SELECT count(*) {STALLED}")).as_deref() == Some("1")
    }
}

fn end_stall(store: &TestStore) {
    if store.is_embedded() {
        store
            .sqlite3("views.db", "DROP TRIGGER stall")
            .expect("the tool exists")
            .expect("the trigger is created");
    } else {
        // The statement of the killed process still runs on the server.
        store.sql(&format!("SELECT pg_terminate_backend(pid) {STALLED}"));
        store.sql("DROP FUNCTION stall CASCADE");
    }
}

async fn a_restarted_server_completes_an_interrupted_activation(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 100_000).await;
    place_and_read_order(&server, "before").await;
    let serving = projection(&server, ORDERS).await["generation"].clone();
    if stall_activations(&store).is_none() {
        return;
    }
    let started = start(&server, ORDERS, "rebuild").await["generation"].clone();
    let stalled = async {
        while !is_stalled(&store) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(SERVER_TIMEOUT, stalled).await.expect("the activation stalls");
    let found = server.get("/v1/orders?channelRef=before").await.accepted();
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "the serving build still answers");
    assert_eq!(projection(&server, ORDERS).await["generation"], serving);
    server.kill();
    end_stall(&store);
    server.restart(&store).await;
    let found = server.get("/v1/orders?channelRef=before").await.accepted();
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
    place_and_read_order(&server, "after").await;
    wait_until(&server, ORDERS, |view| view["generation"] == started).await;
    place_and_read_order(&server, "at-last").await;
    assert_verified(&store);
}

async fn invalid_operations_on_read_models_are_refused(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 1).await;
    for (path, status, code) in [
        ("nothing/rebuild", 404, "unknown_projection"),
        ("availability/rollback?generation=1", 409, "no_such_build"),
        ("availability/rollback", 400, "invalid_parameter"),
        ("availability/drop?generation=1", 409, "no_such_build"),
        ("availability/rebuild?compare=perhaps", 400, "invalid_parameter"),
    ] {
        let refused = server.post(&format!("/v1/projections/{path}"), "unused", &json!({})).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (status, code), "{path}");
    }
    let retried = server.post("/v1/projections/availability/retry", "unused", &json!({})).await.accepted();
    assert_eq!((&retried["folded"], &retried["parked"]), (&json!(0), &json!(0)));
    assert_eq!(server.get("/v1/projections/availability/parked").await.accepted()["items"], json!([]));
}
