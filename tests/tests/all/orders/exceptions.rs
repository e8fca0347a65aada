//! What goes otherwise than planned between an order and its delivery, as a warehouse and an integrator see it.

use serde_json::{Value, json};

use crate::support::server::{TestServer, order};
use crate::support::store::{TestStore, on_every_store};

on_every_store!(
    what_a_warehouse_rejects_or_does_not_find_ships_from_elsewhere,
    a_warehouse_is_asked_before_its_part_is_cancelled,
    what_comes_back_can_be_sold_again,
    a_payment_that_is_voided_keeps_goods_where_they_are,
);

async fn take(server: &TestServer, key: &str, wanted: &Value) -> (String, String) {
    let created = server.post("/v1/orders", key, wanted).await.accepted();
    let part = created["fulfillmentOrders"][0]["fulfillmentOrderId"].as_str().unwrap().to_owned();
    (created["orderId"].as_str().unwrap().to_owned(), part)
}

async fn work(server: &TestServer, part: &str, what: &str, body: &Value) -> Value {
    let path = format!("/v1/fulfillment-orders/{part}/{what}");
    server.post(&path, &format!("{what}-{part}"), body).await.accepted()
}

/// On hand, reserved and available at a location.
async fn at(server: &TestServer, location: &str, position: &Value) -> [u64; 3] {
    let path = format!("/v1/availability?sku=MUG&minPosition={position}");
    let item = server.get(&path).await.accepted()["items"][0].clone();
    let there = item["locations"].as_array().unwrap().iter().find(|there| there["location"] == location);
    ["onHand", "reserved", "available"].map(|name| there.unwrap()[name].as_u64().unwrap())
}

async fn what_a_warehouse_rejects_or_does_not_find_ships_from_elsewhere(store: TestStore) {
    let server = TestServer::start(&store).await;
    for location in ["DC-1", "DC-2", "DC-3"] {
        server.add_stock(location, "MUG", 4).await;
    }
    let (_, part) = take(&server, "order", &order("MUG", 4)).await;
    let rejected = work(&server, &part, "reject", &json!({ "reason": "flooded" })).await;
    let parts = &rejected["fulfillmentOrders"];
    assert_eq!((&parts[0]["status"], &parts[0]["location"]), (&json!("cancelled"), &json!("DC-1")));
    assert_eq!((&parts[1]["status"], &parts[1]["location"]), (&json!("open"), &json!("DC-2")));
    assert_eq!(at(&server, "DC-1", &rejected["position"]).await, [4, 0, 4]);

    let second = parts[1]["fulfillmentOrderId"].as_str().unwrap();
    assert_eq!(
        work(&server, second, "accept", &json!({ "wmsRef": "W-7" })).await["fulfillmentOrders"][1]["wmsRef"],
        "W-7"
    );
    let missing = json!({ "lines": [{ "line": 1, "quantity": 3 }], "reason": "not in its place" });
    let shorted = work(&server, second, "short", &missing).await;
    let third = shorted["fulfillmentOrders"][2].clone();
    assert_eq!((&third["location"], &third["lines"][0]["quantity"]), (&json!("DC-3"), &json!(3)));
    assert_eq!(at(&server, "DC-2", &shorted["position"]).await, [1, 1, 0]);

    let mut status = Value::Null;
    for part in [second, third["fulfillmentOrderId"].as_str().unwrap()] {
        let parcel = json!({ "packages": [{ "carrier": "ups", "trackingNumber": format!("1Z-{part}") }] });
        let path = format!("/v1/fulfillment-orders/{part}/ship");
        status = server.post(&path, part, &parcel).await.accepted()["status"].clone();
    }
    assert_eq!(status, "shipped");
    assert!(store.run(&["verify"]).status.success());
}

