//! Shipments and labels that were reported by mistake.

use serde_json::json;

use super::*;

/// An order of two units that has shipped: its id, and the id of the shipment.
async fn shipped(server: &TestServer) -> (String, String) {
    let created = server.post("/v1/orders", "order", &order(2)).await.ok(201);
    let part = created["fulfillmentOrders"][0]["fulfillmentOrderId"].as_str().unwrap();
    let packages = json!([{ "carrier": "DHL", "trackingNumber": "JJD1" }]);
    let path = format!("/v1/fulfillment-orders/{part}/ship");
    let shipped = server.post(&path, "ship", &json!({ "packages": packages })).await.ok(201);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&created["orderId"]), text(&shipped["shipmentId"]))
}

async fn units(server: &TestServer) -> [u64; 2] {
    let head = server.head().await;
    let stock = server.get(&format!("/v1/availability?sku=TEA&minPosition={head}")).await.ok(200);
    let there = &stock["items"][0]["locations"][0];
    [&there["onHand"], &there["reserved"]].map(|units| units.as_u64().unwrap())
}

fn scan(number: &str) -> Value {
    json!({ "carrier": "DHL", "trackingNumber": number, "status": "in_transit", "at": "2026-01-01T00:00:00Z" })
}

#[tokio::test]
async fn the_units_of_a_cancelled_shipment_are_reserved_again_and_its_number_finds_nothing() {
    let server = TestServer::stocked().await;
    let (id, shipment) = shipped(&server).await;
    let [on_hand, _] = units(&server).await;
    let path = format!("/v1/shipments/{shipment}/cancel");
    let cancelled = server.post(&path, "cancel", &json!({ "reason": "still here" })).await.ok(200);
    assert_eq!((&cancelled["orderId"], &cancelled["status"]), (&json!(id), &json!("packed")));
    assert_eq!(cancelled["lines"][0]["reserved"], 2);
    assert_eq!(cancelled["fulfillmentOrders"][0]["shipments"], json!([]));
    assert_eq!(units(&server).await, [on_hand + 2, 2]);
    server.post("/v1/tracking", "scan", &scan("JJD1")).await.problem(404, "unknown_tracking_number");
    let again = server.post(&path, "again", &json!({ "reason": "still here" })).await;
    let detail = again.problem(409, "shipment_cancelled")["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(&shipment) && detail.contains("since 20"), "{detail}");
}

#[tokio::test]
async fn a_cancelled_shipment_is_not_counted() {
    let server = TestServer::stocked().await;
    let (_, shipment) = shipped(&server).await;
    let metrics = async || {
        let head = server.head().await;
        let metrics = server.get(&format!("/v1/metrics?minPosition={head}")).await.ok(200);
        let items = metrics["items"].as_array().unwrap().clone();
        let sum = |name: &str| items.iter().map(|item| item[name].as_u64().unwrap()).sum::<u64>();
        (sum("shipmentsCreated"), sum("unitsShipped"))
    };
    assert_eq!(metrics().await, (1, 2));
    let path = format!("/v1/shipments/{shipment}/cancel");
    server.post(&path, "cancel", &json!({ "reason": "still here" })).await.ok(200);
    assert_eq!(metrics().await, (0, 0));
}

#[tokio::test]
async fn a_package_is_found_by_its_new_label_only() {
    let server = TestServer::stocked().await;
    let (id, shipment) = shipped(&server).await;
    let path = format!("/v1/shipments/{shipment}/relabel");
    let label = json!({ "carrier": "DHL", "trackingNumber": "JJD2" });
    let relabelled = server.post(&path, "relabel", &label).await.ok(200);
    let package = &relabelled["fulfillmentOrders"][0]["shipments"][0]["packages"][0];
    assert_eq!(package["trackingNumber"], "JJD2");
    server.post("/v1/tracking", "old", &scan("JJD1")).await.problem(404, "unknown_tracking_number");
    let tracked = server.post("/v1/tracking", "new", &scan("JJD2")).await.ok(200);
    assert_eq!((&tracked["orderId"], &tracked["status"]), (&json!(id), &json!("in_transit")));
    let head = server.head().await;
    let found = server.get(&format!("/v1/orders?trackingNumber=JJD2&minPosition={head}")).await.ok(200);
    assert_eq!(found["items"][0]["orderId"], json!(id));
}

#[tokio::test]
async fn a_lost_package_is_sent_again() {
    let server = TestServer::stocked().await;
    let (id, shipment) = shipped(&server).await;
    let path = format!("/v1/shipments/{shipment}/resend");
    let reason = json!({ "reason": "lost" });
    server.post(&path, "early", &reason).await.problem(409, "package_not_lost");
    let mut lost = scan("JJD1");
    lost["status"] = json!("failure");
    server.post("/v1/tracking", "lost", &lost).await.ok(200);
    let resent = server.post(&path, "resend", &reason).await.ok(200);
    assert_eq!((&resent["orderId"], &resent["status"]), (&json!(id), &json!("reserved")));
    let parts = resent["fulfillmentOrders"].as_array().unwrap();
    assert_eq!((parts.len(), &parts[0]["shipments"][0]["packages"][0]["resent"]), (2, &json!(true)));
    assert_eq!(units(&server).await[1], 2);
}

/// The values that the events of a kind have in the history of an order, in the order of events.
async fn values(server: &TestServer, order: &str, kind: &str) -> Vec<String> {
    let history = server.get(&format!("/v1/orders/{order}/history")).await.ok(200);
    let events = history["items"].as_array().unwrap().iter().filter(|event| event["type"] == kind);
    let lines = events.flat_map(|event| event["data"]["lines"].as_array().unwrap().clone());
    lines.map(|line| line["value"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn returned_units_have_the_values_of_the_shipments_that_stand() {
    let server = TestServer::stocked().await;
    let line = json!({ "sku": "TEA", "quantity": 3, "total": "10.00" });
    let body = json!({ "channel": "web", "payment": "not_required", "currency": "EUR", "lines": [line] });
    let created = server.post("/v1/orders", "order", &body).await.ok(201);
    let part = created["fulfillmentOrders"][0]["fulfillmentOrderId"].as_str().unwrap();
    let ship = async |number: &str| {
        let lines = json!([{ "line": 1, "quantity": 1 }]);
        let packages = json!([{ "carrier": "DHL", "trackingNumber": number, "lines": lines }]);
        let path = format!("/v1/fulfillment-orders/{part}/ship");
        server.post(&path, number, &json!({ "packages": packages })).await.ok(201)
    };
    ship("1").await;
    let second = ship("2").await["shipmentId"].as_str().unwrap().to_owned();
    ship("3").await;
    let path = format!("/v1/shipments/{second}/cancel");
    server.post(&path, "cancel", &json!({ "reason": "still here" })).await.ok(200);
    ship("4").await;
    let id = created["orderId"].as_str().unwrap();
    let two = json!({ "lines": [{ "line": 1, "quantity": 2 }], "reason": "too small" });
    let announced = server.post(&format!("/v1/orders/{id}/returns"), "return", &two).await.ok(201);
    let path = format!("/v1/returns/{}/receive", announced["returnId"].as_str().unwrap());
    let back = json!([{ "line": 1, "quantity": 2, "disposition": "restock" }]);
    server.post(&path, "back", &json!({ "location": "munich", "lines": back })).await.ok(200);
    assert_eq!(values(&server, id, "ShipmentCancelled").await, ["3.34"]);
    assert_eq!(values(&server, id, "ReturnReceived").await, ["6.66"]);
}

#[tokio::test]
async fn a_cancellation_request_stands_again_after_its_shipment_is_cancelled() {
    let server = TestServer::stocked().await;
    let created = server.post("/v1/orders", "order", &order(2)).await.ok(201);
    let part = created["fulfillmentOrders"][0]["fulfillmentOrderId"].as_str().unwrap();
    let part = format!("/v1/fulfillment-orders/{part}");
    server.post(&format!("{part}/accept"), "accept", &json!({})).await.ok(200);
    let cancel = format!("/v1/orders/{}/cancel", created["orderId"].as_str().unwrap());
    server.post(&cancel, "cancel", &json!({ "reason": "too late" })).await.ok(200);
    let packages = json!([{ "carrier": "DHL", "trackingNumber": "JJD1" }]);
    let shipped =
        server.post(&format!("{part}/ship"), "ship", &json!({ "packages": packages })).await.ok(201);
    assert_eq!(shipped["fulfillmentOrders"][0]["cancellationRequested"], false);
    let path = format!("/v1/shipments/{}/cancel", shipped["shipmentId"].as_str().unwrap());
    let again = server.post(&path, "unship", &json!({ "reason": "still here" })).await.ok(200);
    assert_eq!(again["fulfillmentOrders"][0]["cancellationRequested"], true);
    let agreed = server.post(&format!("{part}/accept-cancellation"), "agree", &json!({})).await.ok(200);
    assert_eq!(agreed["status"], "cancelled");
}

#[tokio::test]
async fn a_resent_package_counts_towards_the_limit_of_the_channel_like_the_lost_one() {
    let server = TestServer::stocked().await;
    let policy = json!({ "sku": "TEA", "channelLimits": { "web": 4 } });
    server.put("/v1/stock-policies", &policy).await.ok(200);
    let (_, shipment) = shipped(&server).await;
    let mut lost = scan("JJD1");
    lost["status"] = json!("failure");
    server.post("/v1/tracking", "lost", &lost).await.ok(200);
    let path = format!("/v1/shipments/{shipment}/resend");
    let resent = server.post(&path, "resend", &json!({ "reason": "lost" })).await.ok(200);
    assert_eq!(resent["status"], "reserved");
    let mut more = order(1);
    more["onShortage"] = json!("reject");
    let refused = server.post("/v1/orders", "more", &more).await.problem(409, "insufficient_stock");
    assert_eq!(refused["shortages"][0]["available"], 0);
}

#[tokio::test]
async fn the_time_from_pack_to_ship_counts_the_shipment_that_stands() {
    let server = TestServer::stocked().await;
    let created = server.post("/v1/orders", "order", &order(2)).await.ok(201);
    let part = created["fulfillmentOrders"][0]["fulfillmentOrderId"].as_str().unwrap();
    let ship = async |number: &str| {
        let lines = json!([{ "line": 1, "quantity": 1 }]);
        let packages = json!([{ "carrier": "DHL", "trackingNumber": number, "lines": lines }]);
        let path = format!("/v1/fulfillment-orders/{part}/ship");
        let shipped = server.post(&path, number, &json!({ "packages": packages })).await.ok(201);
        shipped["shipmentId"].as_str().unwrap().to_owned()
    };
    let shipments = [ship("1").await, ship("2").await];
    let count = async || {
        let head = server.head().await;
        let metrics = server.get(&format!("/v1/metrics?minPosition={head}")).await.ok(200);
        let items = metrics["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["packToShip"]["count"].as_u64().unwrap()).sum::<u64>()
    };
    for (shipment, expected) in shipments.iter().zip([1, 0]) {
        assert_eq!(count().await, 1);
        let path = format!("/v1/shipments/{shipment}/cancel");
        server.post(&path, shipment, &json!({ "reason": "still here" })).await.ok(200);
        assert_eq!(count().await, expected);
    }
}
