//! Read models are built anew while the shop is open, whatever ends the server meanwhile.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::orders::{assert_verified, order_with};
use crate::support::server::TestServer;
use crate::support::store::{TestStore, on_every_store};

on_every_store!(
    read_models_are_built_anew_while_orders_come_in,
    a_server_that_is_killed_while_it_rebuilds_goes_on_by_itself,
    a_server_that_is_killed_in_the_middle_of_a_switch_goes_on_by_itself,
    what_cannot_be_built_is_said,
);

const ORDERS: &str = "order_status";
const STOCK: &str = "availability";

async fn operate(server: &TestServer, projection: &str, what: &str) -> Value {
    let answer = server.post(&format!("/v1/projections/{projection}/{what}"), "unused", &json!({})).await;
    assert_eq!(answer.status.as_u16(), 202, "{answer:?}");
    answer.json()
}

async fn projection(server: &TestServer, name: &str) -> Value {
    let all = server.get("/v1/projections").await.accepted();
    let own = all["items"].as_array().unwrap().iter().find(|item| item["projection"] == name).cloned();
    own.unwrap_or(Value::Null)
}

/// Waits until something is so of a read model.
async fn until(server: &TestServer, name: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let looking = async {
        loop {
            let now = projection(server, name).await;
            if is_so(&now) {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(crate::support::server::SERVER_TIMEOUT, looking).await.expect("it comes to be so")
}

fn build(view: &Value, generation: &Value) -> Option<Value> {
    view["builds"].as_array()?.iter().find(|build| build["generation"] == *generation).cloned()
}

/// Takes an order and reads it back.
async fn order_and_look(server: &TestServer, key: &str) {
    let taken =
        server.post("/v1/orders", key, &order_with("MUG", 1, &json!({ "channelRef": key }))).await.accepted();
    let (id, position) = (taken["orderId"].as_str().unwrap(), &taken["position"]);
    let seen = server.get(&format!("/v1/orders/{id}?minPosition={position}")).await.accepted();
    assert_eq!((&seen["orderId"], &seen["channelRef"]), (&taken["orderId"], &json!(key)));
    let found = server.get(&format!("/v1/orders?channelRef={key}&minPosition={position}")).await.accepted();
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
    let stock = server.get(&format!("/v1/availability?sku=MUG&minPosition={position}")).await.accepted();
    let bin = &stock["items"][0]["locations"][0];
    assert_eq!(
        bin["onHand"].as_u64().unwrap() - bin["reserved"].as_u64().unwrap(),
        bin["available"].as_u64().unwrap()
    );
}

async fn read_models_are_built_anew_while_orders_come_in(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 100_000).await;
    for number in 0..60 {
        order_and_look(&server, &format!("before-{number}")).await;
    }
    let mut served = 1;
    for round in 0..3 {
        let (orders, stock) = (
            operate(&server, ORDERS, "rebuild?compare=true").await,
            operate(&server, STOCK, "rebuild").await,
        );
        for number in 0..30 {
            order_and_look(&server, &format!("during-{round}-{number}")).await;
        }
        for (name, asked) in [(ORDERS, &orders), (STOCK, &stock)] {
            let now = until(&server, name, |view| view["generation"] == asked["generation"]).await;
            assert_eq!(
                now["folded"].as_u64().unwrap() + now["parked"].as_u64().unwrap(),
                now["position"].as_u64().unwrap()
            );
        }
        served = orders["generation"].as_i64().unwrap();
    }
    let back = operate(&server, ORDERS, &format!("rollback?generation={served}")).await;
    until(&server, ORDERS, |view| view["generation"] == back["generation"]).await;
    order_and_look(&server, "after").await;
    for name in [ORDERS, STOCK] {
        let check = operate(&server, name, "verify").await["generation"].clone();
        let is_done = |view: &Value| build(view, &check).is_some_and(|build| build["state"] == "dropping");
        let checked = build(&until(&server, name, is_done).await, &check).unwrap();
        assert_eq!(checked.get("problem"), None, "{checked}");
        assert!(checked["comparedRows"].as_u64().unwrap() > 0, "{checked}");
    }
    assert_verified(&store);
}

async fn a_server_that_is_killed_while_it_rebuilds_goes_on_by_itself(store: TestStore) {
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
        operate(&server, ORDERS, "rebuild").await;
        operate(&server, STOCK, "rebuild").await;
        // Anywhere between the first row of the new build and its being put in store.
        tokio::time::sleep(Duration::from_millis(round * 6)).await;
        server.kill();
        server.restart(&store).await;
        // What was being folded when it was killed is nobody else's until that node's lease has expired: as long as a read
        // waits for a position, so that it may say that it is behind.
        server.wait_for_projections(last.as_u64().unwrap()).await;
        order_and_look(&server, &format!("after-{round}")).await;
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
            until(&server, name, is_done).await;
        }
    }
    for name in [ORDERS, STOCK] {
        let check = operate(&server, name, "verify").await["generation"].clone();
        let is_done = |view: &Value| build(view, &check).is_some_and(|build| build["state"] == "dropping");
        let checked = build(&until(&server, name, is_done).await, &check).unwrap();
        assert_eq!(checked.get("problem"), None, "{checked}");
    }
    assert_verified(&store);
}

