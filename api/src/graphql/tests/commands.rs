//! Mutations: accepted, rejected and invalid commands, and their payloads.

use super::*;

const CREATE: &str = "mutation($input: CreateOrderInput!, $key: String!) { createOrder(input: $input, \
    idempotencyKey: $key) { userErrors { code message pointer details retryable } replayed position result \
    order { orderId status lines { nodes { sku quantity reserved } } history { nodes { type } } } \
    availability { sku } location { location } policy { reserveAt } } }";

fn order(quantity: u64) -> Value {
    json!({"channel": "web", "payment": "NOT_REQUIRED", "lines": [{"sku": "MUG", "quantity": quantity}]})
}

/// The code and pointer of the only error.
fn only_error(payload: &Value) -> (&str, &str) {
    let errors = payload["userErrors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{payload}");
    assert!(!errors[0]["message"].as_str().unwrap().is_empty());
    (errors[0]["code"].as_str().unwrap(), errors[0]["pointer"].as_str().unwrap_or("none"))
}

impl TestServer {
    async fn head(&self) -> u64 {
        self.app.journal.head("default").await.unwrap().position
    }

    async fn create_order(&self, key: &str, input: Value) -> Value {
        let answer = self.query_with(None, CREATE, json!({"input": input, "key": key})).await;
        assert_eq!(answer["errors"], Value::Null, "{answer}");
        answer["data"]["createOrder"].clone()
    }
}

#[tokio::test]
async fn a_cart_is_reserved_and_read() {
    let server = TestServer::stocked().await;
    let reserve = "mutation { reserveCart(idempotencyKey: \"c\", input: { channel: \"web\",
        lines: [{ sku: \"MUG\", quantity: 2 }] }) { userErrors { code } order { id } cartReservation { reservationId status } } }";
    let reserved = server.query(reserve).await["reserveCart"].clone();
    assert_eq!((&reserved["userErrors"], &reserved["order"]), (&json!([]), &Value::Null));
    let cart = &reserved["cartReservation"];
    assert_eq!(cart["status"], "OPEN");
    let read = format!(
        "{{ cartReservation(id: {}) {{ status orderId lines {{ sku reserved allocations {{ quantity }} }} }} }}",
        cart["reservationId"]
    );
    let line = json!({ "sku": "MUG", "reserved": 2, "allocations": [{ "quantity": 2 }] });
    let expected = json!({ "status": "OPEN", "orderId": null, "lines": [line] });
    assert_eq!(server.query(&read).await["cartReservation"], expected);
    let unknown = "{ cartReservation(id: \"0192f0c1-2345-7678-9abc-def012345678\") { status } }";
    assert_eq!(server.query(unknown).await["cartReservation"], Value::Null);
}

#[tokio::test]
async fn a_replayed_create_order_returns_the_order_as_it_was_created() {
    let server = TestServer::stocked().await;
    let payload = server.create_order("o1", order(2)).await;
    assert_eq!(payload["userErrors"], json!([]));
    assert_eq!((&payload["replayed"], &payload["position"]), (&json!(false), &json!(server.head().await)));
    assert_eq!(payload["result"]["status"], "reserved");
    assert_eq!(payload["order"]["orderId"], payload["result"]["orderId"]);
    assert_eq!(payload["order"]["status"], "RESERVED");
    assert_eq!(payload["order"]["lines"]["nodes"], json!([{"sku": "MUG", "quantity": 2, "reserved": 2}]));
    assert_eq!(payload["order"]["history"]["nodes"][0]["type"], "OrderCreated");
    for other in ["availability", "location", "policy"] {
        assert_eq!(payload[other], Value::Null, "{other}");
    }
    let cancel = format!(
        r#"mutation {{ cancelOrder(input: {{orderId: {}, reason: "customer request"}}, idempotencyKey: "c1") {{
            order {{ status }} }} }}"#,
        payload["order"]["orderId"]
    );
    assert_eq!(server.query(&cancel).await["cancelOrder"]["order"]["status"], "CANCELLED");
    let again = server.create_order("o1", order(2)).await;
    assert_eq!(again["replayed"], true);
    assert_eq!(again["order"]["status"], "RESERVED", "a replayed answer has the status of the first answer");
    assert_eq!((&again["result"], &again["position"]), (&payload["result"], &payload["position"]));
}

