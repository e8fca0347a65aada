//! Orders wait for supply and are served, as an integrator sees it.

use serde_json::{Value, json};

use crate::support::orders::assert_verified;
use crate::support::server::{TestServer, order};
use crate::support::store::{TestStore, on_every_store};

on_every_store!(
    who_waits_is_served_in_turn_when_supply_arrives,
    a_long_queue_is_served_to_its_end,
    a_held_order_is_sourced_when_its_hold_is_released,
    a_sku_has_rules_of_its_own,
    a_moment_of_the_past_tells_why_an_order_had_to_wait,
    earmarks_follow_the_locations_that_are_open,
);

fn waiting_order(sku: &str, quantity: u64, more: &Value) -> Value {
    let mut wanted = order(sku, quantity);
    wanted["onShortage"] = json!("backorder");
    wanted.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    wanted
}

async fn take(server: &TestServer, key: &str, wanted: &Value) -> String {
    let created = server.post("/v1/orders", key, wanted).await.accepted();
    assert_eq!(created["status"], "backordered", "{created}");
    created["orderId"].as_str().unwrap().to_owned()
}

/// Waits until an order has a status; what else it is meanwhile is right too.
async fn until(server: &TestServer, order: &str, status: &str) -> Value {
    let reached = async {
        loop {
            let now = server.get(&format!("/v1/orders/{order}")).await.accepted();
            if now["status"] == status {
                return now;
            }
            tokio::task::yield_now().await;
        }
    };
    let patience = std::time::Duration::from_secs(60);
    tokio::time::timeout(patience, reached).await.unwrap_or_else(|_| panic!("{order} is never {status}"))
}

async fn availability(server: &TestServer, sku: &str, position: u64) -> Value {
    let path = format!("/v1/availability?sku={sku}&minPosition={position}");
    server.get(&path).await.accepted()["items"][0].clone()
}

async fn who_waits_is_served_in_turn_when_supply_arrives(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 2).await;
    let first = take(&server, "first", &waiting_order("MUG", 5, &json!({}))).await;
    let second = take(&server, "second", &waiting_order("MUG", 4, &json!({}))).await;
    let urgent = take(&server, "urgent", &waiting_order("MUG", 2, &json!({ "priority": "express" }))).await;
    let away = take(&server, "away", &waiting_order("MUG", 50, &json!({ "priority": "critical" }))).await;
    let gone =
        server.post(&format!("/v1/orders/{away}/cancel"), "gone", &json!({ "reason": "too late" })).await;
    assert_eq!(gone.accepted()["status"], "cancelled");

    let more = json!({ "sku": "MUG", "location": "DC-1", "quantity": 7 });
    let received = server.post("/v1/stock/receive", "more", &more).await;
    // In the same decision it is nobody else's any more.
    assert_eq!(received.accepted()["available"], 0, "{received:?}");
    let too_late = server.post("/v1/orders", "too late", &order("MUG", 1)).await;
    assert_eq!((too_late.status.as_u16(), too_late.code().as_str()), (409, "insufficient_stock"));

    assert_eq!(until(&server, &urgent, "reserved").await["lines"][0]["reserved"], 2);
    assert_eq!(until(&server, &first, "reserved").await["lines"][0]["reserved"], 5);
    let waits = server.get(&format!("/v1/orders/{second}")).await.accepted();
    assert_eq!((&waits["lines"][0]["reserved"], &waits["lines"][0]["backordered"]), (&json!(2), &json!(2)));

    let rest = json!({ "sku": "MUG", "location": "DC-1", "quantity": 3 });
    server.post("/v1/stock/receive", "rest", &rest).await.accepted();
    let served = until(&server, &second, "reserved").await;
    let item = availability(&server, "MUG", served["position"].as_u64().unwrap()).await;
    assert_eq!((&item["available"], &item["backordered"]), (&json!(1), &json!(0)), "{item}");
    let there = &item["locations"][0];
    assert_eq!(
        (&there["onHand"], &there["reserved"], &there["earmarked"]),
        (&json!(12), &json!(11), &json!(0))
    );
    assert!(store.run(&["verify"]).status.success());
}

