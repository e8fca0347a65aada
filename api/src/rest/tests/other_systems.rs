//! Requests as other systems send them: their names, their spelling of values, and their reports about the past.

use serde_json::json;

use super::*;

/// An order of two units that another system has named, shipped with a label.
pub(super) async fn shipped(server: &TestServer, carrier: &str, number: &str) -> String {
    let answer = server.post("/v1/orders", "order", &order(2)).await.ok(201);
    let id = answer["orderId"].as_str().unwrap().to_owned();
    let part = answer["fulfillmentOrders"][0]["fulfillmentOrderId"].as_str().unwrap().to_owned();
    let packages = json!([{ "carrier": carrier, "trackingNumber": number }]);
    let path = format!("/v1/fulfillment-orders/{part}/ship");
    server.post(&path, "ship", &json!({ "packages": packages })).await.ok(201);
    id
}

#[tokio::test]
async fn reports_of_a_location_are_taken_back() {
    let server = TestServer::stocked().await;
    let created = server.post("/v1/orders", "order", &order(2)).await.ok(201);
    let id = created["fulfillmentOrders"][0]["fulfillmentOrderId"].as_str().unwrap().to_owned();
    let path = |action: &str| format!("/v1/fulfillment-orders/{id}/{action}");
    let all = json!({ "all": true });
    server.post(&path("pack"), "pack", &all).await.ok(200);
    let unpacked = server.post(&path("unpack"), "unpack", &all).await.ok(200);
    assert_eq!((&unpacked["lines"][0]["packed"], &unpacked["lines"][0]["picked"]), (&json!(0), &json!(2)));
    let unpicked = server.post(&path("unpick"), "unpick", &all).await.ok(200);
    assert_eq!((&unpicked["lines"][0]["picked"], &unpicked["lines"][0]["reserved"]), (&json!(0), &json!(2)));
    server.post(&path("reject"), "reject", &json!({ "reason": "closed" })).await.ok(200);
    let undone = server.post(&path("undo-rejection"), "undo", &json!({})).await.ok(200);
    assert!(!undone["fulfillmentOrders"][0]["supportedActions"].to_string().contains("undo-rejection"));
    let again = server.post(&path("undo-rejection"), "again", &json!({})).await;
    again.problem(409, "not_rejected");
}

#[tokio::test]
async fn a_return_that_does_not_come_is_closed_and_announced_again() {
    let server = TestServer::stocked().await;
    let id = shipped(&server, "DHL", "1Z").await;
    let announce = json!({ "lines": [{ "line": 1, "quantity": 2 }], "reason": "too small" });
    let path = format!("/v1/orders/{id}/returns");
    let first = server.post(&path, "return", &announce).await.ok(201);
    let back = first["returnId"].as_str().unwrap();
    assert!(first["returns"][0]["lapsesAt"].is_string(), "{first}");
    let closed =
        server.post(&format!("/v1/returns/{back}/close"), "close", &json!({ "reason": "lost" })).await;
    assert_eq!(closed.ok(200)["returns"][0]["closedReason"], "lost");
    let second = server.post(&path, "return-2", &announce).await.ok(201);
    assert_eq!(second["returns"][1]["open"], true);
}

#[tokio::test]
async fn names_of_other_systems_are_kept_and_found() {
    let server = TestServer::stocked().await;
    let names = [
        ("#1001", "%231001"),
        ("SO/2026/0007", "SO%2F2026%2F0007"),
        ("a b&c=d", "a%20b%26c%3Dd"),
        ("Ж 12 🎁", "%D0%96+12+%F0%9F%8E%81"),
    ];
    for (index, (name, encoded)) in names.into_iter().enumerate() {
        let mut body = order(1);
        body["channelRef"] = json!(format!("  {name} "));
        body["customerRef"] = json!("a@b.example");
        let created = server.post("/v1/orders", &format!("named-{index}"), &body).await.ok(201);
        assert_eq!(created["channelRef"], name);
        let path = format!("/v1/orders?channelRef={encoded}&minPosition={}", server.head().await);
        let found = server.get(&path).await.ok(200);
        assert_eq!(found["items"][0]["orderId"], created["orderId"], "{name}");
    }
}