#[tokio::test]
async fn a_payload_has_the_object_that_the_command_changed() {
    let server = TestServer::stocked().await;
    let mutation = r#"mutation($quantity: Long!) {
        receiveStock(idempotencyKey: "r1", input: {sku: "MUG", location: "DC-1", quantity: $quantity, condition: DAMAGED}) {
            availability { sku available locations { nodes { location damaged } } } order { status } }
        setStockPolicy(input: {sku: "MUG", safetyStock: {DC_X: 0}, backorderLimit: "7"}) {
            userErrors { code pointer } }
        pauseLocation(idempotencyKey: "p1", input: {location: "DC-1", reason: "flood"}) {
            location { location paused } availability { sku } }
        setMerchantPolicy(input: {onShortage: CANCEL_REMAINDER, sourcing: [NEAREST, RANK],
                                  channels: {web: {reserveAt: "payment"}}}) {
            policy { onShortage sourcing channels { channel reserveAt } } location { location } }
    }"#;
    let answer = server.query_with(None, mutation, json!({"quantity": "3"})).await;
    let data = &answer["data"];
    assert_eq!(
        data["receiveStock"],
        json!({"availability": {"sku": "MUG", "available": 1000, "locations": {"nodes": [{"location": "DC-1", "damaged": 3}]}},
               "order": null}),
        "{answer}"
    );
    assert_eq!(data["setStockPolicy"]["userErrors"][0]["code"], "unknown_location", "{answer}");
    assert_eq!(
        data["pauseLocation"],
        json!({"location": {"location": "DC-1", "paused": true}, "availability": null})
    );
    assert_eq!(
        data["setMerchantPolicy"],
        json!({"policy": {"onShortage": "CANCEL_REMAINDER", "sourcing": ["NEAREST", "RANK"],
                          "channels": [{"channel": "web", "reserveAt": "PAYMENT"}]}, "location": null})
    );
}

#[tokio::test]
async fn a_rejection_is_a_user_error_and_is_replayed() {
    let server = TestServer::stocked().await;
    let rejected = server.create_order("o1", order(1_001)).await;
    assert_eq!(only_error(&rejected), ("insufficient_stock", "/lines"));
    let error = &rejected["userErrors"][0];
    assert_eq!(
        error["details"],
        json!({"shortages": [{"sku": "MUG", "requested": 1_001, "available": 1_000}]})
    );
    assert_eq!(error["retryable"], false);
    assert_eq!((&rejected["result"], &rejected["order"]), (&Value::Null, &Value::Null));
    assert!(rejected["position"].is_u64());
    let again = server.create_order("o1", order(1_001)).await;
    assert_eq!((&again["userErrors"], &again["replayed"]), (&rejected["userErrors"], &json!(true)));
    assert_eq!(only_error(&server.create_order("o1", order(1)).await), ("idempotency_key_reused", "none"));
}

#[tokio::test]
async fn an_invalid_input_is_reported_by_pointer_and_nothing_is_written() {
    let server = TestServer::stocked().await;
    let head = server.head().await;
    let line = |line: Value| json!({"channel": "web", "lines": [line]});
    let quantity = |quantity: Value| line(json!({"sku": "MUG", "quantity": quantity}));
    for (input, code, pointer) in [
        (json!({"channel": "web"}), "missing_field", "/lines"),
        (json!({"channel": "web", "lines": [], "colour": 1}), "unknown_field", "/colour"),
        (line(json!({"sku": "MUG", "quantity": 1, "a/b~c": 1})), "unknown_field", "/lines/0/a~1b~0c"),
        (line(json!({"sku": "MUG"})), "missing_field", "/lines/0/quantity"),
        (line(json!({"sku": 5, "quantity": 1})), "invalid_value", "/lines/0/sku"),
        (quantity(json!(0)), "invalid_value", "/lines/0/quantity"),
        (quantity(json!(1.5)), "invalid_value", "/lines/0/quantity"),
        (quantity(json!("many")), "invalid_value", "/lines/0/quantity"),
        (quantity(json!("99999999999999999999999")), "invalid_value", "/lines/0/quantity"),
        (quantity(Value::Null), "invalid_value", "/lines/0/quantity"),
        (json!({"channel": "web", "lines": "none"}), "invalid_value", "/lines/0"),
        (json!({"channel": "web", "lines": [], "priority": "SOON"}), "invalid_value", "/priority"),
        (json!({"channel": "web", "lines": [], "placedAt": "yesterday"}), "invalid_value", "/placedAt"),
        (json!({"channel": "web", "lines": [], "orderId": "17"}), "invalid_value", "/orderId"),
        (
            json!({"channel": "web", "lines": [], "shipTo": {"planet": "Mars"}}),
            "unknown_field",
            "/shipTo/planet",
        ),
        (json!([order(1)]), "invalid_value", ""),
        (json!("an order"), "invalid_value", ""),
        (Value::Null, "invalid_value", ""),
    ] {
        let payload = server.create_order("bad", input.clone()).await;
        assert_eq!(only_error(&payload), (code, pointer), "{input}");
        assert_eq!(payload["position"], Value::Null, "{input}");
    }
    assert_eq!(server.head().await, head);
}