async fn a_long_queue_is_served_to_its_end(store: TestStore) {
    const MANY: usize = 300;
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 1).await;
    server.post("/v1/orders", "all", &order("MUG", 1)).await.accepted();
    let mut orders = Vec::new();
    for number in 0..MANY {
        orders.push(take(&server, &format!("waits-{number}"), &waiting_order("MUG", 1, &json!({}))).await);
    }
    let more = json!({ "sku": "MUG", "location": "DC-1", "quantity": MANY });
    server.post("/v1/stock/receive", "more", &more).await.accepted();
    let last = until(&server, orders.last().unwrap(), "reserved").await;
    for order in &orders {
        let path = format!("/v1/orders/{order}?minPosition={}", last["position"]);
        assert_eq!(server.get(&path).await.accepted()["status"], "reserved");
    }
    let item = availability(&server, "MUG", last["position"].as_u64().unwrap()).await;
    assert_eq!((&item["available"], &item["locations"][0]["reserved"]), (&json!(0), &json!(MANY + 1)));
}

async fn a_held_order_is_sourced_when_its_hold_is_released(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 2).await;
    let mut wanted = order("MUG", 5);
    wanted["onShortage"] = json!("hold");
    let created = server.post("/v1/orders", "held", &wanted).await.accepted();
    assert_eq!(
        (&created["status"], &created["holds"][0]["reason"]),
        (&json!("on_hold"), &json!("inventory_out_of_stock"))
    );
    let id = created["orderId"].as_str().unwrap();
    let release = format!("/v1/orders/{id}/release-hold");
    let still = server.post(&release, "too early", &json!({ "holdId": "h1" })).await.accepted();
    assert_eq!((&still["status"], &still["holds"][0]["holdId"]), (&json!("on_hold"), &json!("h2")));
    let more = json!({ "sku": "MUG", "location": "DC-1", "quantity": 3 });
    server.post("/v1/stock/receive", "more", &more).await.accepted();
    let sourced = server.post(&release, "now", &json!({ "holdId": "h2" })).await.accepted();
    assert_eq!(sourced["status"], "reserved");

    let by_hand = json!({ "reason": "fraud_risk", "note": "call" });
    let held = server.post(&format!("/v1/orders/{id}/hold"), "by hand", &by_hand).await.accepted();
    assert_eq!(held["holds"][0]["note"], "call");
    let part = sourced["fulfillmentOrders"][0]["fulfillmentOrderId"].as_str().unwrap();
    let pick = format!("/v1/fulfillment-orders/{part}/pick");
    let refused = server.post(&pick, "waits", &json!({ "all": true })).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "order_on_hold"));
    server.post(&release, "go on", &json!({ "holdId": "h3" })).await.accepted();
    assert_eq!(server.post(&pick, "goes on", &json!({ "all": true })).await.accepted()["status"], "picking");
}

async fn a_sku_has_rules_of_its_own(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    let rules = json!({ "sku": "MUG", "backorderLimit": 3, "safetyStock": { "DC-1": 4 } });
    let set = server.put("/v1/stock-policies", &rules).await.accepted();
    assert_eq!((&set["available"], &set["locations"][0]["safetyStock"]), (&json!(6), &json!(4)), "{set}");
    let too_many = server.post("/v1/orders", "too many", &waiting_order("MUG", 10, &json!({}))).await;
    assert_eq!((too_many.status.as_u16(), too_many.code().as_str()), (409, "backorder_limit_exceeded"));
    let created = take(&server, "waits", &waiting_order("MUG", 9, &json!({}))).await;
    let none = json!({ "sku": "MUG", "safetyStock": { "DC-1": 0 } });
    server.put("/v1/stock-policies", &none).await.accepted();
    assert_eq!(until(&server, &created, "reserved").await["lines"][0]["reserved"], 9);
    let nowhere = json!({ "sku": "MUG", "safetyStock": { "DC-9": 1 } });
    assert_eq!(server.put("/v1/stock-policies", &nowhere).await.code(), "unknown_location");
}

