//! Bad input over HTTP: the response has a code and a pointer, and the server stores only the refusal.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::server::{HttpResponse, TestServer, order};
use crate::support::store::{TestStore, on_every_store};

on_every_store!(
    bad_input_gets_a_code_and_a_pointer_and_writes_no_event,
    a_refusal_is_replayed_for_the_same_key_after_the_order_is_paid,
);

async fn send(server: &TestServer, path: &str, key: Option<&str>, body: &[u8]) -> HttpResponse {
    server.try_send(Method::POST, path, key, Some(body.to_vec())).await.expect("a response")
}

/// The JSON pointers of a problem response.
fn pointers(problem: &Value) -> Vec<&str> {
    problem["errors"].as_array().into_iter().flatten().filter_map(|error| error["pointer"].as_str()).collect()
}

/// A description, the body, and the expected status, code and pointer.
type Case = (&'static str, Vec<u8>, u16, &'static str, Option<&'static str>);

fn order_body(quantity: &str, sku: &str) -> Vec<u8> {
    format!(r#"{{"channel":"web","lines":[{{"sku":{sku},"quantity":{quantity}}}]}}"#).into_bytes()
}

async fn bad_input_gets_a_code_and_a_pointer_and_writes_no_event(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "A", 5).await;
    let before =
        server.get("/v1/events?after=0&limit=1000").await.accepted()["items"].as_array().unwrap().len();

    let too_many_lines: Vec<Value> = (0..2_001).map(|_| json!({ "sku": "A", "quantity": 1 })).collect();
    let too_many_lines = json!({ "channel": "web", "lines": too_many_lines }).to_string().into_bytes();
    let cases: Vec<Case> = vec![
        ("malformed JSON", b"{\"channel\":".to_vec(), 400, "malformed_json", None),
        ("not UTF-8", vec![b'{', 0xff, b'}'], 400, "malformed_json", None),
        ("an array", b"[]".to_vec(), 400, "invalid_value", None),
        (
            "unknown field",
            br#"{"channel":"web","lines":[{"sku":"A","quantity":1,"qty":2}]}"#.to_vec(),
            400,
            "unknown_field",
            Some("/lines/0/qty"),
        ),
        ("missing field", br#"{"channel":"web","lines":[{"sku":"A"}]}"#.to_vec(), 400, "missing_field", None),
        ("quantity 0", order_body("0", "\"A\""), 400, "invalid_value", Some("/lines/0/quantity")),
        ("quantity -1", order_body("-1", "\"A\""), 400, "invalid_value", Some("/lines/0/quantity")),
        ("quantity 1.5", order_body("1.5", "\"A\""), 400, "invalid_value", Some("/lines/0/quantity")),
        (
            "quantity 10^12",
            order_body("1000000000000", "\"A\""),
            400,
            "invalid_value",
            Some("/lines/0/quantity"),
        ),
        ("quantity 10^30", order_body("1e30", "\"A\""), 400, "invalid_value", Some("/lines/0/quantity")),
        ("empty SKU", order_body("1", "\"\""), 400, "invalid_value", Some("/lines/0/sku")),
        ("NUL in a SKU", order_body("1", "\"A\\u0000B\""), 400, "invalid_value", Some("/lines/0/sku")),
        ("2,001 lines", too_many_lines, 422, "line_count_out_of_range", Some("/lines")),
        ("unknown SKU", order_body("1", "\"NOPE\""), 422, "unknown_sku", Some("/lines/0/sku")),
    ];
    for (number, (description, body, status, code, pointer)) in cases.into_iter().enumerate() {
        let response = send(&server, "/v1/orders", Some(&format!("bad-{number}")), &body).await;
        assert_eq!(
            (response.status.as_u16(), response.code().as_str()),
            (status, code),
            "{description}: {response:?}"
        );
        let problem = response.json();
        assert!(pointer.is_none_or(|pointer| pointers(&problem) == [pointer]), "{description}: {problem}");
    }
    check_bad_requests(&server).await;
    check_unknown_targets(&server).await;

    let after =
        server.get("/v1/events?after=0&limit=1000").await.accepted()["items"].as_array().unwrap().len();
    assert_eq!(before, after, "no event was written");
    let state = server.get("/v1/commands/bad-13").await.accepted();
    assert!(
        state.to_string().contains("unknown_sku"),
        "the refusal of a command with a key is stored: {state}"
    );
}

/// Requests with a bad header, path, method or size.
async fn check_bad_requests(server: &TestServer) {
    let valid = order("A", 1).to_string().into_bytes();
    let no_key = send(server, "/v1/orders", None, &valid).await;
    no_key.assert_refused(400, "idempotency_key_required");
    let long = send(server, "/v1/orders", Some(&"k".repeat(300)), &valid).await;
    long.assert_refused(400, "idempotency_key_invalid");
    let huge = send(server, "/v1/orders", Some("huge"), &vec![b' '; 10 << 20]).await;
    huge.assert_refused(413, "body_too_large");
    let route = server.get("/v1/nothing").await;
    route.assert_refused(404, "unknown_route");
    let method = server.try_send(Method::DELETE, "/v1/orders", None, None).await.unwrap();
    method.assert_refused(405, "method_not_allowed");
    let parameter = server.get("/v1/orders?colour=red").await;
    parameter.assert_refused(400, "unknown_parameter");
}

/// Commands on unknown orders and fulfillment orders.
async fn check_unknown_targets(server: &TestServer) {
    let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
    for (path, code) in [
        (format!("/v1/orders/{unknown}/cancel"), "unknown_order"),
        ("/v1/orders/not-a-uuid/cancel".to_owned(), "unknown_order"),
    ] {
        let response = server.post(&path, &path, &json!({ "reason": "x" })).await;
        assert_eq!((response.status.as_u16(), response.code().as_str()), (404, code), "{path}");
    }
    let path = format!("/v1/fulfillment-orders/{unknown}.f1/pick");
    let response = server.post(&path, "p", &json!({ "all": true })).await;
    response.assert_refused(404, "unknown_fulfillment_order");
    let unknown_order = server.get(&format!("/v1/orders/{unknown}")).await;
    unknown_order.assert_refused(404, "unknown_order");
}

async fn a_refusal_is_replayed_for_the_same_key_after_the_order_is_paid(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "A", 5).await;
    let mut body = order("A", 1);
    body["payment"] = json!("required");
    let created = server.post("/v1/orders", "o", &body).await.accepted();
    let fulfillment_order = created["fulfillmentOrders"][0]["fulfillmentOrderId"].as_str().unwrap();
    let pick = format!("/v1/fulfillment-orders/{fulfillment_order}/pick");
    let refused = server.post(&pick, "pick", &json!({ "all": true })).await;
    refused.assert_refused(409, "payment_not_confirmed");
    let pay = format!("/v1/orders/{}/confirm-payment", created["orderId"].as_str().unwrap());
    server.post(&pay, "pay", &json!({ "paymentRef": "p" })).await.accepted();
    let again = server.post(&pick, "pick", &json!({ "all": true })).await;
    assert!(again.replayed);
    assert_eq!((again.status, &again.text), (refused.status, &refused.text));
    server.post(&pick, "pick-2", &json!({ "all": true })).await.accepted();
}
