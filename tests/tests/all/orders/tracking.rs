//! Carrier reports, and lots and serial numbers of units.

use serde_json::{Value, json};

use crate::support::orders::{PlacedOrder, assert_verified, order_with};
use crate::support::server::TestServer;
use crate::support::store::{TestStore, on_every_store};

on_every_store!(
    late_and_repeated_carrier_reports_do_not_undo_a_delivery,
    lots_and_serial_numbers_are_recorded_from_receipt_to_return,
);

/// A time on the day of the delivery.
fn at(time: &str) -> String {
    format!("2026-03-02T{time}:00Z")
}

/// One field of each package of an order's first shipment.
fn packages(view: &Value, field: &str) -> Vec<Value> {
    let all = view["fulfillmentOrders"][0]["shipments"][0]["packages"].as_array().unwrap();
    all.iter().map(|package| package[field].clone()).collect()
}

async fn late_and_repeated_carrier_reports_do_not_undo_a_delivery(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 2).await;
    let placed = PlacedOrder::new(&server, "order", &order_with("MUG", 2, &json!({}))).await;
    let one = |number: &str| json!({ "carrier": "ups", "trackingNumber": number, "lines": [{ "line": 1, "quantity": 1 }] });
    let shipped =
        placed.fulfillment_order(&server, 1, "ship", &json!({ "packages": [one("1Z"), one("2Z")] })).await;
    let track = format!("/v1/shipments/{}/track", shipped["shipmentId"].as_str().unwrap());
    let of_shipment = async |key: &str, more: Value| server.post(&track, key, &more).await.accepted();
    let by_number = async |key: &str, number: &str, status: &str, time: &str| {
        let scan = json!({ "carrier": "ups", "trackingNumber": number, "status": status, "at": at(time),
                           "raw": "left with Mrs Miller" });
        server.post("/v1/tracking", key, &scan).await.accepted()
    };

    let both = of_shipment("both", json!({ "status": "in_transit", "at": at("08:00") })).await;
    assert_eq!(
        (&both["status"], packages(&both, "status")),
        (&json!("in_transit"), vec![json!("in_transit"); 2])
    );
    let tried = by_number("tried", "2Z", "attempted_delivery", "10:00").await;
    assert_eq!(packages(&tried, "status"), ["in_transit", "attempted_delivery"]);
    assert_eq!(tried["statusAxes"]["delivery"], "attempted");
    let first = json!({ "packageId": "p1", "status": "delivered", "at": at("11:00") });
    let arrived = of_shipment("first", first.clone()).await;
    assert_eq!(arrived["status"], "partially_delivered");
    assert_eq!(packages(&arrived, "deliveredAt"), [json!(at("11:00")), Value::Null]);

    let late = by_number("late", "1Z", "out_for_delivery", "09:00").await;
    assert_eq!(
        (&late["status"], &packages(&late, "deliveredAt")[0]),
        (&json!("partially_delivered"), &json!(at("11:00")))
    );
    let again = of_shipment("again", first).await;
    assert_eq!(again["version"], late["version"], "a repeated report changes nothing");
    let returned = by_number("back", "2Z", "returned_to_sender", "12:00").await;
    assert_eq!(packages(&returned, "status")[1], "returned_to_sender");
    assert_eq!(placed.events(&server, "DeliveryFailed").await.len(), 1);
    let history = server.get(&placed.path("history")).await.accepted().to_string();
    assert!(!history.contains("Miller"), "a carrier's raw text may contain names: {history}");
    let unknown =
        json!({ "carrier": "ups", "trackingNumber": "9Z", "status": "in_transit", "at": at("08:00") });
    let unknown = server.post("/v1/tracking", "unknown", &unknown).await;
    unknown.assert_refused(404, "unknown_tracking_number");
    assert_verified(&store);
}

async fn lots_and_serial_numbers_are_recorded_from_receipt_to_return(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 1).await;
    let receipt = json!({ "sku": "MUG", "location": "DC-1", "quantity": 2,
                          "lots": [{ "lot": "L-7", "quantity": 2 }], "serials": ["S-1", "S-2"] });
    let received = server.post("/v1/stock/receive", "receipt", &receipt).await.accepted();
    let placed = PlacedOrder::new(&server, "order", &order_with("MUG", 2, &json!({}))).await;
    let units = json!([{ "line": 1, "quantity": 2, "lots": ["L-7"], "serials": ["S-1", "S-2"] }]);
    placed.fulfillment_order(&server, 1, "pick", &json!({ "lines": units })).await;
    let package = json!({ "carrier": "ups", "trackingNumber": "1Z", "lines": units });
    let shipped = placed.fulfillment_order(&server, 1, "ship", &json!({ "packages": [package] })).await;
    let back = json!({ "lines": [{ "line": 1, "quantity": 1 }], "reason": "cracked" });
    let back = placed.command(&server, "returns", &back).await;
    let came = json!({ "location": "DC-1", "lines": [
        { "line": 1, "quantity": 1, "disposition": "scrap", "lots": ["L-7"], "serials": ["S-2"] }] });
    let path = format!("/v1/returns/{}/receive", back["returnId"].as_str().unwrap());
    server.post(&path, "came", &came).await.accepted();

    let picked = &placed.events(&server, "ItemPicked").await[0]["lines"][0];
    let shipped_line = &placed.events(&server, "ShipmentCreated").await[0]["packages"][0]["lines"][0];
    for line in [picked, shipped_line] {
        assert_eq!((&line["lots"], &line["serials"]), (&json!(["L-7"]), &json!(["S-1", "S-2"])));
    }
    let returned = &placed.events(&server, "ReturnReceived").await[0]["lines"][0];
    assert_eq!((&returned["lots"], &returned["serials"]), (&json!(["L-7"]), &json!(["S-2"])));
    let events = server.get("/v1/events").await.accepted();
    let mut receipts =
        events["items"].as_array().unwrap().iter().filter(|event| event["data"]["sku"] == "MUG");
    let receipt = receipts.find(|event| event["data"]["serials"].is_array()).unwrap();
    assert_eq!(receipt["data"]["lots"], json!([{ "lot": "L-7", "quantity": 2 }]), "{receipt}");
    assert!(received["position"].as_u64() < shipped["position"].as_u64());

    let too_many = json!({ "sku": "MUG", "location": "DC-1", "quantity": 1, "serials": ["S-8", "S-9"] });
    let too_many = server.post("/v1/stock/receive", "too many", &too_many).await;
    too_many.assert_refused(422, "serials_exceed_quantity");
    assert_verified(&store);
}
