//! One order from creation to delivery, as all interfaces show it.

use serde_json::{Value, json};

use crate::support::server::TestServer;
use crate::support::store::{TestStore, on_every_store};

/// Creates an order over REST and completes it. Returns its id, and the position after each command.
async fn complete_order(server: &TestServer) -> (String, Vec<u64>) {
    let mut positions = Vec::new();
    let wanted = json!({
        "channel": "web", "channelRef": "W-1001", "customerRef": "c-7", "currency": "USD",
        "lines": [
            { "sku": "MUG", "quantity": 2, "lineRef": "a", "unit": "12.50", "total": "25.00" },
            { "sku": "TEA", "quantity": 1, "lineRef": "b", "total": "8.00" }
        ],
        "shipTo": { "name": "Grace Hopper", "street": ["1 Navy Way"], "city": "Arlington", "country": "US",
                    "latitude": 38.88, "longitude": -77.1 }
    });
    let created = server.post("/v1/orders", "create", &wanted).await;
    assert_eq!(created.status, 201);
    positions.extend(created.position);
    let body = created.accepted();
    let order = body["orderId"].as_str().unwrap().to_owned();
    let fulfillment_order = body["fulfillmentOrders"][0]["fulfillmentOrderId"].as_str().unwrap().to_owned();

    let paid = json!({ "paymentRef": "pay-1", "amount": "33.00" });
    let all = json!({ "all": true });
    let package = json!({ "packages": [{ "carrier": "ups", "trackingNumber": "1Z999" }] });
    let steps = [
        (format!("/v1/orders/{order}/confirm-payment"), paid, "reserved"),
        (format!("/v1/fulfillment-orders/{fulfillment_order}/pick"), all.clone(), "picking"),
        (format!("/v1/fulfillment-orders/{fulfillment_order}/pack"), all, "packed"),
        (format!("/v1/fulfillment-orders/{fulfillment_order}/ship"), package, "shipped"),
        (
            "/v1/tracking".to_owned(),
            json!({ "carrier": "ups", "trackingNumber": "1Z999", "status": "in_transit", "at": "2026-01-01T10:00:00Z" }),
            "in_transit",
        ),
        (format!("/v1/shipments/{order}.s1/confirm-delivery"), json!({}), "delivered"),
    ];
    for (number, (path, body, status)) in steps.into_iter().enumerate() {
        let answer = server.post(&path, &format!("step-{number}"), &body).await;
        assert_eq!(answer.accepted()["status"], status, "{path}");
        positions.extend(answer.position);
    }
    (order, positions)
}

const STATUSES: [&str; 7] =
    ["reserved", "reserved", "picking", "packed", "shipped", "in_transit", "delivered"];

on_every_store!(all_interfaces_show_an_order_from_creation_to_delivery);

async fn all_interfaces_show_an_order_from_creation_to_delivery(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-NEWARK", "MUG", 10).await;
    server.add_stock("DC-NEWARK", "TEA", 10).await;
    let (order, positions) = complete_order(&server).await;

    let last = positions[6];
    let now = server.get(&format!("/v1/orders/{order}?minPosition={last}")).await.accepted();
    assert_eq!(now["status"], "delivered");
    assert_eq!(now["shipTo"]["name"], "Grace Hopper", "a request by id decrypts personal data");

    let query = format!("{{ order(id: \"{order}\", minPosition: {last}) {{ status }} }}");
    assert_eq!(server.graphql(&query).await["order"]["status"], "DELIVERED");

    check_history(&server, &order).await;
    for (position, status) in positions.iter().zip(STATUSES) {
        let then = server.get(&format!("/v1/orders/{order}?asOf={position}")).await.accepted();
        assert_eq!(then["status"], status, "as of {position}");
    }
    check_availability(&server, last).await;
    check_lists(&server, &order).await;
    check_fulfillment_orders(&server).await;
}

async fn check_history(server: &TestServer, order: &str) {
    let answer = server.get(&format!("/v1/orders/{order}/history")).await.accepted();
    let items = answer["items"].as_array().unwrap();
    let types: Vec<&str> = items.iter().map(|item| item["type"].as_str().unwrap()).collect();
    let lifecycle = [
        "OrderCreated",
        "OrderSourced",
        "InventoryReserved",
        "PaymentConfirmed",
        "ItemPicked",
        "ItemPacked",
        "ShipmentCreated",
        "ShipmentTracked",
        "DeliveryConfirmed",
    ];
    assert_eq!(types, lifecycle);
    let positions: Vec<u64> = items.iter().map(|item| item["position"].as_u64().unwrap()).collect();
    assert!(positions.is_sorted());
    assert!(!answer.to_string().contains("Hopper"), "the history contains no personal data");
}

async fn check_availability(server: &TestServer, position: u64) {
    let path = format!("/v1/availability?sku=MUG&sku=TEA&minPosition={position}");
    let items = server.get(&path).await.accepted()["items"].clone();
    let numbers = |item: &Value| {
        let there = &item["locations"][0];
        (item["available"].as_u64(), there["onHand"].as_u64(), there["reserved"].as_u64())
    };
    assert_eq!(numbers(&items[0]), (Some(8), Some(8), Some(0)));
    assert_eq!(numbers(&items[1]), (Some(9), Some(9), Some(0)));
}

async fn check_lists(server: &TestServer, order: &str) {
    for filter in [
        "status=delivered",
        "channel=web",
        "channelRef=W-1001",
        "customerRef=c-7",
        "trackingNumber=1Z999",
        "sku=TEA",
        "location=DC-NEWARK",
        "status=delivered&sku=MUG&channel=web",
    ] {
        let items = server.get(&format!("/v1/orders?{filter}")).await.accepted()["items"].clone();
        assert_eq!(items[0]["orderId"], *order, "{filter}");
        assert!(!items.to_string().contains("Hopper"), "lists contain no personal data");
    }
    for filter in ["status=cancelled", "channel=pos", "sku=NONE"] {
        let items = server.get(&format!("/v1/orders?{filter}")).await.accepted()["items"].clone();
        assert_eq!(items, json!([]), "{filter}");
    }
}

async fn check_fulfillment_orders(server: &TestServer) {
    let work = server.get("/v1/fulfillment-orders?location=DC-NEWARK").await.accepted();
    assert_eq!(work["items"], json!([]));
    let done = server.get("/v1/fulfillment-orders?location=DC-NEWARK&status=delivered").await.accepted();
    assert_eq!(done["items"].as_array().unwrap().len(), 1);
}
