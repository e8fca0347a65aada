//! `/v1/orders`, and the commands up to the delivery of an order.

use serde_json::json;

use super::*;

/// A delivered order, with position and status after each command.
struct Delivered {
    id: String,
    ends: Vec<(u64, &'static str)>,
}

/// Submits all commands up to the delivery of an order, and checks each answer.
async fn deliver(server: &TestServer) -> Delivered {
    let new = json!({
        "channel": "web", "channelRef": "W-1", "lines": [
            { "sku": "TEA", "quantity": 2, "lineRef": "a" }, { "sku": "CUP", "quantity": 1 }],
        "shipTo": { "name": "Ada Byron", "street": ["Hidden Street 7"], "city": "London", "country": "GB" },
        "delivery": { "method": "ship", "shipBy": "2027-01-01T00:00:00Z" },
    });
    let created = server.post("/v1/orders", "create", &new).await;
    let order = created.ok(201);
    assert_eq!((&order["status"], &order["position"]), (&json!("reserved"), &json!(created.position())));
    let id = order["orderId"].as_str().unwrap().to_owned();
    let mut ends = vec![(created.position(), "reserved")];
    let part = order["fulfillmentOrders"][0]["fulfillmentOrderId"].as_str().unwrap();
    let all = json!({ "all": true });
    let path = format!("/v1/fulfillment-orders/{part}");
    server.post(&format!("{path}/pick"), "early", &all).await.problem(409, "payment_not_confirmed");
    let paid = json!({ "paymentRef": "P-1" });
    let answer = server.post(&format!("/v1/orders/{id}/confirm-payment"), "pay", &paid).await;
    assert_eq!(answer.ok(200)["statusAxes"]["payment"], "confirmed");
    ends.push((answer.position(), "reserved"));
    for (action, status) in [("pick", "picking"), ("pack", "packed")] {
        let answer = server.post(&format!("{path}/{action}"), action, &all).await;
        assert_eq!(answer.ok(200)["status"], status);
        ends.push((answer.position(), status));
    }
    let packages = json!({ "packages": [{ "carrier": "dhl", "trackingNumber": "T-1" }] });
    let shipped = server.post(&format!("{path}/ship"), "ship", &packages).await;
    let path = format!("/v1/shipments/{}", shipped.ok(201)["shipmentId"].as_str().unwrap());
    ends.push((shipped.position(), "shipped"));
    let seen = json!({ "status": "in_transit", "at": "2026-01-01T00:00:00Z", "raw": "left Hidden Street" });
    let tracked = server.post(&format!("{path}/track"), "track", &seen).await;
    assert_eq!(tracked.ok(200)["status"], "in_transit");
    ends.push((tracked.position(), "in_transit"));
    let by_number = json!({
        "carrier": "dhl", "trackingNumber": "T-1", "status": "out_for_delivery", "at": "2026-01-02T00:00:00Z" });
    server.post("/v1/tracking", "tracking", &by_number).await.ok(200);
    let delivered = server.post_text(&format!("{path}/confirm-delivery"), "done", "").await;
    assert_eq!(delivered.ok(200)["status"], "delivered");
    ends.push((delivered.position(), "delivered"));
    Delivered { id, ends }
}

#[tokio::test]
async fn an_order_is_delivered_and_can_be_read_as_of_every_command() {
    let server = TestServer::stocked().await;
    let Delivered { id, ends } = deliver(&server).await;
    let now = server.get(&format!("/v1/orders/{id}?minPosition={}", ends[ends.len() - 1].0)).await;
    let view = now.ok(200);
    assert_eq!(view["status"], "delivered");
    assert_eq!(view["shipTo"]["name"], "Ada Byron");
    assert_eq!(now.header("etag").unwrap(), format!("\"{}\"", view["version"]));
    for (position, status) in ends {
        let then = server.get(&format!("/v1/orders/{id}?asOf={position}")).await.ok(200);
        assert_eq!((then["status"].as_str().unwrap(), then["position"].as_u64()), (status, Some(position)));
        assert_eq!(then["shipTo"]["name"], Value::Null);
    }
    let before = server.get(&format!("/v1/orders/{id}?asOf=2020-01-01T00:00:00Z")).await;
    before.problem(404, "unknown_order");
    let later = server.get(&format!("/v1/orders/{id}?asOf=2090-01-01T00:00:00+01:00")).await.ok(200);
    assert_eq!(later["status"], "delivered");
    server.get(&format!("/v1/orders/{id}?asOf=soon")).await.problem(400, "invalid_parameter");
}

#[tokio::test]
async fn a_history_has_every_event_and_no_personal_data() {
    let server = TestServer::stocked().await;
    let Delivered { id, .. } = deliver(&server).await;
    let history = server.get(&format!("/v1/orders/{id}/history")).await;
    let text = String::from_utf8_lossy(&history.bytes).into_owned();
    assert!(!text.contains("Ada") && !text.contains("Hidden"));
    let history = history.ok(200);
    let names: Vec<&str> =
        history["items"].as_array().unwrap().iter().map(|e| e["type"].as_str().unwrap()).collect();
    let expected = "OrderCreated OrderSourced InventoryReserved PaymentConfirmed ItemPicked ItemPacked \
                    ShipmentCreated ShipmentTracked ShipmentTracked DeliveryConfirmed";
    assert_eq!(names.join(" "), expected);
    assert_eq!(history["items"][0]["principal"], "local");
    assert_eq!(history["items"][0]["command"], "CreateOrder");
    assert_eq!(history["items"][0]["key"], "create");
}

#[tokio::test]
async fn a_repeated_command_gets_the_same_answer() {
    let server = TestServer::stocked().await;
    let first = server.post("/v1/orders", "once", &order(3)).await;
    first.ok(201);
    assert_eq!(first.header("idempotency-replayed"), None);
    let head = server.head().await;
    let again = server.post("/v1/orders", "once", &order(3)).await;
    assert_eq!((again.status, &again.bytes), (first.status, &first.bytes));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.position(), first.position());
    server.post("/v1/orders", "once", &order(4)).await.problem(422, "idempotency_key_reused");
    assert_eq!(server.head().await, head);

