//! `/v1/promises`: an option says what the same order then gets, and reserves nothing.

use super::*;

/// A server with tea in Munich and Newark, and transit times to both countries.
async fn two_locations() -> TestServer {
    let server = TestServer::stocked().await;
    let hours = json!({ "timezone": "Europe/Berlin", "cutOff": "16:00" });
    server.put("/v1/locations/munich", &hours).await.ok(200);
    let place = json!({
        "latitude": 40.7, "longitude": -74.2, "timezone": "America/New_York", "cutOff": "16:00" });
    server.put("/v1/locations/newark", &place).await.ok(200);
    let received = json!({ "sku": "TEA", "location": "newark", "quantity": 5 });
    server.post("/v1/stock/receive", "newark", &received).await.ok(200);
    let transit = json!([
        { "from": "munich", "country": "DE", "days": 2 },
        { "from": "munich", "country": "DE", "serviceLevel": "express", "days": 1 },
        { "from": "newark", "country": "US", "days": 3 }]);
    let policy = json!({ "transit": transit, "sourcing": ["fewest_locations", "nearest"] });
    server.put("/v1/policy", &policy).await.ok(200);
    server
}

fn wanted(quantity: u32) -> Value {
    json!({
        "channel": "web",
        "lines": [{ "sku": "TEA", "quantity": quantity }],
        "destination": { "country": "DE", "postalCode": "80331" },
    })
}

async fn options(server: &TestServer, body: &Value) -> Value {
    let answer = server.post("/v1/promises", "unused", body).await;
    answer.ok(200)["options"].clone()
}

#[tokio::test]
async fn an_option_for_each_service_says_when_and_from_where() {
    let server = two_locations().await;
    let head = server.head().await;
    let mut body = wanted(3);
    body["serviceLevels"] = json!(["standard", "express"]);
    let answer = server.post("/v1/promises", "unused", &body).await;
    assert_eq!(answer.position(), head, "nothing is written");
    let found = answer.ok(200)["options"].clone();
    let services: Vec<_> = found.as_array().unwrap().iter().map(|one| &one["serviceLevel"]).collect();
    assert_eq!(services, ["standard", "express"]);
    for option in found.as_array().unwrap() {
        assert_eq!(option["status"], "in_stock");
        let lines = json!([{ "line": 1, "sku": "TEA", "quantity": 3 }]);
        let shipment = &option["shipments"][0];
        assert_eq!((&shipment["location"], &shipment["lines"]), (&json!("munich"), &lines));
        assert_eq!((&option["shipAt"], &option["deliverAt"]), (&shipment["shipAt"], &shipment["deliverAt"]));
    }
    assert!(found[1]["deliverAt"].as_str().unwrap() < found[0]["deliverAt"].as_str().unwrap(), "{found}");
    let mut order = json!({ "channel": "web", "payment": "not_required", "lines": body["lines"] });
    order["shipTo"] = body["destination"].clone();
    order["delivery"] = json!({ "method": "ship", "serviceLevel": "express" });
    let created = server.post("/v1/orders", "order", &order).await.ok(201);
    let promise = &created["fulfillmentOrders"][0]["promise"];
    assert_eq!(promise["deliverAt"], found[1]["deliverAt"], "the order gets what was promised");
}

#[tokio::test]
async fn goods_that_are_not_in_stock_are_promised_from_supplies_or_named() {
    let server = two_locations().await;
    let missing = options(&server, &wanted(200)).await[0].clone();
    assert_eq!((&missing["status"], &missing["shipAt"]), (&json!("unavailable"), &Value::Null));
    assert_eq!(missing["shortages"], json!([{ "sku": "TEA", "requested": 200, "available": 105 }]));
    assert_eq!(missing["refusal"]["code"], "insufficient_stock");
    for on_shortage in ["hold", "cancel_remainder"] {
        server.put("/v1/policy", &json!({ "onShortage": on_shortage })).await.ok(200);
        let missing = options(&server, &wanted(200)).await[0].clone();
        assert_eq!(missing["status"], "unavailable", "{on_shortage}");
        assert_eq!(missing["shortages"][0]["available"], 105, "{on_shortage}");
        let mut two = wanted(200);
        two["lines"].as_array_mut().unwrap().push(json!({ "sku": "CUP", "quantity": 1 }));
        let missing = options(&server, &two).await[0].clone();
        assert_eq!(missing["shortages"], json!([{ "sku": "TEA", "requested": 200, "available": 105 }]));
        let mut late = wanted(1);
        late["delivery"] = json!({ "method": "ship", "shipBy": "2020-01-01T00:00:00Z" });
        let late = options(&server, &late).await[0].clone();
        assert_eq!(late["refusal"]["code"], "ship_by_unattainable", "{on_shortage}");
        assert_eq!(late["shortages"], json!([]), "{on_shortage}");
    }
    server.put("/v1/policy", &json!({ "onShortage": "backorder" })).await.ok(200);
    let unknown = options(&server, &wanted(106)).await[0].clone();
    assert_eq!((&unknown["status"], &unknown["shipAt"]), (&json!("backordered"), &Value::Null));
    let supply = json!({
        "sku": "TEA", "location": "munich", "quantity": 50, "dueAt": "2101-01-01T00:00:00Z" });
    server.post("/v1/supplies", "supply", &supply).await.ok(201);
    let later = options(&server, &wanted(106)).await[0].clone();
    let backorder = json!([{ "line": 1, "sku": "TEA", "quantity": 1, "promisedAt": "2101-01-01T00:00:00Z" }]);
    assert_eq!(later["backorders"], backorder);
    assert_eq!((&later["shipAt"], &later["deliverAt"]), (&json!("2101-01-01T00:00:00Z"), &Value::Null));
}