#[tokio::test]
async fn an_input_may_be_a_literal_or_a_variable_and_a_single_item_counts_as_a_list() {
    let server = TestServer::stocked().await;
    let mutation = r#"mutation($sku: String!, $urgency: Priority, $at: DateTime) {
        a: createOrder(idempotencyKey: "a", input: {channel: "web", payment: NOT_REQUIRED, onShortage: REJECT,
            priority: $urgency, placedAt: $at, lines: {sku: $sku, quantity: 1}}) { userErrors { code message } result }
        ...B
    }
    fragment B on Mutation { ... on Mutation {
        b: createOrder(idempotencyKey: "b", input: {channel: "web", payment: NOT_REQUIRED,
            attributes: {gift: "yes"}, lines: [{sku: $sku, quantity: 1}]}) { userErrors { code message } result } } }"#;
    let answer = server.query_with(None, mutation, json!({"sku": "MUG", "urgency": "EXPRESS"})).await;
    assert_eq!(answer["data"]["a"]["result"]["priority"], "express", "{answer}");
    assert_eq!(answer["data"]["b"]["result"]["attributes"], json!({"gift": "yes"}), "{answer}");
    // The body of a REST request is a valid input.
    let rest_body =
        json!({"channel": "web", "payment": "not_required", "lines": [{"sku": "MUG", "quantity": 1}]});
    assert_eq!(server.create_order("c", rest_body).await["userErrors"], json!([]));
}

#[tokio::test]
async fn commands_of_one_request_run_in_order_and_fail_alone() {
    let server = TestServer::stocked().await;
    let adjust = |name: &str, fields: &str| {
        format!(
            r#"{name}: adjustStock(idempotencyKey: "{name}", input: {{sku: "MUG", location: "DC-1", {fields}}}) {{
                userErrors {{ code pointer }} availability {{ available }} }}"#
        )
    };
    let mutation = format!(
        "mutation {{ {} {} {} {} }}",
        adjust("first", "delta: -1000, reason: LOST"),
        adjust("second", "delta: -1, reason: LOST"),
        adjust("third", "delta: 5"),
        adjust("fourth", "delta: 5, reason: FOUND"),
    );
    let data = server.query(&mutation).await;
    assert_eq!(data["first"]["availability"]["available"], 0);
    assert_eq!(error_code(&data["second"]), "adjustment_below_zero");
    assert_eq!(data["third"]["userErrors"], json!([{"code": "missing_field", "pointer": "/reason"}]));
    assert_eq!(data["fourth"]["availability"]["available"], 5);
}

fn error_code(payload: &Value) -> &str {
    payload["userErrors"][0]["code"].as_str().unwrap_or("none")
}

#[tokio::test]
async fn commands_that_set_a_state_need_no_idempotency_key() {
    let server = TestServer::stocked().await;
    let input = r#"input: {channel: "web", lines: []}"#;
    let created = |key: &str| format!("mutation {{ createOrder({input}{key}) {{ userErrors {{ code }} }} }}");
    for key in ["", ", idempotencyKey: null", ", idempotencyKey: 5"] {
        assert_eq!(server.code(&created(key)).await, "invalid_query", "{key}");
    }
    for key in [String::new(), "\\u0007".to_owned(), "k".repeat(256)] {
        let data = server.query(&created(&format!(", idempotencyKey: \"{key}\""))).await;
        assert_eq!(error_code(&data["createOrder"]), "idempotency_key_invalid", "{key}");
    }
    let registered = server
        .query(
            r#"mutation { registerLocation(input: {location: "DC-2", latitude: 1, longitude: -2.5}) {
            userErrors { code } location { location latitude longitude } } }"#,
        )
        .await;
    assert_eq!(
        registered["registerLocation"],
        json!({"userErrors": [], "location": {"location": "DC-2", "latitude": 1.0, "longitude": -2.5}})
    );
}