async fn a_moment_of_the_past_tells_why_an_order_had_to_wait(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 2).await;
    server.add_stock("DC-2", "MUG", 4).await;
    server.post("/v1/locations/DC-2/pause", "paused", &json!({ "reason": "flood" })).await.accepted();
    let created = server.post("/v1/orders", "order", &waiting_order("MUG", 5, &json!({}))).await.accepted();
    let (id, then) = (created["orderId"].as_str().unwrap(), created["position"].as_u64().unwrap());
    let more = json!({ "sku": "MUG", "location": "DC-1", "quantity": 10 });
    server.post("/v1/stock/receive", "more", &more).await.accepted();
    until(&server, id, "reserved").await;

    let was = server.get(&format!("/v1/orders/{id}?asOf={then}")).await.accepted();
    assert_eq!((&was["status"], &was["lines"][0]["backordered"]), (&json!("backordered"), &json!(3)));
    let history = server.get(&format!("/v1/orders/{id}/history")).await.accepted();
    let until_then = |item: &&Value| item["position"].as_u64().unwrap() <= then;
    let mut events = history["items"].as_array().unwrap().iter().filter(until_then);
    let sourced = events.find(|item| item["type"] == "OrderSourced").unwrap()["data"].clone();
    assert_eq!(sourced["shortages"], json!([{ "sku": "MUG", "requested": 5, "available": 2 }]), "{sourced}");
    let of = |location: &str| {
        let mut candidates = sourced["candidates"].as_array().unwrap().iter();
        candidates.find(|candidate| candidate["location"] == location).unwrap().clone()
    };
    assert_eq!(of("DC-1")["lacked"], json!([{ "sku": "MUG", "requested": 5, "available": 2 }]), "{sourced}");
    assert_eq!(of("DC-2")["excluded"], "paused", "{sourced}");
    assert!(store.run(&["verify"]).status.success());
}

/// Waits until so many units of a SKU are earmarked at a location.
async fn until_earmarked(server: &TestServer, sku: &str, location: &str, units: u64) {
    let reached = async {
        loop {
            let item = availability(server, sku, 0).await;
            // The read model may not know the SKU yet.
            let mut locations = item["locations"].as_array().into_iter().flatten();
            let there = locations.find(|there| there["location"] == location);
            if there.is_some_and(|there| there["earmarked"] == units) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    let limit = std::time::Duration::from_secs(60);
    let in_time = tokio::time::timeout(limit, reached).await;
    assert!(in_time.is_ok(), "{units} units are never earmarked at {location}");
}

async fn earmarks_follow_the_locations_that_are_open(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 1).await;
    server.add_stock("DC-2", "TEA", 1).await;
    server.post("/v1/orders", "gone", &waiting_order("MUG", 1, &json!({}))).await.accepted();
    // None of its units is there yet, so that it may come from either location.
    let waits = take(&server, "waits", &waiting_order("MUG", 5, &json!({ "allowSplit": false }))).await;
    for (location, quantity) in [("DC-1", 3), ("DC-2", 2)] {
        let received = json!({ "sku": "MUG", "location": location, "quantity": quantity });
        server.post("/v1/stock/receive", location, &received).await.accepted();
    }
    until_earmarked(&server, "MUG", "DC-1", 3).await;
    server.post("/v1/locations/DC-1/pause", "paused", &json!({ "reason": "flood" })).await.accepted();
    until_earmarked(&server, "MUG", "DC-2", 2).await;
    let more = json!({ "sku": "MUG", "location": "DC-1", "quantity": 2 });
    server.post("/v1/stock/receive", "more", &more).await.accepted();
    server.post("/v1/locations/DC-1/resume", "resumed", &json!({})).await.accepted();
    let served = until(&server, &waits, "reserved").await;
    assert_eq!(served["fulfillmentOrders"][0]["location"], "DC-1", "{served}");
    assert_verified(&store);
}