/// Makes whoever puts a build in place stand still in the middle of it: the build that served is no longer the one that
/// serves, and the other not yet. Nothing where the tool for it is missing.
fn stall_switches(store: &TestStore) -> Option<()> {
    if store.is_embedded() {
        // So many rows that nobody comes to the end of them.
        let rows = (0..12).map(|table| format!("sqlite_master AS t{table}")).collect::<Vec<_>>().join(", ");
        let trigger = format!(
            "CREATE TRIGGER stall BEFORE UPDATE ON generation WHEN NEW.state = 'serving' AND OLD.state = 'building'
             BEGIN SELECT count(*) FROM {rows}; END"
        );
        store.sqlite3("views.db", &trigger)?.expect("it is done");
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

/// Whether somebody stands still in the middle of it: a transaction that lasts longer than any other does.
fn is_stalled(store: &TestStore) -> bool {
    if store.is_embedded() {
        let other = store.sqlite3("views.db", "BEGIN IMMEDIATE; COMMIT").expect("the tool was there");
        other.is_err_and(|refused| refused.contains("locked"))
    } else {
        store.sql(&format!("SELECT count(*) {STALLED}")).as_deref() == Some("1")
    }
}

fn stall_no_more(store: &TestStore) {
    if store.is_embedded() {
        store.sqlite3("views.db", "DROP TRIGGER stall").expect("the tool was there").expect("it is done");
    } else {
        // What a process that was killed had asked for goes on until somebody ends it.
        store.sql(&format!("SELECT pg_terminate_backend(pid) {STALLED}"));
        store.sql("DROP FUNCTION stall CASCADE");
    }
}

async fn a_server_that_is_killed_in_the_middle_of_a_switch_goes_on_by_itself(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 100_000).await;
    order_and_look(&server, "before").await;
    let served = projection(&server, ORDERS).await["generation"].clone();
    if stall_switches(&store).is_none() {
        return;
    }
    let asked = operate(&server, ORDERS, "rebuild").await["generation"].clone();
    let stalled = async {
        while !is_stalled(&store) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(crate::support::server::SERVER_TIMEOUT, stalled).await.expect("it stands still");
    let found = server.get("/v1/orders?channelRef=before").await.accepted();
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "what served still does");
    assert_eq!(projection(&server, ORDERS).await["generation"], served);
    server.kill();
    stall_no_more(&store);
    server.restart(&store).await;
    let found = server.get("/v1/orders?channelRef=before").await.accepted();
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
    order_and_look(&server, "after").await;
    until(&server, ORDERS, |view| view["generation"] == asked).await;
    order_and_look(&server, "at-last").await;
    assert_verified(&store);
}

async fn what_cannot_be_built_is_said(store: TestStore) {
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