#[tokio::test]
async fn a_sku_may_have_letters_of_any_alphabet() {
    let server = TestServer::stocked().await;
    let receipt = json!({ "sku": "Tasse-gru\u{308}n", "location": "munich", "quantity": 3 });
    server.post("/v1/stock/receive", "receive", &receipt).await.ok(200);
    let line = json!({ "sku": "Tasse-gr\u{fc}n", "quantity": 1 });
    let mut body = order(1);
    body["lines"] = json!([line]);
    server.post("/v1/orders", "order", &body).await.ok(201);
    let path = format!("/v1/availability?sku=Tasse-gr%C3%BCn&minPosition={}", server.head().await);
    assert_eq!(server.get(&path).await.ok(200)["items"][0]["available"], 2);
}

#[tokio::test]
async fn a_tracking_number_is_found_without_its_blanks_and_case() {
    let server = TestServer::stocked().await;
    let id = shipped(&server, "DHL Express", "JD01 4600 0012").await;
    let scan = json!({
        "carrier": "dhl express", "trackingNumber": "jd0146000012", "status": "OutForDelivery",
        "at": "2026-01-01T10:00:00Z"
    });
    let order = server.post("/v1/tracking", "scan", &scan).await.ok(200);
    assert_eq!(order["orderId"], id);
    assert_eq!(order["fulfillmentOrders"][0]["shipments"][0]["packages"][0]["status"], "out_for_delivery");
    let history = server.get(&format!("/v1/orders/{id}/history")).await.ok(200);
    let tracked = history["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(tracked["data"]["reportedAs"], "OutForDelivery", "{tracked}");
    let path = format!("/v1/orders?trackingNumber=JD01%204600%200012&minPosition={}", server.head().await);
    assert_eq!(server.get(&path).await.ok(200)["items"][0]["orderId"], id);
}

#[tokio::test]
async fn an_empty_descriptive_text_is_absent_and_an_integral_number_is_an_integer() {
    let server = TestServer::stocked().await;
    let body = r#"{"channel":"web","payment":"not_required","customerRef":"","lines":[{"sku":"TEA","quantity":2.0,
        "lineRef":""}],"shipTo":{"name":"A","company":"","phone":" ","street":["969 Market",""],"city":"X","country":"US"}}"#;
    let created = server.post_text("/v1/orders", "empty", body).await.ok(201);
    assert_eq!(created["lines"][0]["quantity"], 2);
    assert_eq!(created["customerRef"], Value::Null);
    let scientific = r#"{"channel":"web","payment":"not_required","lines":[{"sku":"TEA","quantity":1e1}]}"#;
    let created = server.post_text("/v1/orders", "scientific", scientific).await.ok(201);
    assert_eq!(created["lines"][0]["quantity"], 10);
}

#[tokio::test]
async fn a_name_that_occurs_twice_in_a_map_is_refused() {
    let server = TestServer::stocked().await;
    let body =
        r#"{"channel":"web","lines":[{"sku":"TEA","quantity":1}],"attributes":{"gift":"yes","gift":"no"}}"#;
    let problem = server.post_text("/v1/orders", "twice", body).await.problem(400, "invalid_value");
    assert_eq!(pointer(&problem), "/attributes");
    let body = r#"{"sku":"TEA","safetyStock":{"munich":1,"munich":2}}"#;
    let request = Request::put("/v1/stock-policies").body(Body::from(body)).unwrap();
    let problem = server.send(request).await.problem(400, "invalid_value");
    assert_eq!(pointer(&problem), "/safetyStock");
}

