//! Timers: reservations expire, scheduled holds end, packages without reports become stuck.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use holdfast_domain::values::Timestamp;
use serde_json::{Value, json};

use crate::support::orders::{PlacedOrder, assert_verified, one_package, order_with, quantities_at};
use crate::support::server::TestServer;
use crate::support::store::{TestStore, on_every_store};

on_every_store!(
    an_unpaid_reservation_expires,
    a_late_payment_puts_the_order_on_hold_if_units_are_missing,
    an_authorized_payment_extends_the_reservation,
    a_channel_has_its_own_reservation_time,
    an_order_is_on_hold_until_ship_not_before,
    a_package_without_reports_is_marked_as_stuck,
);

fn after(period: Duration) -> String {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + period;
    Timestamp::from_microseconds(i64::try_from(time.as_micros()).unwrap()).to_string()
}

/// The body of an order that must be paid, with a time limit for its reservation.
fn unpaid(quantity: u64, reserve_for: &str) -> Value {
    order_with("MUG", quantity, &json!({ "payment": "required", "reserveFor": reserve_for }))
}

fn is_expired(now: &Value) -> bool {
    now["lines"][0]["reserved"] == 0
}

async fn an_unpaid_reservation_expires(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 3).await;
    let placed = PlacedOrder::new(&server, "order", &unpaid(3, "PT1S")).await;
    assert_eq!((&placed.view["status"], &placed.view["reserveFor"]), (&json!("reserved"), &json!("PT1S")));
    assert!(placed.view["reservedUntil"].as_str() > placed.view["createdAt"].as_str(), "{}", placed.view);
    let expired = placed.wait_until(&server, "expired", is_expired).await;
    assert_eq!((&expired["status"], &expired["reservedUntil"]), (&json!("created"), &Value::Null));
    assert_eq!(expired["statusAxes"]["reservation"], "released");
    assert_eq!(expired["fulfillmentOrders"][0]["status"], "cancelled");
    assert_eq!(quantities_at(&server, "MUG", "DC-1", &expired["position"]).await, [3, 0, 3]);
    assert_eq!(placed.events(&server, "ReservationExpired").await.len(), 1);

    let paid = placed.command(&server, "confirm-payment", &json!({ "paymentRef": "p1" })).await;
    assert_eq!((&paid["status"], &paid["lines"][0]["reserved"]), (&json!("reserved"), &json!(3)), "{paid}");
    assert_eq!(paid["reservedUntil"], Value::Null, "a paid reservation does not expire");
    assert_eq!(quantities_at(&server, "MUG", "DC-1", &paid["position"]).await, [3, 3, 0]);
    assert_verified(&store);
}

async fn a_late_payment_puts_the_order_on_hold_if_units_are_missing(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 3).await;
    let late = PlacedOrder::new(&server, "late", &unpaid(3, "PT1S")).await;
    let quick = order_with("MUG", 2, &json!({}));
    let refused = server.post("/v1/orders", "too early", &quick).await;
    refused.assert_refused(409, "insufficient_stock");
    late.wait_until(&server, "expired", is_expired).await;
    let quick = PlacedOrder::new(&server, "quick", &quick).await;
    let paid = late.command(&server, "confirm-payment", &json!({ "paymentRef": "p1" })).await;
    assert_eq!(
        (&paid["status"], &paid["statusAxes"]["holds"]),
        (&json!("on_hold"), &json!(["inventory_out_of_stock"]))
    );
    assert_eq!(paid["lines"][0]["reserved"], 0);
    quick.command(&server, "cancel", &json!({ "reason": "found another" })).await;
    let hold = json!({ "holdId": paid["holds"][0]["holdId"] });
    let released = late.command(&server, "release-hold", &hold).await;
    assert_eq!((&released["status"], &released["lines"][0]["reserved"]), (&json!("reserved"), &json!(3)));
    assert_verified(&store);
}

