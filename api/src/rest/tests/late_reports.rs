//! Reports that arrive late, or with a time in the future.

use super::other_systems::shipped;
use super::*;

/// A carrier's report of the package of [`shipped`].
async fn scan(server: &TestServer, key: &str, status: &str, at: &str) -> Value {
    let body = json!({ "carrier": "usps", "trackingNumber": "94001", "status": status, "at": at });
    server.post("/v1/tracking", key, &body).await.ok(200)
}

fn package(order: &Value) -> &Value {
    &order["fulfillmentOrders"][0]["shipments"][0]["packages"][0]
}

#[tokio::test]
async fn a_late_failure_is_recorded_and_counts_unless_a_later_scan_supersedes_it() {
    let server = TestServer::stocked().await;
    let id = shipped(&server, "usps", "94001").await;
    scan(&server, "out", "out_for_delivery", "2026-01-01T12:00:00Z").await;
    let late = scan(&server, "late", "failure", "2026-01-01T10:00:00Z").await;
    assert_eq!(package(&late)["status"], "out_for_delivery", "{late}");
    let reports = json!([
        { "status": "failure", "at": "2026-01-01T10:00:00Z" },
        { "status": "out_for_delivery", "at": "2026-01-01T12:00:00Z" }
    ]);
    assert_eq!(package(&late)["reports"], reports);
    let lost = scan(&server, "lost", "returned_to_sender", "2026-01-01T14:00:00Z").await;
    assert_eq!(lost["status"], "delivery_failed");
    let history = server.get(&format!("/v1/orders/{id}/history")).await.ok(200);
    let failures = history["items"].as_array().unwrap().iter();
    let failures: Vec<&Value> =
        failures.filter(|event| event["type"] == "DeliveryFailed").map(|event| &event["data"]).collect();
    assert_eq!((failures.len(), &failures[0]["superseded"]), (2, &json!(true)));
    assert_eq!(failures[1]["superseded"], Value::Null);
}

#[tokio::test]
async fn a_failure_counts_although_a_scan_from_the_future_came_before_it() {
    let server = TestServer::stocked().await;
    let id = shipped(&server, "usps", "94001").await;
    let ahead = scan(&server, "ahead", "in_transit", "2199-01-01T00:00:00Z").await;
    assert_eq!(ahead["discrepancies"][0]["code"], "reported_ahead_of_time", "{ahead}");
    let lost = scan(&server, "lost", "failure", "2026-01-01T10:00:00Z").await;
    assert_eq!((&lost["status"], &package(&lost)["status"]), (&json!("delivery_failed"), &json!("failure")));
    let history = server.get(&format!("/v1/orders/{id}/history")).await.ok(200);
    let events = history["items"].as_array().unwrap();
    let event = events.iter().find(|event| event["type"] == "ShipmentTracked").unwrap();
    assert_eq!(event["data"]["reportedAheadOfTime"], "2199-01-01T00:00:00Z");
}

#[tokio::test]
async fn a_report_about_stock_from_the_future_counts_as_of_now_and_says_so() {
    let server = TestServer::stocked().await;
    let future = "2199-01-01T00:00:00Z";
    let count = json!({ "sku": "TEA", "location": "munich", "onHand": 90, "countedAt": future });
    let counted = server.post("/v1/stock/count", "count", &count).await.ok(200);
    assert_eq!((&counted["reportedAheadOfTime"], &counted["available"]), (&json!(future), &json!(90)));
    let receipt = json!({ "sku": "TEA", "location": "munich", "quantity": 10, "occurredAt": future });
    let received = server.post("/v1/stock/receive", "receive", &receipt).await.ok(200);
    assert_eq!((&received["reportedAheadOfTime"], &received["available"]), (&json!(future), &json!(100)));
    let path = "/v1/stock/history?sku=TEA&location=munich";
    let history = server.get(path).await.ok(200);
    let event = history["items"].as_array().unwrap().last().unwrap();
    assert_eq!(event["data"]["reportedAheadOfTime"], future, "{event}");
    let receipt = json!({ "sku": "TEA", "location": "munich", "quantity": 1 });
    let received = server.post("/v1/stock/receive", "now", &receipt).await.ok(200);
    assert_eq!(received["reportedAheadOfTime"], Value::Null);
}
