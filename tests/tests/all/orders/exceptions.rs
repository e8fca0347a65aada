//! Exceptions between order and delivery: rejections, missing units, cancellations, returns, payments.

use serde_json::{Value, json};

use crate::support::orders::{
    PlacedOrder, assert_verified, availability, one_package, order_with, quantities_at,
};
use crate::support::server::{TestServer, order};
use crate::support::store::{TestStore, on_every_store};

on_every_store!(
    rejected_and_missing_units_ship_from_other_locations,
    cancelling_picked_units_requires_location_approval,
    restocked_returns_are_earmarked_for_backorders,
    picking_is_refused_after_the_payment_was_voided,
);

async fn rejected_and_missing_units_ship_from_other_locations(store: TestStore) {
    let server = TestServer::start(&store).await;
    for location in ["DC-1", "DC-2", "DC-3"] {
        server.add_stock(location, "MUG", 4).await;
    }
    let placed = PlacedOrder::new(&server, "order", &order("MUG", 4)).await;
    let rejected = placed.fulfillment_order(&server, 1, "reject", &json!({ "reason": "flooded" })).await;
    let [first, second] = [0, 1].map(|index| &rejected["fulfillmentOrders"][index]);
    assert_eq!((&first["status"], &first["location"]), (&json!("cancelled"), &json!("DC-1")));
    assert_eq!((&second["status"], &second["location"]), (&json!("open"), &json!("DC-2")));
    assert_eq!(quantities_at(&server, "MUG", "DC-1", &rejected["position"]).await, [4, 0, 4]);

    let accepted = placed.fulfillment_order(&server, 2, "accept", &json!({ "wmsRef": "W-7" })).await;
    assert_eq!(accepted["fulfillmentOrders"][1]["wmsRef"], "W-7");
    let missing = json!({ "lines": [{ "line": 1, "quantity": 3 }], "reason": "not found on the shelf" });
    let shorted = placed.fulfillment_order(&server, 2, "short", &missing).await;
    let third = &shorted["fulfillmentOrders"][2];
    assert_eq!((&third["location"], &third["lines"][0]["quantity"]), (&json!("DC-3"), &json!(3)));
    assert_eq!(quantities_at(&server, "MUG", "DC-2", &shorted["position"]).await, [1, 1, 0]);

    placed.fulfillment_order(&server, 2, "ship", &one_package("1Z-2")).await;
    let shipped = placed.fulfillment_order(&server, 3, "ship", &one_package("1Z-3")).await;
    assert_eq!(shipped["status"], "shipped");
    assert_verified(&store);
}

async fn cancelling_picked_units_requires_location_approval(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 4).await;
    let placed = PlacedOrder::new(&server, "order", &order("MUG", 4)).await;
    placed.fulfillment_order(&server, 1, "pick", &json!({ "all": true })).await;
    let requested = placed.command(&server, "cancel", &json!({ "reason": "changed their mind" })).await;
    assert_eq!(requested["statusAxes"]["cancellation"], "requested");
    let fulfillment_order = &requested["fulfillmentOrders"][0];
    assert_eq!(fulfillment_order["cancellationRequested"], true);
    assert!(fulfillment_order["supportedActions"].to_string().contains("accept-cancellation"));
    let again = server.post(&placed.path("cancel"), "again", &json!({ "reason": "please" })).await;
    assert_eq!(again.code(), "cancellation_pending");
    let cancelled = placed.fulfillment_order(&server, 1, "accept-cancellation", &json!({})).await;
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(quantities_at(&server, "MUG", "DC-1", &cancelled["position"]).await, [4, 0, 4]);
}

async fn restocked_returns_are_earmarked_for_backorders(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 4).await;
    let placed = PlacedOrder::new(&server, "order", &order("MUG", 4)).await;
    let shipped = placed.fulfillment_order(&server, 1, "ship", &one_package("1Z")).await;
    assert_eq!(quantities_at(&server, "MUG", "DC-1", &shipped["position"]).await, [0, 0, 0]);
    let backorder = order_with("MUG", 2, &json!({ "onShortage": "backorder" }));
    let backorder = PlacedOrder::new(&server, "backorder", &backorder).await;
    assert_eq!(backorder.view["status"], "backordered");

    let lines = json!([{ "line": 1, "quantity": 3 }]);
    let request = json!({ "lines": lines, "reason": "too small" });
    let requested = server.post(&placed.path("returns"), "return", &request).await;
    assert_eq!(requested.status, 201);
    let path = format!("/v1/returns/{}/receive", requested.accepted()["returnId"].as_str().unwrap());
    let received = json!({ "location": "DC-1", "lines": [
        { "line": 1, "quantity": 1, "disposition": "restock" },
        { "line": 1, "quantity": 1, "disposition": "quarantine" },
        { "line": 1, "quantity": 1, "disposition": "scrap" } ] });
    let received = server.post(&path, "receive", &received).await.accepted();
    assert_eq!(
        (&received["status"], &received["lines"][0]["returned"]),
        (&json!("partially_returned"), &json!(3))
    );
    // The restocked unit is not available: it is earmarked for the backorder in the same decision.
    let at_location = availability(&server, "MUG", &received["position"]).await["locations"][0].clone();
    assert_eq!(
        (&at_location["onHand"], &at_location["available"], &at_location["quarantine"]),
        (&json!(1), &json!(0), &json!(1))
    );
    let unknown = format!("/v1/returns/{}.r9/receive", placed.id);
    let unknown = server.post(&unknown, "unknown", &json!({ "location": "DC-1", "lines": [] })).await;
    unknown.assert_refused(404, "unknown_return");
    assert_verified(&store);
}

async fn picking_is_refused_after_the_payment_was_voided(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 4).await;
    let unpaid = json!({ "channel": "web", "lines": [{ "sku": "MUG", "quantity": 1 }] });
    let placed = PlacedOrder::new(&server, "order", &unpaid).await;
    let payment_after = async |command: &str, body: Value| {
        placed.command(&server, command, &body).await["statusAxes"]["payment"].clone()
    };
    let authorization = json!({ "paymentRef": "p1", "amount": "9.90" });
    assert_eq!(payment_after("authorize-payment", authorization).await, "authorized");
    assert_eq!(payment_after("fail-payment", json!({ "reason": "declined" })).await, "failed");
    assert_eq!(payment_after("confirm-payment", json!({ "paymentRef": "p2" })).await, "confirmed");
    assert_eq!(payment_after("void-payment", json!({ "reason": "charged back" })).await, "voided");
    let path = placed.fulfillment_order_path(1, "pick");
    assert_eq!(server.post(&path, "pick", &json!({ "all": true })).await.code(), "payment_not_confirmed");
}