async fn an_authorized_payment_extends_the_reservation(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 9).await;
    let placed = PlacedOrder::new(&server, "order", &unpaid(3, "PT1H")).await;
    let reserved_until = async |until: &str| {
        let authorization = json!({ "paymentRef": "p1", "authorizedUntil": until });
        placed.command(&server, "authorize-payment", &authorization).await["reservedUntil"].clone()
    };
    assert_eq!(reserved_until("2100-01-01T00:00:00Z").await, "2100-01-01T00:00:00Z");
    assert_eq!(
        reserved_until("2099-01-01T00:00:00Z").await,
        "2100-01-01T00:00:00Z",
        "an earlier time does not shorten the reservation"
    );
    let paid = placed.command(&server, "confirm-payment", &json!({ "paymentRef": "p1" })).await;
    assert_eq!((&paid["reservedUntil"], &paid["status"]), (&Value::Null, &json!("reserved")));
    let wrong = server.post("/v1/orders", "wrong", &unpaid(1, "30 minutes")).await;
    assert!(wrong.status.is_client_error(), "{wrong:?}");
    assert_eq!(wrong.json()["errors"][0]["pointer"], "/reserveFor");
    assert_verified(&store);
}

async fn a_channel_has_its_own_reservation_time(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 9).await;
    let rules = json!({ "reserveFor": "PT1H", "channels": { "web": { "reserveFor": "PT1S" } } });
    server.put("/v1/policy", &rules).await.accepted();
    let terms = |channel: &str| order_with("MUG", 1, &json!({ "channel": channel, "payment": "required" }));
    let web = PlacedOrder::new(&server, "web", &terms("web")).await;
    let shop = PlacedOrder::new(&server, "shop", &terms("shop")).await;
    let mut free = terms("web");
    free["payment"] = json!("not_required");
    let free = PlacedOrder::new(&server, "free", &free).await;
    assert_eq!(free.view["reservedUntil"], Value::Null, "an order without payment has no deadline");
    let expired = web.wait_until(&server, "expired", is_expired).await;
    assert_eq!(quantities_at(&server, "MUG", "DC-1", &expired["position"]).await, [9, 2, 7]);
    let now = shop.at_position(&server, &expired["position"]).await;
    assert_eq!((&now["status"], &now["reserveFor"]), (&json!("reserved"), &json!("PT1H")));
    assert_verified(&store);
}

async fn an_order_is_on_hold_until_ship_not_before(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 3).await;
    let until = after(Duration::from_secs(3));
    let delivery = json!({ "delivery": { "method": "ship", "shipNotBefore": until } });
    let placed = PlacedOrder::new(&server, "order", &order_with("MUG", 2, &delivery)).await;
    assert_eq!(placed.view["status"], "on_hold", "{}", placed.view);
    let hold = &placed.view["holds"][0];
    assert_eq!((&hold["reason"], &hold["until"]), (&json!("scheduled"), &json!(until)));
    assert_eq!(placed.view["lines"][0]["reserved"], 2, "units stay reserved during the hold");
    let early =
        server.post(&placed.fulfillment_order_path(1, "pick"), "early", &json!({ "all": true })).await;
    early.assert_refused(409, "order_on_hold");
    let due = placed.wait_until_reserved(&server).await;
    assert_eq!(due["holds"], json!([]));
    assert_eq!(placed.events(&server, "OrderHoldReleased").await, [json!({ "holdId": "h1" })]);
    placed.fulfillment_order(&server, 1, "pick", &json!({ "all": true })).await;
    assert_verified(&store);
}

async fn a_package_without_reports_is_marked_as_stuck(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 3).await;
    server.put("/v1/policy", &json!({ "stuckAfter": "PT1S" })).await.accepted();
    let placed = PlacedOrder::new(&server, "order", &order_with("MUG", 2, &json!({}))).await;
    placed.fulfillment_order(&server, 1, "ship", &one_package("1Z")).await;
    let is_stuck = |view: &Value| {
        view["fulfillmentOrders"][0]["shipments"][0]["packages"][0]["stuck"].as_bool() == Some(true)
    };
    placed.wait_until(&server, "stuck", is_stuck).await;
    assert!(!placed.events(&server, "ShipmentStuck").await.is_empty());
    let scan = json!({ "carrier": "ups", "trackingNumber": "1Z", "status": "in_transit",
                       "at": after(Duration::ZERO) });
    let scanned = server.post("/v1/tracking", "scan", &scan).await.accepted();
    assert!(!is_stuck(&scanned), "{scanned}");
    placed.wait_until(&server, "stuck again", is_stuck).await;
    let arrived = json!({ "deliveredAt": after(Duration::ZERO) });
    let path = format!("/v1/shipments/{}.s1/confirm-delivery", placed.id);
    assert_eq!(server.post(&path, "arrived", &arrived).await.accepted()["status"], "delivered");
    assert_verified(&store);
}
