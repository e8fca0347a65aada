//! Orders wait for supply and are filled.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::orders::{PlacedOrder, assert_verified, availability, order_with};
use crate::support::server::{TestServer, order};
use crate::support::store::{TestStore, on_every_store};

on_every_store!(
    received_units_fill_backorders_by_priority_and_age,
    a_long_backorder_queue_is_filled_completely,
    releasing_an_out_of_stock_hold_sources_the_order,
    stock_policies_set_backorder_limit_and_safety_stock,
    the_history_shows_why_an_order_was_backordered,
    earmarks_move_away_from_a_paused_location,
);

/// How long the process manager may take to earmark units again.
const EARMARK_TIMEOUT: Duration = Duration::from_secs(60);

/// The body of an order whose missing units are backordered.
fn backorder(quantity: u64, more: &Value) -> Value {
    let mut body = order_with("MUG", quantity, more);
    body["onShortage"] = json!("backorder");
    body
}

/// Places an order of which some units are backordered.
async fn place_backorder(server: &TestServer, key: &str, quantity: u64, more: &Value) -> PlacedOrder {
    let placed = PlacedOrder::new(server, key, &backorder(quantity, more)).await;
    assert_eq!(placed.view["status"], "backordered", "{}", placed.view);
    placed
}

async fn received_units_fill_backorders_by_priority_and_age(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 2).await;
    let first = place_backorder(&server, "first", 5, &json!({})).await;
    let second = place_backorder(&server, "second", 4, &json!({})).await;
    let express = place_backorder(&server, "express", 2, &json!({ "priority": "express" })).await;
    let critical = place_backorder(&server, "critical", 50, &json!({ "priority": "critical" })).await;
    let cancelled = critical.command(&server, "cancel", &json!({ "reason": "too late" })).await;
    assert_eq!(cancelled["status"], "cancelled");

    // The units are earmarked in the same decision: no other order can have them.
    let received = server.receive("DC-1", "MUG", 7).await;
    assert_eq!(received["available"], 0, "{received:?}");
    let too_late = server.post("/v1/orders", "too late", &order("MUG", 1)).await;
    too_late.assert_refused(409, "insufficient_stock");

    assert_eq!(express.wait_until_reserved(&server).await["lines"][0]["reserved"], 2);
    assert_eq!(first.wait_until_reserved(&server).await["lines"][0]["reserved"], 5);
    let line = second.current(&server).await["lines"][0].clone();
    assert_eq!((&line["reserved"], &line["backordered"]), (&json!(2), &json!(2)));

    server.receive("DC-1", "MUG", 3).await;
    let filled = second.wait_until_reserved(&server).await;
    let item = availability(&server, "MUG", &filled["position"]).await;
    assert_eq!((&item["available"], &item["backordered"]), (&json!(1), &json!(0)), "{item}");
    let at_location = &item["locations"][0];
    assert_eq!(
        (&at_location["onHand"], &at_location["reserved"], &at_location["earmarked"]),
        (&json!(12), &json!(11), &json!(0))
    );
    assert_verified(&store);
}

async fn a_long_backorder_queue_is_filled_completely(store: TestStore) {
    const ORDERS: u64 = 300;
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 1).await;
    PlacedOrder::new(&server, "the only unit", &order("MUG", 1)).await;
    let mut orders = Vec::new();
    for number in 0..ORDERS {
        orders.push(place_backorder(&server, &format!("backorder-{number}"), 1, &json!({})).await);
    }
    server.receive("DC-1", "MUG", ORDERS).await;
    let last = orders.last().unwrap().wait_until_reserved(&server).await;
    for order in &orders {
        assert_eq!(order.at_position(&server, &last["position"]).await["status"], "reserved");
    }
    let item = availability(&server, "MUG", &last["position"]).await;
    assert_eq!((&item["available"], &item["locations"][0]["reserved"]), (&json!(0), &json!(ORDERS + 1)));
}

async fn releasing_an_out_of_stock_hold_sources_the_order(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 2).await;
    let placed =
        PlacedOrder::new(&server, "order", &order_with("MUG", 5, &json!({ "onShortage": "hold" }))).await;
    let hold = &placed.view["holds"][0]["reason"];
    assert_eq!((&placed.view["status"], hold), (&json!("on_hold"), &json!("inventory_out_of_stock")));
    let release =
        async |hold: &str| placed.command(&server, "release-hold", &json!({ "holdId": hold })).await;
    let still_short = release("h1").await;
    assert_eq!(
        (&still_short["status"], &still_short["holds"][0]["holdId"]),
        (&json!("on_hold"), &json!("h2"))
    );
    server.receive("DC-1", "MUG", 3).await;
    assert_eq!(release("h2").await["status"], "reserved");

    let manual_hold = json!({ "reason": "fraud_risk", "note": "call" });
    let held = placed.command(&server, "hold", &manual_hold).await;
    assert_eq!(held["holds"][0]["note"], "call");
    let all = json!({ "all": true });
    let refused = server.post(&placed.fulfillment_order_path(1, "pick"), "on hold", &all).await;
    refused.assert_refused(409, "order_on_hold");
    release("h3").await;
    assert_eq!(placed.fulfillment_order(&server, 1, "pick", &all).await["status"], "picking");
}