    let known = server.get("/v1/commands/once").await.ok(200);
    assert_eq!((&known["state"], &known["status"]), (&json!("answered"), &json!(201)));
    assert_eq!(known["body"], first.json());
    assert_eq!(
        server.get("/v1/commands/never").await.ok(200),
        json!({ "key": "never", "state": "not_found" })
    );
    server.get(&format!("/v1/commands/{}", "k".repeat(300))).await.problem(400, "idempotency_key_invalid");
}

#[tokio::test]
async fn the_same_order_with_another_key_is_accepted_and_a_different_one_refused() {
    let server = TestServer::stocked().await;
    let mut new = order(3);
    new["channelRef"] = json!("W-1");
    let first = server.post("/v1/orders", "one", &new).await.ok(201);
    let second = server.post("/v1/orders", "two", &new).await.ok(200);
    assert_eq!(first, second);
    new["lines"][0]["quantity"] = json!(4);
    server.post("/v1/orders", "three", &new).await.problem(409, "order_exists");
}

#[tokio::test]
async fn a_command_with_an_outdated_version_is_rejected() {
    let server = TestServer::stocked().await;
    let id = server.order("o", 1).await;
    let cancel = |key: &'static str, version: u64| {
        Request::post(format!("/v1/orders/{id}/cancel"))
            .header("idempotency-key", key)
            .header("if-match", format!("\"{version}\""))
            .header("actor", "ada")
            .header("correlation-id", "c-1")
            .body(Body::from(r#"{"reason":"changed her mind"}"#))
            .unwrap()
    };
    let version = server.get(&format!("/v1/orders/{id}")).await.ok(200)["version"].as_u64().unwrap();
    server.send(cancel("old", version - 1)).await.problem(412, "precondition_failed");
    assert_eq!(server.send(cancel("new", version)).await.ok(200)["status"], "cancelled");
    let history = server.get(&format!("/v1/orders/{id}/history")).await.ok(200);
    let last = history["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["actor"], &last["correlationId"]), (&json!("ada"), &json!("c-1")));
}

#[tokio::test]
async fn erased_personal_data_is_absent_from_answers() {
    let server = TestServer::stocked().await;
    let mut new = order(1);
    new["shipTo"] = json!({ "name": "Ada Byron", "country": "GB" });
    let id = server.post("/v1/orders", "o", &new).await.ok(201)["orderId"].as_str().unwrap().to_owned();
    let path = format!("/v1/orders/{id}");
    assert_eq!(server.get(&path).await.ok(200)["shipTo"]["name"], "Ada Byron");
    let erased = server
        .post(&format!("{path}/erase-personal-data"), "e", &json!({ "reason": "asked", "force": true }))
        .await;
    erased.ok(200);
    let view = server.get(&format!("{path}?minPosition={}", erased.position())).await.ok(200);
    assert_eq!((&view["shipTo"]["name"], &view["shipTo"]["country"]), (&Value::Null, &json!("GB")));
    assert_eq!(view["personalData"], "erased");
}