#[tokio::test]
async fn if_match_rejects_a_command_on_another_version_of_the_order() {
    let server = TestServer::stocked().await;
    let created = server.create_order("o1", order(1)).await;
    let version = created["result"]["version"].as_u64().unwrap();
    let cancel = |key: &str, version: &str| {
        format!(
            r#"mutation {{ cancelOrder(ifMatch: {version}, idempotencyKey: "{key}",
                input: {{orderId: {}, reason: "customer request"}}) {{ userErrors {{ code }} order {{ status }} }} }}"#,
            created["result"]["orderId"]
        )
    };
    let outdated = server.query(&cancel("c1", &(version + 1).to_string())).await;
    assert_eq!(error_code(&outdated["cancelOrder"]), "precondition_failed");
    for malformed in ["-1", "1.5", "\"x\""] {
        let data = server.query(&cancel("c2", malformed)).await;
        assert_eq!(error_code(&data["cancelOrder"]), "if_match_malformed", "{malformed}");
    }
    let cancelled = server.query(&cancel("c3", &format!("\"{version}\""))).await;
    assert_eq!(cancelled["cancelOrder"], json!({"userErrors": [], "order": {"status": "CANCELLED"}}));
}

#[tokio::test]
async fn the_merchant_of_a_mutation_is_an_argument_or_a_header() {
    let server = TestServer::stocked().await;
    let other = r#"mutation {
        registerMerchant(input: {merchant: "other", name: "Other"}) { policy { name } }
        registerLocation(merchant: "other", input: {location: "O-1", latitude: 1, longitude: 2}) { userErrors { code } }
        receiveStock(merchant: "other", idempotencyKey: "r1", input: {sku: "PEN", location: "O-1", quantity: 3}) {
            availability { available } }
        createOrder(merchant: "other", idempotencyKey: "o1",
            input: {channel: "web", payment: NOT_REQUIRED, lines: [{sku: "PEN", quantity: 1}]}) {
            position order { status history { nodes { type } } fulfillmentOrders { nodes { location order { orderId } } } } }
        unknown: createOrder(merchant: "unknown", idempotencyKey: "o1", input: {channel: "web", lines: []}) {
            userErrors { code } }
    }"#;
    let data = server.query(other).await;
    assert_eq!(data["registerMerchant"]["policy"]["name"], "Other");
    assert_eq!(data["receiveStock"]["availability"]["available"], 3);
    assert_eq!(data["createOrder"]["order"]["status"], "RESERVED", "{data}");
    assert_eq!(data["createOrder"]["order"]["history"]["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(data["createOrder"]["order"]["fulfillmentOrders"]["nodes"][0]["location"], "O-1");
    assert_eq!(error_code(&data["unknown"]), "unknown_merchant");

    let create = r#"mutation { createOrder(idempotencyKey: "o1", input: {channel: "web", lines: []}) {
        userErrors { code } replayed } }"#;
    let without_merchant = server.query(create).await;
    assert_eq!(error_code(&without_merchant["createOrder"]), "merchant_required");
    let by_header = server.query_with(Some("other"), create, json!({})).await;
    assert_eq!(error_code(&by_header["data"]["createOrder"]), "idempotency_key_reused", "{by_header}");
}

#[tokio::test]
async fn a_command_that_was_not_executed_is_a_request_error() {
    let server = TestServer::stocked().await;
    server.app.shutdown().await;
    let answer = server.query_with(None, CREATE, json!({"input": order(1), "key": "o1"})).await;
    assert_eq!(answer["data"], json!({"createOrder": null}), "{answer}");
    let error = &answer["errors"][0];
    assert_eq!(error["path"], json!(["createOrder"]));
    assert_eq!(
        error["extensions"],
        json!({"code": "not_executed", "reason": "shutting_down", "retryable": true})
    );
}