async fn stock_policies_set_backorder_limit_and_safety_stock(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    let policy = json!({ "sku": "MUG", "backorderLimit": 3, "safetyStock": { "DC-1": 4 } });
    let item = server.put("/v1/stock-policies", &policy).await.accepted();
    assert_eq!((&item["available"], &item["locations"][0]["safetyStock"]), (&json!(6), &json!(4)), "{item}");
    let too_many = server.post("/v1/orders", "too many", &backorder(10, &json!({}))).await;
    too_many.assert_refused(409, "backorder_limit_exceeded");
    let placed = place_backorder(&server, "order", 9, &json!({})).await;
    let no_safety_stock = json!({ "sku": "MUG", "safetyStock": { "DC-1": 0 } });
    server.put("/v1/stock-policies", &no_safety_stock).await.accepted();
    assert_eq!(placed.wait_until_reserved(&server).await["lines"][0]["reserved"], 9);
    let unknown = json!({ "sku": "MUG", "safetyStock": { "DC-9": 1 } });
    assert_eq!(server.put("/v1/stock-policies", &unknown).await.code(), "unknown_location");
}

async fn the_history_shows_why_an_order_was_backordered(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 2).await;
    server.add_stock("DC-2", "MUG", 4).await;
    server.post("/v1/locations/DC-2/pause", "pause", &json!({ "reason": "flood" })).await.accepted();
    let placed = PlacedOrder::new(&server, "order", &backorder(5, &json!({}))).await;
    server.receive("DC-1", "MUG", 10).await;
    placed.wait_until_reserved(&server).await;

    let then = &placed.view["position"];
    let earlier = server.get(&format!("/v1/orders/{}?asOf={then}", placed.id)).await.accepted();
    assert_eq!((&earlier["status"], &earlier["lines"][0]["backordered"]), (&json!("backordered"), &json!(3)));
    let sourced = &placed.events(&server, "OrderSourced").await[0];
    assert_eq!(sourced["shortages"], json!([{ "sku": "MUG", "requested": 5, "available": 2 }]), "{sourced}");
    let candidate = |location: &str| {
        let mut candidates = sourced["candidates"].as_array().unwrap().iter();
        candidates.find(|candidate| candidate["location"] == location).unwrap().clone()
    };
    let lacked = json!([{ "sku": "MUG", "requested": 5, "available": 2 }]);
    assert_eq!(candidate("DC-1")["lacked"], lacked, "{sourced}");
    assert_eq!(candidate("DC-2")["excluded"], "paused", "{sourced}");
    assert_verified(&store);
}

/// Waits until this number of units is earmarked at a location.
async fn wait_until_earmarked(server: &TestServer, location: &str, units: u64) {
    let reached = async {
        loop {
            let item = availability(server, "MUG", &json!(0)).await;
            // The read model may not include the SKU yet.
            let mut locations = item["locations"].as_array().into_iter().flatten();
            let level = locations.find(|level| level["location"] == location);
            if level.is_some_and(|level| level["earmarked"] == units) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(EARMARK_TIMEOUT, reached).await;
    assert!(in_time.is_ok(), "{units} units are never earmarked at {location}");
}

async fn earmarks_move_away_from_a_paused_location(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 1).await;
    server.add_stock("DC-2", "TEA", 1).await;
    PlacedOrder::new(&server, "the only unit", &backorder(1, &json!({}))).await;
    // No unit of this order is reserved yet, so both locations may fill it.
    let placed = place_backorder(&server, "order", 5, &json!({ "allowSplit": false })).await;
    server.receive("DC-1", "MUG", 3).await;
    server.receive("DC-2", "MUG", 2).await;
    wait_until_earmarked(&server, "DC-1", 3).await;
    server.post("/v1/locations/DC-1/pause", "pause", &json!({ "reason": "flood" })).await.accepted();
    wait_until_earmarked(&server, "DC-2", 2).await;
    server.receive("DC-1", "MUG", 2).await;
    server.post("/v1/locations/DC-1/resume", "resume", &json!({})).await.accepted();
    let filled = placed.wait_until_reserved(&server).await;
    assert_eq!(filled["fulfillmentOrders"][0]["location"], "DC-1", "{filled}");
    assert_verified(&store);
}