async fn a_warehouse_is_asked_before_its_part_is_cancelled(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 4).await;
    let (order, part) = take(&server, "order", &order("MUG", 4)).await;
    work(&server, &part, "pick", &json!({ "all": true })).await;
    let cancel = format!("/v1/orders/{order}/cancel");
    let asked = server.post(&cancel, "cancel", &json!({ "reason": "changed their mind" })).await.accepted();
    assert_eq!(asked["statusAxes"]["cancellation"], "requested");
    assert_eq!(asked["fulfillmentOrders"][0]["cancellationRequested"], true);
    assert!(asked["fulfillmentOrders"][0]["supportedActions"].to_string().contains("accept-cancellation"));
    let again = server.post(&cancel, "again", &json!({ "reason": "please" })).await;
    assert_eq!(again.code(), "cancellation_pending");
    let gone = work(&server, &part, "accept-cancellation", &json!({})).await;
    assert_eq!(gone["status"], "cancelled");
    assert_eq!(at(&server, "DC-1", &gone["position"]).await, [4, 0, 4]);
}

async fn what_comes_back_can_be_sold_again(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 4).await;
    let (order_id, part) = take(&server, "order", &order("MUG", 4)).await;
    let parcel = json!({ "packages": [{ "carrier": "ups", "trackingNumber": "1Z" }] });
    let shipped = work(&server, &part, "ship", &parcel).await;
    assert_eq!(at(&server, "DC-1", &shipped["position"]).await, [0, 0, 0]);
    let mut wanted = order("MUG", 2);
    wanted["onShortage"] = json!("backorder");
    let waits = server.post("/v1/orders", "waits", &wanted).await.accepted();
    assert_eq!(waits["status"], "backordered");

    let lines = json!([{ "line": 1, "quantity": 3 }]);
    let announced = server
        .post(
            &format!("/v1/orders/{order_id}/returns"),
            "back",
            &json!({ "lines": lines, "reason": "too small" }),
        )
        .await;
    assert_eq!(announced.status, 201);
    let announced = announced.accepted();
    let came = json!({ "location": "DC-1", "lines": [
        { "line": 1, "quantity": 1, "disposition": "restock" },
        { "line": 1, "quantity": 1, "disposition": "quarantine" },
        { "line": 1, "quantity": 1, "disposition": "scrap" } ] });
    let back = announced["returnId"].as_str().unwrap();
    let came = server.post(&format!("/v1/returns/{back}/receive"), "came", &came).await.accepted();
    assert_eq!((&came["status"], &came["lines"][0]["returned"]), (&json!("partially_returned"), &json!(3)));
    // What can be sold is set aside at once for who waits.
    let there =
        server.get(&format!("/v1/availability?sku=MUG&minPosition={}", came["position"])).await.accepted();
    let there = &there["items"][0]["locations"][0];
    assert_eq!(
        (&there["onHand"], &there["available"], &there["quarantine"]),
        (&json!(1), &json!(0), &json!(1))
    );
    let unknown = server
        .post(
            &format!("/v1/returns/{order_id}.r9/receive"),
            "never",
            &json!({ "location": "DC-1", "lines": [] }),
        )
        .await;
    assert_eq!((unknown.status.as_u16(), unknown.code().as_str()), (404, "unknown_return"));
    assert!(store.run(&["verify"]).status.success());
}

async fn a_payment_that_is_voided_keeps_goods_where_they_are(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 4).await;
    let wanted = json!({ "channel": "web", "lines": [{ "sku": "MUG", "quantity": 1 }] });
    let (order, part) = take(&server, "order", &wanted).await;
    let report = async |what: &str, body: Value| {
        let answer = server.post(&format!("/v1/orders/{order}/{what}"), what, &body).await.accepted();
        answer["statusAxes"]["payment"].clone()
    };
    assert_eq!(
        report("authorize-payment", json!({ "paymentRef": "p1", "amount": "9.90" })).await,
        "authorized"
    );
    assert_eq!(report("fail-payment", json!({ "reason": "declined" })).await, "failed");
    assert_eq!(report("confirm-payment", json!({ "paymentRef": "p2" })).await, "confirmed");
    assert_eq!(report("void-payment", json!({ "reason": "charged back" })).await, "voided");
    let pick =
        server.post(&format!("/v1/fulfillment-orders/{part}/pick"), "pick", &json!({ "all": true })).await;
    assert_eq!(pick.code(), "payment_not_confirmed");
}