#[tokio::test]
async fn null_clears_and_an_absent_field_keeps() {
    let server = TestServer::stocked().await;
    server
        .put("/v1/policy", &json!({ "reserveFor": "PT5M", "splitLimit": 2, "allowSplit": false }))
        .await
        .ok(200);
    let policy = server.put("/v1/policy", &json!({ "reserveFor": null, "allowSplit": null })).await.ok(200);
    assert_eq!(policy["reserveFor"], Value::Null, "{policy}");
    assert_eq!((&policy["allowSplit"], &policy["splitLimit"]), (&json!(true), &json!(2)));
    let place = json!({ "latitude": 40.7, "longitude": -74.2, "dailyCapacity": 7, "name": "East" });
    server.put("/v1/locations/munich", &place).await.ok(200);
    let location = server.put("/v1/locations/munich", &json!({ "dailyCapacity": null })).await.ok(200);
    assert_eq!((&location["dailyCapacity"], &location["name"]), (&Value::Null, &json!("East")), "{location}");
    server
        .put(
            "/v1/stock-policies",
            &json!({ "sku": "TEA", "safetyStock": { "munich": 4 }, "backorderLimit": 9 }),
        )
        .await
        .ok(200);
    let cleared = json!({ "sku": "TEA", "safetyStock": null, "backorderLimit": null });
    server.put("/v1/stock-policies", &cleared).await.ok(200);
    let path = format!("/v1/availability?sku=TEA&minPosition={}", server.head().await);
    assert_eq!(server.get(&path).await.ok(200)["items"][0]["available"], 100);
}

#[tokio::test]
async fn a_key_in_quotes_is_the_same_key_and_two_keys_are_refused() {
    let server = TestServer::stocked().await;
    let plain = server.post("/v1/orders", "q1", &order(1)).await.ok(201);
    let quoted = server.post("/v1/orders", "\"q1\"", &order(1)).await;
    assert_eq!(quoted.ok(201)["orderId"], plain["orderId"]);
    assert_eq!(quoted.header("idempotency-replayed"), Some("true"));
    let twice = Request::post("/v1/orders").header("idempotency-key", "a").header("idempotency-key", "b");
    let twice = twice.body(Body::from(order(1).to_string())).unwrap();
    server.send(twice).await.problem(400, "idempotency_key_invalid");
}

#[tokio::test]
async fn an_unknown_sku_is_listed_as_unknown() {
    let server = TestServer::stocked().await;
    let path = format!("/v1/availability?sku=NONE&sku=TEA&minPosition={}", server.head().await);
    let list = server.get(&path).await.ok(200);
    assert_eq!((&list["items"][0]["sku"], &list["items"][0]["unknown"]), (&json!("NONE"), &json!(true)));
    assert_eq!((&list["items"][1]["sku"], &list["items"][1]["unknown"]), (&json!("TEA"), &Value::Null));
}

