//! Bundles over HTTP: a set of a cup and two packs of tea.

use super::*;

/// A server that sells a set; 100 cups and 100 packs of tea are in Munich.
async fn with_set() -> TestServer {
    let server = TestServer::stocked().await;
    let components = json!([{ "sku": "CUP", "quantity": 1, "priceShare": 3 }, { "sku": "TEA", "quantity": 2, "priceShare": 2 }]);
    let policy = json!({ "sku": "SET", "components": components });
    let set = server.put("/v1/stock-policies", &policy).await.ok(200);
    assert_eq!((&set["available"], &set["components"]), (&json!(50), &components), "{set}");
    server
}

fn sets(quantity: u32, more: &[(&str, Value)]) -> Value {
    let mut line = json!({ "sku": "SET", "quantity": quantity, "unit": "25.00", "lineRef": "set" });
    for (name, value) in more {
        line[*name] = value.clone();
    }
    json!({ "channel": "web", "payment": "not_required", "currency": "EUR", "lines": [line] })
}

async fn available(server: &TestServer, query: &str) -> Value {
    let path = format!("/v1/availability?sku=SET&minPosition={}{query}", server.head().await);
    server.get(&path).await.ok(200)["items"][0].clone()
}

#[tokio::test]
async fn a_set_is_ordered_shipped_and_partly_returned() {
    let server = with_set().await;
    let order = server.post("/v1/orders", "order", &sets(2, &[])).await.ok(201);
    let line = |index: usize| {
        let line = &order["lines"][index];
        json!([line["sku"], line["quantity"], line["total"], line["reserved"], line["bundle"]])
    };
    let bundle =
        |component: u32| json!({ "sku": "SET", "quantity": 2, "lineRef": "set", "component": component });
    assert_eq!(line(0), json!(["CUP", 2, "30.00", 2, bundle(1)]));
    assert_eq!(line(1), json!(["TEA", 4, "20.00", 4, bundle(2)]));
    assert_eq!(order["amountDue"], "50.00");

    let part = order["fulfillmentOrders"][0]["fulfillmentOrderId"].as_str().unwrap();
    let packages = json!({ "packages": [{ "carrier": "DHL", "trackingNumber": "JJD1" }] });
    server.post(&format!("/v1/fulfillment-orders/{part}/ship"), "ship", &packages).await.ok(201);
    let path = format!("/v1/orders/{}/returns", order["orderId"].as_str().unwrap());
    let back = json!({ "lines": [{ "line": 2, "quantity": 1 }], "reason": "too_much" });
    let requested = server.post(&path, "return", &back).await.ok(201);
    assert_eq!(requested["returns"][0]["lines"][0]["line"], 2, "{requested}");
    let path = format!("/v1/orders?sku=SET&minPosition={}", server.head().await);
    let found = server.get(&path).await.ok(200)["items"].clone();
    assert_eq!(found[0]["orderId"], order["orderId"], "an order is found by its bundle");
}

#[tokio::test]
async fn as_many_sets_are_available_as_the_components_make_up() {
    let server = with_set().await;
    let before = server.head().await;
    let tea =
        json!({ "channel": "web", "payment": "not_required", "lines": [{ "sku": "TEA", "quantity": 95 }] });
    server.post("/v1/orders", "tea", &tea).await.ok(201);
    let set = available(&server, "").await;
    assert_eq!((&set["available"], &set["level"]), (&json!(2), &json!("in_stock")), "{set}");
    let there = &set["locations"][0];
    assert_eq!(
        (&there["location"], &there["available"], &there["onHand"]),
        (&json!("munich"), &json!(2), &json!(50))
    );
    assert_eq!(available(&server, &format!("&asOf={before}")).await["available"], 50);
    server.post("/v1/orders", "sets", &sets(2, &[])).await.ok(201);
    assert_eq!(available(&server, "").await["level"], "out");
    let refused = server.post("/v1/orders", "more", &sets(1, &[])).await;
    refused.problem(409, "insufficient_stock");
}