#[tokio::test]
async fn a_promise_follows_the_limits_of_an_order() {
    let server = two_locations().await;
    let mut body = wanted(103);
    body["allowSplit"] = json!(false);
    assert_eq!(options(&server, &body).await[0]["status"], "unavailable");
    body["allowSplit"] = json!(true);
    let split = options(&server, &body).await[0].clone();
    assert_eq!((&split["status"], split["shipments"].as_array().unwrap().len()), (&json!("in_stock"), 2));
    assert_eq!(split["deliverAt"], Value::Null, "the time from Newark to Germany is unknown");
    let mut late = wanted(1);
    late["delivery"] = json!({ "method": "ship", "shipBy": "2020-01-01T00:00:00Z" });
    let late = options(&server, &late).await[0].clone();
    assert_eq!(
        (&late["status"], &late["refusal"]["code"]),
        (&json!("unavailable"), &json!("ship_by_unattainable"))
    );
    let mut pickup = wanted(6);
    pickup["delivery"] = json!({ "method": "pickup", "location": "newark" });
    assert_eq!(options(&server, &pickup).await[0]["shortages"][0]["available"], 5);
}

#[tokio::test]
async fn a_product_page_asks_with_parameters_and_may_store_the_answer() {
    let server = two_locations().await;
    let path = "/v1/promises?sku=TEA&channel=web&country=US&serviceLevel=standard&serviceLevel=express";
    let answer = server.get(path).await;
    let found = answer.ok(200);
    assert_eq!(answer.header("cache-control"), Some("private, max-age=30"));
    assert_eq!(found["options"].as_array().unwrap().len(), 2);
    assert_eq!(found["options"][0]["shipments"][0]["lines"][0]["quantity"], 1);
    let tag = answer.header("etag").unwrap().to_owned();
    let again = Request::get(path).header("if-none-match", tag).body(Body::empty()).unwrap();
    assert_eq!(server.send(again).await.status, StatusCode::NOT_MODIFIED);
    let many = format!("{}&quantity=500", "/v1/promises?sku=TEA&channel=web");
    assert_eq!(server.get(&many).await.ok(200)["options"][0]["status"], "unavailable");
}

#[tokio::test]
async fn a_wrong_request_is_refused_where_it_is_wrong() {
    let server = two_locations().await;
    let change = |field: &str, value: Value| {
        let mut body = wanted(1);
        body[field] = value;
        body
    };
    for (body, status, code, place) in [
        (change("lines", json!([])), 422, "line_count_out_of_range", "/lines"),
        (change("lines", json!([{ "sku": "GONE", "quantity": 1 }])), 422, "unknown_sku", "/lines/0/sku"),
        (change("destination", json!({ "country": "de" })), 422, "country_malformed", "/destination/country"),
        (
            change("delivery", json!({ "method": "pickup", "location": "x" })),
            422,
            "unknown_location",
            "/delivery/location",
        ),
        (change("serviceLevels", json!(vec!["a"; 11])), 400, "invalid_value", "/serviceLevels"),
        (change("name", json!("Ada")), 400, "unknown_field", "/name"),
    ] {
        let problem = server.post("/v1/promises", "unused", &body).await.problem(status, code);
        assert_eq!(pointer(&problem), place);
    }
    server.get("/v1/promises?sku=TEA").await.problem(400, "invalid_parameter");
    server.get("/v1/promises?sku=TEA&channel=web&quantity=0").await.problem(400, "invalid_parameter");
}

#[tokio::test]
async fn an_error_of_a_get_names_the_parameter() {
    let server = TestServer::stocked().await;
    let eleven: String = (0..11).map(|number| format!("&serviceLevel=s{number}")).collect();
    for (query, status, code, parameter) in [
        ("sku=NONE&channel=web", 422, "unknown_sku", "sku"),
        ("sku=TEA&channel=web&country=de", 422, "country_malformed", "country"),
        (&*format!("sku=TEA&channel=web{eleven}"), 400, "invalid_parameter", "serviceLevel"),
        ("sku=TEA&channel=web&quantity=0", 400, "invalid_parameter", "quantity"),
    ] {
        let problem = server.get(&format!("/v1/promises?{query}")).await.problem(status, code);
        let found = (&problem["parameter"], &problem["errors"]);
        assert_eq!(found, (&json!(parameter), &Value::Null), "{problem}");
    }
}
