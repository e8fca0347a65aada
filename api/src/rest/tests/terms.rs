//! Terms of an order: amended, complete delivery, reopened.

use serde_json::json;

use super::*;

#[tokio::test]
async fn the_terms_of_an_open_order_are_amended() {
    let server = TestServer::stocked().await;
    let id = server.order("first", 2).await;
    let path = format!("/v1/orders/{id}/amend");
    let terms = json!({
        "priority": "express", "allowSplit": false, "onShortage": "backorder", "reserveFor": "PT1H",
        "attributes": { "gift": "yes" }
    });
    let amended = server.post(&path, "amend", &terms).await.ok(200);
    for (name, value) in terms.as_object().unwrap() {
        assert_eq!(amended[name], *value, "{name}");
    }
    assert!(amended["reservedUntil"].is_string(), "{amended}");
    let cleared = json!({ "reserveFor": null, "attributes": null });
    let amended = server.post(&path, "clear", &cleared).await.ok(200);
    assert_eq!(
        [&amended["reserveFor"], &amended["attributes"], &amended["reservedUntil"]],
        [&Value::Null; 3]
    );
    let none = server.post(&path, "none", &json!({})).await.problem(422, "changes_missing");
    let detail = none["detail"].as_str().unwrap();
    assert!(detail.contains("shipTo") && detail.contains("reserveFor"), "{detail}");
}

#[tokio::test]
async fn an_order_that_several_locations_must_fill_stays_split() {
    let server = TestServer::stocked().await;
    let place = json!({ "latitude": 50.7, "longitude": 7.1 });
    server.put("/v1/locations/bonn", &place).await.ok(200);
    let received = json!({ "sku": "TEA", "location": "bonn", "quantity": 100 });
    server.post("/v1/stock/receive", "bonn", &received).await.ok(200);
    let id = server.order("large", 150).await;
    let path = format!("/v1/orders/{id}/amend");
    server.post(&path, "join", &json!({ "allowSplit": false })).await.problem(409, "would_split");
    let known = server.get(&format!("/v1/orders/{id}?minPosition={}", server.head().await)).await.ok(200);
    assert_eq!(known["allowSplit"], true);
}

#[tokio::test]
async fn a_cancelled_order_is_reopened_where_stock_allows() {
    let server = TestServer::stocked().await;
    let id = server.order("first", 60).await;
    let path = |action: &str| format!("/v1/orders/{id}/{action}");
    server.post(&path("reopen"), "early", &json!({})).await.problem(409, "order_not_cancelled");
    let cancelled = server.post(&path("cancel"), "cancel", &json!({ "reason": "changed" })).await.ok(200);
    assert!(cancelled["supportedActions"].to_string().contains("reopen"));
    let reopened = server.post(&path("reopen"), "reopen", &json!({})).await.ok(200);
    assert_eq!((&reopened["status"], &reopened["lines"][0]["reserved"]), (&json!("reserved"), &json!(60)));
    server.post(&path("cancel"), "cancel-2", &json!({ "reason": "changed" })).await.ok(200);
    server.order("second", 60).await;
    server.post(&path("reopen"), "short", &json!({})).await.problem(409, "insufficient_stock");
}

#[tokio::test]
async fn an_order_that_is_delivered_complete_waits_for_all_its_units() {
    let server = TestServer::stocked().await;
    let mut body = order(120);
    body["onShortage"] = json!("backorder");
    body["delivery"] = json!({ "method": "ship", "complete": true });
    let created = server.post("/v1/orders", "order", &body).await.ok(201);
    let part = &created["fulfillmentOrders"][0];
    assert_eq!((&created["delivery"]["complete"], &part["waitingFor"]), (&json!(true), &json!("units")));
    let path = format!("/v1/fulfillment-orders/{}/pick", part["fulfillmentOrderId"].as_str().unwrap());
    server.post(&path, "pick", &json!({ "all": true })).await.problem(409, "order_incomplete");
    let board = async |stage: &str| {
        let head = server.head().await;
        let path = format!("/v1/fulfillment-board?location=munich&stage={stage}&minPosition={head}");
        server.get(&path).await.ok(200)["items"].as_array().unwrap().len()
    };
    assert_eq!((board("wait").await, board("pick").await), (1, 0));
    let listed = format!("/v1/fulfillment-orders?location=munich&minPosition={}", server.head().await);
    assert_eq!(server.get(&listed).await.ok(200)["items"], json!([]));
    let cancel = json!({ "reason": "enough", "lines": [{ "line": 1, "quantity": 20 }] });
    let path = format!("/v1/orders/{}/cancel", created["orderId"].as_str().unwrap());
    let complete = server.post(&path, "cancel", &cancel).await.ok(200);
    assert_eq!(complete["fulfillmentOrders"][0]["waitingFor"], Value::Null);
    assert_eq!((board("wait").await, board("pick").await), (0, 1));
}