#[tokio::test]
async fn carts_promises_and_amendments_have_the_components_of_a_set() {
    let server = with_set().await;
    let cart = json!({ "channel": "web", "lines": [{ "sku": "SET", "quantity": 1 }] });
    let cart = server.post("/v1/reservations", "cart", &cart).await.ok(201);
    assert_eq!(cart["lines"].as_array().unwrap().len(), 2, "{cart}");
    let wanted = json!({ "channel": "web", "lines": [
        { "sku": "SET", "quantity": 1 }, { "sku": "TEA", "quantity": 3 }] });
    let promised = server.post("/v1/promises", "unused", &wanted).await.ok(200);
    let lines = promised["options"][0]["shipments"][0]["lines"].as_array().unwrap().clone();
    let lines: Vec<_> =
        lines.iter().map(|line| json!([line["line"], line["sku"], line["quantity"]])).collect();
    assert_eq!(lines, [json!([1, "CUP", 1]), json!([1, "TEA", 2]), json!([2, "TEA", 3])]);
    let mut order = sets(1, &[]);
    order["reservation"] = cart["reservationId"].clone();
    let order = server.post("/v1/orders", "order", &order).await.ok(201);
    let path = format!("/v1/availability?sku=TEA&minPosition={}", server.head().await);
    let tea = server.get(&path).await.ok(200)["items"][0].clone();
    assert_eq!(tea["available"], 98, "the order takes over the units of its cart");
    let path = format!("/v1/orders/{}/amend", order["orderId"].as_str().unwrap());
    let add = json!({ "changes": [{ "op": "add", "sku": "SET", "quantity": 1, "unit": "25.00" }] });
    let amended = server.post(&path, "amend", &add).await.ok(200);
    let skus: Vec<_> = amended["lines"].as_array().unwrap().iter().map(|line| line["sku"].clone()).collect();
    assert_eq!(skus, ["CUP", "TEA", "CUP", "TEA"]);
    assert_eq!(amended["amountDue"], "50.00");
}

#[tokio::test]
async fn the_same_order_again_is_known_after_the_bundle_has_changed() {
    let server = with_set().await;
    let mut order = sets(2, &[]);
    order["channelRef"] = json!("#1002");
    let first = server.post("/v1/orders", "first", &order).await.ok(201);
    let large = json!({ "sku": "SET", "components": [{ "sku": "TEA", "quantity": 1_000_000_000 }] });
    server.put("/v1/stock-policies", &large).await.ok(200);
    let again = server.post("/v1/orders", "again", &order).await.ok(200);
    assert_eq!((&again["orderId"], &again["lines"]), (&first["orderId"], &first["lines"]));
    let problem = server.post("/v1/orders", "new", &sets(2, &[])).await.problem(422, "line_too_large");
    assert_eq!(problem["errors"][0]["pointer"], "/lines/0/quantity", "{problem}");
}

#[tokio::test]
async fn invalid_bundles_are_refused_with_a_pointer() {
    let server = with_set().await;
    let policy = |sku: &str, components: Value| json!({ "sku": sku, "components": components });
    let refused = |body: Value, status: u16, code: &'static str, pointer: &'static str| {
        let server = &server;
        async move {
            let problem = server.put("/v1/stock-policies", &body).await.problem(status, code);
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        }
    };
    let unknown =
        policy("SET-2", json!([{ "sku": "CUP", "quantity": 1 }, { "sku": "SPOON", "quantity": 1 }]));
    refused(unknown, 422, "unknown_sku", "/components/1/sku").await;
    let nested = policy("SET-2", json!([{ "sku": "SET", "quantity": 1 }]));
    refused(nested, 409, "nested_bundle", "/components/0/sku").await;
    refused(policy("CUP", json!([{ "sku": "TEA", "quantity": 1 }])), 409, "bundle_has_stock", "/sku").await;
    let received = json!({ "sku": "SET", "location": "munich", "quantity": 1 });
    server.post("/v1/stock/receive", "receive", &received).await.problem(409, "bundle_without_stock");
    let mut twice = sets(1, &[]);
    twice["lines"] = json!([twice["lines"][0], { "sku": "CUP", "quantity": 1 }, twice["lines"][0]]);
    let problem = server.post("/v1/orders", "twice", &twice).await.problem(422, "line_ref_not_unique");
    assert_eq!(problem["errors"][0]["pointer"], "/lines/2/lineRef", "{problem}");
}