#[tokio::test]
async fn too_many_commands_in_one_request_are_rejected() {
    let server = TestServer::stocked().await;
    let head = server.head().await;
    let count = |name: usize| {
        format!(
            r#" a{name}: adjustStock(idempotencyKey: "k{name}",
                input: {{sku: "MUG", location: "DC-1", delta: 1, reason: FOUND}}) {{ position }}"#
        )
    };
    let commands = |many: usize| (0..many).map(count).collect::<String>();
    assert_eq!(server.code(&format!("mutation {{ {} }}", commands(11))).await, "too_many_commands");
    let spread = format!(
        "mutation {{ ...F ...G }} fragment F on Mutation {{ {} }} fragment G on Mutation {{ ... {{ {} }} }}",
        commands(6),
        (6..11).map(count).collect::<String>()
    );
    assert_eq!(server.code(&spread).await, "too_many_commands");
    let selection = "order { lines { nodes { sku quantity } } } ".repeat(300);
    let query = format!("mutation {{ {} {{ {selection} }} }}", count(0).replace("{ position }", ""));
    assert_eq!(server.code(&query).await, "query_too_complex");
    assert_eq!(server.head().await, head);
    server.query(&format!("mutation {{ {} }}", commands(10))).await;
    assert_eq!(server.head().await, head + 10);
}

#[tokio::test]
async fn mutations_take_an_order_from_creation_to_delivery() {
    let server = TestServer::stocked().await;
    let created = server.create_order("o1", order(2)).await;
    let id = created["result"]["orderId"].as_str().unwrap();
    let (fulfillment_order, shipment, order_return) =
        (format!("{id}.f1"), format!("{id}.s1"), format!("{id}.r1"));
    let package = json!({"carrier": "ups", "trackingNumber": "1Z999", "weight": "750"});
    let line = json!({"line": 1, "quantity": 1, "disposition": "QUARANTINE"});
    for (command, input, status) in [
        ("HoldOrder", json!({"orderId": id, "reason": "CUSTOMER_REQUEST"}), "ON_HOLD"),
        ("ReleaseHold", json!({"orderId": id, "holdId": "h1"}), "RESERVED"),
        ("AcceptFulfillmentOrder", json!({"fulfillmentOrderId": fulfillment_order}), "RESERVED"),
        ("PickItems", json!({"fulfillmentOrderId": fulfillment_order, "all": true}), "PICKING"),
        (
            "PackItems",
            json!({"fulfillmentOrderId": fulfillment_order, "lines": {"line": 1, "quantity": 2}}),
            "PACKED",
        ),
        ("ShipItems", json!({"fulfillmentOrderId": fulfillment_order, "packages": [package]}), "SHIPPED"),
        (
            "TrackShipment",
            json!({"shipmentId": shipment, "status": "IN_TRANSIT", "at": "2026-03-04T10:00:00Z"}),
            "IN_TRANSIT",
        ),
        ("ConfirmDelivery", json!({"shipmentId": shipment, "deliveredAt": DELIVERED_AT}), "DELIVERED"),
        (
            "RequestReturn",
            json!({"orderId": id, "reason": "too small", "lines": [{"line": 1, "quantity": 1}]}),
            "DELIVERED",
        ),
        (
            "ReceiveReturn",
            json!({"returnId": order_return, "location": "DC-1", "lines": [line]}),
            "PARTIALLY_RETURNED",
        ),
    ] {
        let (first, rest) = command.split_at(1);
        let field = format!("{}{rest}", first.to_lowercase());
        let mutation = format!(
            "mutation($input: {command}Input!) {{ {field}(input: $input, idempotencyKey: \"{command}\") {{
                userErrors {{ code message pointer }} order {{ status }} }} }}"
        );
        let answer = server.query_with(None, &mutation, json!({"input": input})).await;
        let expected = json!({"userErrors": [], "order": {"status": status}});
        assert_eq!(answer["data"][&field], expected, "{command}: {answer}");
    }
}

#[tokio::test]
async fn a_variable_that_is_not_set_keeps_a_rule_and_null_clears_it() {
    let server = TestServer::stocked().await;
    server.execute("SetMerchantPolicy", json!({"splitLimit": 2, "reserveFor": "PT5M"})).await;
    let mutation = "mutation($reserveAt: ReserveAt, $limit: Int, $for: String) { setMerchantPolicy(idempotencyKey: \"k\", \
        input: { reserveAt: $reserveAt, splitLimit: $limit, reserveFor: $for }) { userErrors { message } \
        policy { reserveAt splitLimit reserveFor } } }";
    let answer = server.query_with(None, mutation, json!({"reserveAt": "PAYMENT", "for": null})).await;
    assert_eq!(
        answer["data"]["setMerchantPolicy"],
        json!({"userErrors": [], "policy": {"reserveAt": "PAYMENT", "splitLimit": 2, "reserveFor": null}}),
        "{answer}"
    );
}
