//! Orders of the largest size.

use super::*;

#[tokio::test]
async fn an_order_may_have_two_thousand_lines() {
    let server = TestServer::stocked().await;
    let sku = |number: usize| format!("PART-{number}");
    for half in [0..1_000, 1_000..2_000] {
        let receive = |number: usize| json!({ "key": sku(number), "command": "ReceiveStock", "sku": sku(number), "location": "munich", "quantity": 3 });
        let received: Vec<Value> = half.map(receive).collect();
        let answers = server.post("/v1/commands", "unused", &json!(received)).await.ok(200);
        assert!(answers.as_array().unwrap().iter().all(|answer| answer["status"] == 200));
    }
    let lines = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|number| json!({ "sku": sku(number % 2_000), "quantity": 2, "unit": "1.25" }))
            .collect()
    };
    let order = |count| json!({ "channel": "web", "currency": "EUR", "payment": "not_required", "lines": lines(count) });
    let too_long =
        server.post("/v1/orders", "too long", &order(2_001)).await.problem(422, "line_count_out_of_range");
    assert_eq!(pointer(&too_long), "/lines");
    let created = server.post("/v1/orders", "long", &order(2_000)).await.ok(201);
    assert_eq!((&created["status"], &created["amountDue"]), (&json!("reserved"), &json!("5000.00")));
    let part = created["fulfillmentOrders"][0]["fulfillmentOrderId"].as_str().unwrap();
    let path = |action: &str| format!("/v1/fulfillment-orders/{part}/{action}");
    for action in ["pick", "pack"] {
        server.post(&path(action), action, &json!({ "all": true })).await.ok(200);
    }
    let package = json!({ "packages": [{ "carrier": "dhl", "trackingNumber": "T-1" }] });
    let shipped = server.post(&path("ship"), "ship", &package).await;
    let shipment = shipped.ok(201)["shipmentId"].as_str().unwrap().to_owned();
    let delivered = server.post_text(&format!("/v1/shipments/{shipment}/confirm-delivery"), "done", "").await;
    assert_eq!(delivered.ok(200)["status"], "delivered");
    let id = created["orderId"].as_str().unwrap();
    let read = server.get(&format!("/v1/orders/{id}?minPosition={}", delivered.position())).await.ok(200);
    assert!(read["lines"].as_array().unwrap().iter().all(|line| line["delivered"] == 2));
    let list = server.get("/v1/orders").await.ok(200);
    assert_eq!(list["items"][0]["lines"].as_array().unwrap().len(), 2_000);
}
