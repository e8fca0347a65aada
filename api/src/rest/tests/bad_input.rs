//! Every invalid request is answered with a code and, if a field is invalid, its pointer. Nothing is written.

use serde_json::json;

use super::*;

#[tokio::test]
async fn an_invalid_order_is_rejected_with_a_pointer_to_the_field() {
    let server = TestServer::stocked().await;
    let head = server.head().await;
    let line = |line: &str| format!(r#"{{"channel":"web","lines":[{line}]}}"#);
    let quantity = |quantity: &str| line(&format!(r#"{{"sku":"TEA","quantity":{quantity}}}"#));
    let sku = |sku: &str| line(&format!(r#"{{"sku":"{sku}","quantity":1}}"#));
    let cases = [
        ("", "malformed_json", "none"),
        ("{", "malformed_json", "none"),
        (r#"{"channel":"web",}"#, "malformed_json", "none"),
        (r#"{"channel":"web","lines":[]} trailing"#, "malformed_json", "none"),
        ("[]", "invalid_value", ""),
        ("null", "invalid_value", ""),
        (r#"{"channel":"web"}"#, "missing_field", "/lines"),
        (r#"{"channel":"web","lines":[],"colour":1}"#, "unknown_field", "/colour"),
        (&line(r#"{"sku":"TEA","quantity":1,"a/b~c":1}"#), "unknown_field", "/lines/0/a~1b~0c"),
        (&line(r#"{"sku":"TEA"}"#), "missing_field", "/lines/0/quantity"),
        (&quantity("0"), "invalid_value", "/lines/0/quantity"),
        (&quantity("-1"), "invalid_value", "/lines/0/quantity"),
        (&quantity("1.5"), "invalid_value", "/lines/0/quantity"),
        (&quantity("1000000000000"), "invalid_value", "/lines/0/quantity"),
        (&quantity("99999999999999999999999"), "invalid_value", "/lines/0/quantity"),
        (&quantity("\"1\""), "invalid_value", "/lines/0/quantity"),
        (&sku(""), "invalid_value", "/lines/0/sku"),
        (&sku("A\\u0000B"), "invalid_value", "/lines/0/sku"),
        (&sku("A\0B"), "malformed_json", "none"),
        (r#"{"channel":"web","channel":"web","lines":[]}"#, "invalid_value", "/channel"),
        (r#"{"channel":"web","lines":[],"priority":"soon"}"#, "invalid_value", "/priority"),
    ];
    for (index, (body, code, field)) in cases.into_iter().enumerate() {
        let answer = server.post_text("/v1/orders", &format!("bad-{index}"), body).await;
        assert_eq!(pointer(&answer.problem(400, code)), field, "{body}");
    }
    assert_eq!(server.head().await, head);
}

#[tokio::test]
async fn a_refused_order_writes_no_event_and_the_refusal_is_stored() {
    let server = TestServer::stocked().await;
    let head = server.head().await;
    let lines = vec![json!({ "sku": "TEA", "quantity": 1 }); 2_001];
    let answer = server.post("/v1/orders", "many", &json!({ "channel": "web", "lines": lines })).await;
    assert_eq!(pointer(&answer.problem(422, "line_count_out_of_range")), "/lines");
    let unknown = json!({ "channel": "web", "lines": [{ "sku": "COFFEE", "quantity": 1 }] });
    let answer = server.post("/v1/orders", "coffee", &unknown).await;
    assert_eq!(pointer(&answer.problem(422, "unknown_sku")), "/lines/0/sku");
    let answer = server.post("/v1/orders", "short", &order(101)).await;
    let problem = answer.problem(409, "insufficient_stock");
    assert_eq!(problem["shortages"], json!([{ "sku": "TEA", "requested": 101, "available": 100 }]));
    assert_eq!(problem["retryable"], false);
    let again = server.post("/v1/orders", "short", &order(101)).await;
    assert_eq!((again.status, &again.bytes), (answer.status, &answer.bytes));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(server.head().await, head);
}

#[tokio::test]
async fn invalid_headers_are_rejected() {
    let server = TestServer::stocked().await;
    let create = |name: &'static str, value: &str| {
        let request = Request::post("/v1/orders").header(name, value);
        request.body(Body::from(order(1).to_string())).unwrap()
    };
    server.send(create("x-none", "1")).await.problem(400, "idempotency_key_required");
    let long = "k".repeat(300);
    server.send(create("idempotency-key", &long)).await.problem(400, "idempotency_key_invalid");
    server.send(create("idempotency-key", "")).await.problem(400, "idempotency_key_invalid");
    let with = |name: &'static str, value: &str| {
        let request = Request::post("/v1/orders").header("idempotency-key", "k").header(name, value);
        request.body(Body::from(order(1).to_string())).unwrap()
    };
    server.send(with("content-type", "text/plain")).await.problem(415, "unsupported_media_type");
    server.send(with("if-match", "3")).await.problem(400, "if_match_malformed");
    let problem = server.send(with("actor", &"a".repeat(201))).await.problem(400, "header_invalid");
    assert_eq!(problem["header"], "actor");
    server.send(with("merchant", "unknown")).await.problem(404, "unknown_merchant");
    server.send(with("host", "shop.example.com")).await.problem(421, "misdirected_request");
    server.send(with("origin", "https://evil.example.com")).await.problem(403, "cross_origin");
    server.send(with("origin", "http://localhost:3000")).await.ok(201);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_rejected() {
    let server = TestServer::open().await;
    let body = format!(r#"{{"channel":"{}"}}"#, "x".repeat(10 << 20));
    server.post_text("/v1/orders", "large", &body).await.problem(413, "body_too_large");
    server.post_text("/v1/commands", "large", &body).await.problem(413, "body_too_large");
}

#[tokio::test]
async fn invalid_parameters_are_rejected_by_name() {
    let server = TestServer::stocked().await;
    let cases = [
        ("/v1/orders?colour=red", "unknown_parameter", "colour"),
        ("/v1/availability?sku=TEA&location=DC-1", "unknown_parameter", "location"),
        ("/v1/policy?x=", "unknown_parameter", "x"),
        ("/v1/availability", "invalid_parameter", "sku"),
        ("/v1/availability?sku=", "invalid_parameter", "sku"),
        ("/v1/orders?status=lost", "invalid_parameter", "status"),
        ("/v1/orders?limit=0", "invalid_parameter", "limit"),
        ("/v1/orders?limit=1001", "invalid_parameter", "limit"),
        ("/v1/orders?limit=+1", "invalid_parameter", "limit"),
        ("/v1/orders?limit=1&limit=1", "invalid_parameter", "limit"),
        ("/v1/orders?changedAfter=yesterday", "invalid_parameter", "changedAfter"),
        ("/v1/events?after=-1", "invalid_parameter", "after"),
        ("/v1/events?after=99999999999999999999", "invalid_parameter", "after"),
        ("/v1/orders?sku=%00", "invalid_parameter", "sku"),
    ];
    for (path, code, name) in cases {
        assert_eq!(server.get(path).await.problem(400, code)["parameter"], name, "{path}");
    }
    server.get("/v1/orders?cursor=abc").await.problem(400, "invalid_cursor");
    // A misspelt dry run must not execute the command.
    let head = server.head().await;
    for path in ["/v1/orders?dryrun=true", "/v1/orders?dryRun=yes"] {
        assert_eq!(server.post(path, "dry", &order(1)).await.status, 400);
    }
    assert_eq!(server.head().await, head);
}

#[tokio::test]
async fn a_dry_run_reports_the_outcome_and_writes_nothing() {
    let server = TestServer::stocked().await;
    let head = server.head().await;
    for _ in 0..2 {
        let outcome = server.post("/v1/orders?dryRun=true", "dry", &order(1)).await;
        assert_eq!(outcome.status, 201);
        assert_eq!(outcome.json()["status"], "reserved");
    }
    let refused = server.post("/v1/orders?dryRun=true", "much", &order(1_000_000)).await;
    refused.problem(409, "insufficient_stock");
    assert_eq!(server.head().await, head, "neither an event nor an outcome is written");
    // The dry run has not used the key.
    let done = server.post("/v1/orders?dryRun=false", "dry", &order(1)).await;
    assert_eq!(done.status, 201);
    assert_ne!(server.head().await, head);
}

#[tokio::test]
async fn unknown_ids_are_rejected_with_404() {
    let server = TestServer::stocked().await;
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let reason = json!({ "reason": "asked for" });
    for order in [id, "17", "a%00b", "%ff"] {
        let code = if order == "%ff" { "unknown_route" } else { "unknown_order" };
        server.get(&format!("/v1/orders/{order}")).await.problem(404, code);
        server.get(&format!("/v1/orders/{order}/history")).await.problem(404, code);
        server.post(&format!("/v1/orders/{order}/cancel"), "c", &reason).await.problem(404, code);
    }
    let pick = |part: String| format!("/v1/fulfillment-orders/{part}/pick");
    let all = json!({ "all": true });
    server.post(&pick("7".to_owned()), "p1", &all).await.problem(404, "unknown_fulfillment_order");
    server.post(&pick(format!("{id}.f1")), "p2", &all).await.problem(404, "unknown_fulfillment_order");
    let order = server.order("o", 1).await;
    server.post(&pick(format!("{order}.f9")), "p3", &all).await.problem(404, "unknown_fulfillment_order");
    server.post("/v1/shipments/7/confirm-delivery", "d", &json!({})).await.problem(404, "unknown_shipment");
    let path = format!("/v1/shipments/{order}.s1/confirm-delivery");
    server.post(&path, "d", &json!({})).await.problem(404, "unknown_shipment");
    server.post("/v1/locations/nowhere/pause", "l", &reason).await.problem(422, "unknown_location");
    server.post("/v1/locations/a%20b/pause", "l", &reason).await.problem(400, "invalid_value");
    let answer = server.put("/v1/locations/a%20b", &json!({ "latitude": 1, "longitude": 1 })).await;
    assert_eq!(pointer(&answer.problem(400, "invalid_value")), "/location");
    let seen = json!({ "carrier": "dhl", "trackingNumber": "1", "status": "in_transit", "at": "2026-01-01T00:00:00Z" });
    server.post("/v1/tracking", "t", &seen).await.problem(404, "unknown_tracking_number");
}

#[tokio::test]
async fn the_body_must_not_repeat_the_id_in_the_path() {
    let server = TestServer::stocked().await;
    let order = server.order("o", 1).await;
    let path = format!("/v1/orders/{order}/cancel");
    let answer = server.post(&path, "c1", &json!({ "orderId": order, "reason": "x" })).await;
    assert_eq!(pointer(&answer.problem(400, "unknown_field")), "/orderId");
    let answer = server.post_text(&path, "c2", "").await;
    assert_eq!(pointer(&answer.problem(400, "missing_field")), "/reason");
    let answer = server.post_text(&path, "c3", "{\"reason\":").await;
    assert!(answer.problem(400, "malformed_json")["detail"].as_str().unwrap().contains("column 10"));
    server.post_text(&path, "c4", "[\"x\"]").await.problem(400, "invalid_value");
    server.post_text(&path, "c5", " { \"reason\" : \"x\" } ").await.ok(200);
    server.post_text(&path, "c6", "{\"reason\":\"x\"}").await.problem(409, "order_cancelled");
}

#[tokio::test]
async fn unknown_routes_and_methods_are_answered_with_a_problem() {
    let server = TestServer::open().await;
    server.get("/").await.problem(404, "unknown_route");
    server.get("/v1/order").await.problem(404, "unknown_route");
    let delete = Request::delete("/v1/orders").body(Body::empty()).unwrap();
    let answer = server.send(delete).await;
    answer.problem(405, "method_not_allowed");
    let allowed = answer.header("allow").unwrap().to_owned();
    assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
    let options = Request::options("/v1/orders").body(Body::empty()).unwrap();
    let answer = server.send(options).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("allow"), Some(&*allowed));
    let head = Request::head("/v1/orders").body(Body::empty()).unwrap();
    let answer = server.send(head).await;
    assert_eq!((answer.status.as_u16(), answer.bytes.len()), (200, 0));
}

#[tokio::test]
async fn an_empty_text_that_counts_as_absent_does_not_hide_another_fault() {
    let server = TestServer::stocked().await;
    for (fault, pointer) in
        [(json!({ "quantity": 0 }), "/lines/0/quantity"), (json!({ "bogus": 1 }), "/lines/0/bogus")]
    {
        let mut body = order(1);
        body["customerRef"] = json!("");
        body["lines"][0].as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
        let answer = server.post("/v1/orders", "two faults", &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{}", answer.json());
    }
}

#[tokio::test]
async fn an_idempotency_key_that_is_not_ascii_is_refused_as_such() {
    let server = TestServer::stocked().await;
    let request = Request::post("/v1/orders").header("idempotency-key", "größe".as_bytes());
    let answer = server.send(request.body(Body::from(order(1).to_string())).unwrap()).await;
    let problem = answer.problem(400, "idempotency_key_invalid");
    assert!(problem["detail"].as_str().unwrap().contains("ASCII"), "{problem}");
}