#[tokio::test]
async fn a_type_of_event_that_does_not_exist_is_refused() {
    let server = TestServer::stocked().await;
    server.get("/v1/events?type=OrderCreated&type=StockReceived").await.ok(200);
    for path in ["/v1/events?type=OrderCreatd", "/v1/events?stream=orders"] {
        server.get(path).await.problem(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn a_count_has_seen_what_left_before_it() {
    let server = TestServer::stocked().await;
    let created = server.post("/v1/orders", "order", &order(5)).await.ok(201);
    let part = created["fulfillmentOrders"][0]["fulfillmentOrderId"].as_str().unwrap().to_owned();
    let count =
        json!({ "sku": "TEA", "location": "munich", "onHand": 95, "countedAt": created["createdAt"] });
    server.post("/v1/stock/count", "count", &count).await.ok(200);
    let package = json!({ "carrier": "ups", "trackingNumber": "1Z1" });
    let path = format!("/v1/fulfillment-orders/{part}/ship");
    server
        .post(&path, "ship", &json!({ "packages": [package], "shippedAt": "2026-01-01T00:00:00Z" }))
        .await
        .ok(201);
    let path = format!("/v1/availability?sku=TEA&minPosition={}", server.head().await);
    let location = server.get(&path).await.ok(200)["items"][0]["locations"][0].clone();
    assert_eq!((&location["onHand"], &location["reserved"]), (&json!(95), &json!(0)), "{location}");
}

#[tokio::test]
async fn a_scan_from_the_future_does_not_hide_the_true_ones() {
    let server = TestServer::stocked().await;
    shipped(&server, "usps", "94001").await;
    let scan = |status: &str, at: &str| json!({ "carrier": "usps", "trackingNumber": "94001", "status": status, "at": at });
    let ahead =
        server.post("/v1/tracking", "ahead", &scan("in_transit", "2199-01-01T00:00:00Z")).await.ok(200);
    assert_eq!(ahead["discrepancies"][0]["code"], "reported_ahead_of_time", "{ahead}");
    let package = &ahead["fulfillmentOrders"][0]["shipments"][0]["packages"][0];
    let now = package["statusAt"].as_str().unwrap();
    let after = server.post("/v1/tracking", "after", &scan("out_for_delivery", now)).await.ok(200);
    assert_eq!(after["fulfillmentOrders"][0]["shipments"][0]["packages"][0]["status"], "out_for_delivery");
}

#[tokio::test]
async fn a_scan_of_an_unknown_package_counts_when_it_is_sent_again_after_the_package_left() {
    let server = TestServer::stocked().await;
    let scan = json!({
        "carrier": "dhl", "trackingNumber": "JD1", "status": "in_transit", "at": "2026-01-01T10:00:00Z"
    });
    server.post("/v1/tracking", "scan", &scan).await.problem(404, "unknown_tracking_number");
    let id = shipped(&server, "dhl", "JD1").await;
    assert_eq!(server.post("/v1/tracking", "scan", &scan).await.ok(200)["orderId"], id);
}

#[tokio::test]
async fn shipped_units_are_valued_by_the_amended_price() {
    let server = TestServer::stocked().await;
    let mut body = order(3);
    body["currency"] = json!("JPY");
    body["lines"][0]["total"] = json!("1200.00");
    let id = server.post("/v1/orders", "order", &body).await.ok(201)["orderId"].as_str().unwrap().to_owned();
    let change = json!([{ "op": "setQuantity", "line": 1, "quantity": 3, "total": "1000.00" }]);
    let amended =
        server.post(&format!("/v1/orders/{id}/amend"), "amend", &json!({ "changes": change })).await.ok(200);
    assert_eq!(amended["lines"][0]["total"], "1000.00");
    let part = amended["fulfillmentOrders"][0]["fulfillmentOrderId"].as_str().unwrap();
    let mut values = Vec::new();
    for number in ["1", "2", "3"] {
        let lines = json!([{ "line": 1, "quantity": 1 }]);
        let packages = json!([{ "carrier": "dhl", "trackingNumber": number, "lines": lines }]);
        let path = format!("/v1/fulfillment-orders/{part}/ship");
        let shipped = server.post(&path, number, &json!({ "packages": packages })).await.ok(201);
        let shipments = shipped["fulfillmentOrders"][0]["shipments"].as_array().unwrap();
        values.push(shipments.last().unwrap()["packages"][0]["lines"][0]["value"].clone());
    }
    assert_eq!(values, ["333", "334", "333"]);
}

#[tokio::test]
async fn personal_data_is_kept_until_the_goods_have_left() {
    let server = TestServer::stocked().await;
    let mut body = order(1);
    body["shipTo"] = json!({ "name": "Ada Byron", "country": "GB" });
    let id = server.post("/v1/orders", "order", &body).await.ok(201)["orderId"].as_str().unwrap().to_owned();
    let path = format!("/v1/orders/{id}/erase-personal-data");
    server.post(&path, "early", &json!({ "reason": "asked" })).await.problem(409, "personal_data_needed");
    let forced = server.post(&path, "forced", &json!({ "reason": "asked", "force": true })).await.ok(200);
    assert_eq!(forced["personalData"], "erased");
}

#[tokio::test]
async fn units_of_a_voided_payment_are_reserved_for_the_orders_period_only() {
    let server = TestServer::stocked().await;
    let body = json!({
        "channel": "web", "payment": "required", "reserveFor": "PT1H", "lines": [{ "sku": "TEA", "quantity": 10 }]
    });
    let created = server.post("/v1/orders", "order", &body).await.ok(201);
    let path = format!("/v1/orders/{}", created["orderId"].as_str().unwrap());
    assert!(created["reservedUntil"].is_string(), "{created}");
    let paid =
        server.post(&format!("{path}/confirm-payment"), "pay", &json!({ "paymentRef": "p" })).await.ok(200);
    assert_eq!(paid["reservedUntil"], Value::Null);
    let void = json!({ "reason": "given back" });
    let unpaid = server.post(&format!("{path}/void-payment"), "void", &void).await.ok(200);
    assert!(unpaid["reservedUntil"].as_str() > created["reservedUntil"].as_str(), "{unpaid}");
}

#[tokio::test]
async fn a_part_payment_is_visible_and_lets_no_work_start() {
    let server = TestServer::stocked().await;
    let body = json!({
        "channel": "web", "payment": "required", "currency": "USD",
        "lines": [{ "sku": "TEA", "quantity": 10, "total": "100.00" }],
        "charges": [{ "code": "Versand & Verpackung", "amount": "9.00" }]
    });
    let created = server.post("/v1/orders", "order", &body).await.ok(201);
    let path = format!("/v1/orders/{}", created["orderId"].as_str().unwrap());
    let part = created["fulfillmentOrders"][0]["fulfillmentOrderId"].as_str().unwrap();
    let pick = format!("/v1/fulfillment-orders/{part}/pick");
    let pay = async |key: &str, amount: &str| {
        let payment = json!({ "paymentRef": key, "amount": amount });
        server.post(&format!("{path}/confirm-payment"), key, &payment).await
    };
    for (key, amount) in [("none", "0.00"), ("negative", "-5.00")] {
        let problem = pay(key, amount).await.problem(422, "amount_not_positive");
        assert_eq!(pointer(&problem), "/amount");
    }
    let partly = pay("first", "5.00").await.ok(200);
    assert_eq!(partly["statusAxes"]["payment"], "partially_paid");
    assert_eq!((&partly["amountPaid"], &partly["amountDue"]), (&json!("5.00"), &json!("109.00")));
    server.post(&pick, "early", &json!({ "all": true })).await.problem(409, "payment_not_confirmed");
    assert_eq!(pay("rest", "104.00").await.ok(200)["statusAxes"]["payment"], "confirmed");
    server.post(&pick, "pick", &json!({ "all": true })).await.ok(200);
}

#[tokio::test]
async fn work_starts_on_an_authorization_unless_the_policy_wants_a_confirmation() {
    let server = TestServer::stocked().await;
    for (channel, status) in [("web", 200), ("strict", 409)] {
        let rules = json!({ "channels": { "strict": { "workAt": "confirmation" } } });
        server.put("/v1/policy", &rules).await.ok(200);
        let body =
            json!({ "channel": channel, "payment": "required", "lines": [{ "sku": "TEA", "quantity": 1 }] });
        let created = server.post("/v1/orders", &format!("{channel}-order"), &body).await.ok(201);
        let path = format!("/v1/orders/{}/authorize-payment", created["orderId"].as_str().unwrap());
        server.post(&path, &format!("{channel}-card"), &json!({ "paymentRef": "card" })).await.ok(200);
        let part = created["fulfillmentOrders"][0]["fulfillmentOrderId"].as_str().unwrap();
        let path = format!("/v1/fulfillment-orders/{part}/accept");
        let accepted = server.post(&path, &format!("{channel}-accept"), &json!({})).await;
        assert_eq!(accepted.status.as_u16(), status, "{channel}");
    }
}

/// Sends units of an order in a package of their own.
async fn ship(server: &TestServer, key: &str, order: &Value, package: &Value) -> Answer {
    let part = order["fulfillmentOrders"][0]["fulfillmentOrderId"].as_str().unwrap();
    let path = format!("/v1/fulfillment-orders/{part}/ship");
    server.post(&path, key, &json!({ "packages": [package] })).await
}

#[tokio::test]
async fn a_reused_tracking_number_means_the_packages_under_way() {
    let server = TestServer::stocked().await;
    let label = json!({ "carrier": "usps", "trackingNumber": "94001" });
    let mut orders = Vec::new();
    for key in ["a", "b", "c"] {
        let created = server.post("/v1/orders", key, &order(1)).await.ok(201);
        if key == "b" {
            let path = format!("/v1/shipments/{}.s1/confirm-delivery", orders[0]);
            server.post(&path, "delivered", &json!({})).await.ok(200);
        }
        ship(&server, &format!("ship-{key}"), &created, &label).await.ok(201);
        orders.push(created["orderId"].as_str().unwrap().to_owned());
    }
    let mut scan = label.clone();
    scan["status"] = json!("out_for_delivery");
    scan["at"] = json!("2026-01-01T10:00:00Z");
    assert_eq!(server.post("/v1/tracking", "scan", &scan).await.ok(200)["orderId"], orders[2]);
    let mut statuses = Vec::new();
    for id in &orders {
        let path = format!("/v1/orders/{id}?minPosition={}", server.head().await);
        let order = server.get(&path).await.ok(200);
        statuses.push(order["fulfillmentOrders"][0]["shipments"][0]["packages"][0]["status"].clone());
    }
    assert_eq!(statuses, [Value::Null, json!("out_for_delivery"), json!("out_for_delivery")]);
}

#[tokio::test]
async fn if_match_of_a_scan_is_compared_with_the_order_in_the_answer() {
    let server = TestServer::stocked().await;
    let label = json!({ "carrier": "usps", "trackingNumber": "94001" });
    let mut orders = Vec::new();
    for key in ["under-way", "delivered"] {
        let created = server.post("/v1/orders", key, &order(1)).await.ok(201);
        orders.push(ship(&server, &format!("ship-{key}"), &created, &label).await.ok(201));
    }
    let path = format!("/v1/shipments/{}/confirm-delivery", orders[1]["shipmentId"].as_str().unwrap());
    let delivered = server.post(&path, "delivery", &json!({})).await.ok(200);
    let scan = json!({
        "carrier": "usps", "trackingNumber": "94001", "status": "in_transit", "at": "2026-01-01T10:00:00Z"
    });
    let version = |order: &Value| format!("\"{}\"", order["version"]);
    assert_ne!(version(&orders[0]), version(&delivered));
    let outdated = [("if-match", &*version(&delivered))];
    server.post_with("/v1/tracking", "outdated", &outdated, &scan).await.problem(412, "precondition_failed");
    let current = [("if-match", &*version(&orders[0]))];
    let tracked = server.post_with("/v1/tracking", "current", &current, &scan).await.ok(200);
    assert_eq!(tracked["orderId"], orders[0]["orderId"]);
}

#[tokio::test]
async fn the_same_package_is_not_booked_twice() {
    let server = TestServer::stocked().await;
    let created = server.post("/v1/orders", "order", &order(3)).await.ok(201);
    let one = json!([{ "line": 1, "quantity": 1 }]);
    let package = json!({ "carrier": "ups", "trackingNumber": "1Z 1", "lines": one });
    let first = ship(&server, "first", &created, &package).await.ok(201);
    let head = server.head().await;
    let package = json!({ "carrier": "UPS", "trackingNumber": "1z1", "lines": one });
    let again = ship(&server, "again", &created, &package).await.ok(200);
    assert_eq!((&again["shipmentId"], server.head().await), (&first["shipmentId"], head));
    let package = json!({ "carrier": "ups", "trackingNumber": "1Z 2", "lines": one });
    assert_ne!(ship(&server, "other", &created, &package).await.ok(201)["shipmentId"], first["shipmentId"]);
}

#[tokio::test]
async fn a_serial_number_that_occurs_twice_is_refused() {
    let server = TestServer::stocked().await;
    let receipt = json!({ "sku": "TEA", "location": "munich", "quantity": 2, "serials": ["SN1", "SN1"] });
    let problem = server.post("/v1/stock/receive", "r", &receipt).await.problem(422, "serial_not_unique");
    assert_eq!(pointer(&problem), "/serials");
    let created = server.post("/v1/orders", "order", &order(2)).await.ok(201);
    let lines = json!([{ "line": 1, "quantity": 2, "serials": ["SN2", "SN2"] }]);
    let package = json!({ "carrier": "ups", "trackingNumber": "1Z1", "lines": lines });
    ship(&server, "ship", &created, &package).await.problem(422, "serial_not_unique");
}

#[tokio::test]
async fn returned_units_beyond_those_shipped_have_no_value() {
    let server = TestServer::stocked().await;
    let body = json!({
        "channel": "web", "payment": "not_required", "currency": "USD", "onShortage": "backorder",
        "lines": [{ "sku": "TEA", "quantity": 1, "total": "10.00" }, { "sku": "CUP", "quantity": 101 }]
    });
    let created = server.post("/v1/orders", "order", &body).await.ok(201);
    let lines = json!([{ "line": 1, "quantity": 1 }]);
    let package = json!({ "carrier": "ups", "trackingNumber": "1Z1", "lines": lines });
    ship(&server, "ship", &created, &package).await.ok(201);
    let id = created["orderId"].as_str().unwrap();
    let announced = json!({ "lines": lines, "reason": "too small" });
    let announced = server.post(&format!("/v1/orders/{id}/returns"), "return", &announced).await.ok(201);
    let path = format!("/v1/returns/{}/receive", announced["returnId"].as_str().unwrap());
    let back = json!([{ "line": 1, "quantity": 2, "disposition": "restock" }]);
    let received = server.post(&path, "back", &json!({ "location": "munich", "lines": back })).await.ok(200);
    assert_eq!(received["statusAxes"]["return"], "partial");
    assert_eq!(received["discrepancies"][0]["code"], "returned_more_than_requested");
    let history = server.get(&format!("/v1/orders/{id}/history")).await.ok(200);
    let events = history["items"].as_array().unwrap();
    let event = events.iter().find(|event| event["type"] == "ReturnReceived").unwrap();
    assert_eq!(
        (&event["data"]["lines"][0]["quantity"], &event["data"]["lines"][0]["value"]),
        (&json!(2), &json!("10.00"))
    );
}

#[tokio::test]
async fn an_order_with_a_returned_package_is_listed_as_delivery_failed_although_another_was_delivered() {
    let server = TestServer::stocked().await;
    let created = server.post("/v1/orders", "order", &order(2)).await.ok(201);
    for number in ["1", "2"] {
        let lines = json!([{ "line": 1, "quantity": 1 }]);
        let package = json!({ "carrier": "ups", "trackingNumber": number, "lines": lines });
        ship(&server, number, &created, &package).await.ok(201);
    }
    let id = created["orderId"].as_str().unwrap();
    for (number, status) in [("1", "delivered"), ("2", "return_to_sender")] {
        let scan = json!({
            "carrier": "ups", "trackingNumber": number, "status": status, "at": "2026-01-01T10:00:00Z"
        });
        server.post("/v1/tracking", status, &scan).await.ok(200);
    }
    let path = format!("/v1/orders?status=delivery_failed&minPosition={}", server.head().await);
    assert_eq!(server.get(&path).await.ok(200)["items"][0]["orderId"], id);
}

#[tokio::test]
async fn an_empty_text_that_would_widen_a_command_is_refused() {
    let server = TestServer::stocked().await;
    let id = server.order("order", 1).await;
    for (path, body) in [
        (format!("/v1/orders/{id}/confirm-payment"), json!({ "paymentRef": "p", "amount": "" })),
        (format!("/v1/orders/{id}/cancel"), json!({ "reason": "x", "lines": "" })),
        (format!("/v1/orders/{id}/hold"), json!({ "reason": "other", "fulfillmentOrderId": "" })),
        (format!("/v1/orders/{id}/cancel"), json!({ "reason": "x", "notAfter": "" })),
    ] {
        server.post(&path, "k", &body).await.problem(400, "invalid_value");
    }
}
