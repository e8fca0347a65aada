//! `PUT /v1/merchants/{merchant}` and the `Merchant` header.

use serde_json::json;

use super::*;

#[tokio::test]
async fn with_several_merchants_each_request_must_name_one() {
    let server = TestServer::stocked().await;
    assert_eq!(server.put("/v1/merchants/acme", &json!({ "name": "Acme" })).await.ok(200)["name"], "Acme");
    server.get("/v1/orders").await.problem(400, "merchant_required");
    server.post("/v1/orders", "o", &order(1)).await.problem(400, "merchant_required");
    let ask = |merchant: &'static str| {
        Request::get("/v1/locations").header("merchant", merchant).body(Body::empty()).unwrap()
    };
    assert_eq!(server.send(ask("acme")).await.ok(200)["items"], json!([]));
    assert_eq!(server.send(ask("default")).await.ok(200)["items"].as_array().unwrap().len(), 1);
    server.send(ask("a b")).await.problem(404, "unknown_merchant");
    server.put("/v1/merchants/a%20b", &json!({})).await.problem(400, "invalid_value");
    // The path names the merchant, so the header is not needed.
    assert_eq!(server.put("/v1/merchants/acme", &json!({ "name": "Apex" })).await.ok(200)["name"], "Apex");
}

#[tokio::test]
async fn a_merchant_can_be_registered_and_used_in_one_bulk_request() {
    let server = TestServer::open().await;
    let commands = json!([
        { "key": "1", "command": "RegisterMerchant", "merchant": "acme", "name": "Acme" },
        { "key": "2", "command": "RegisterLocation", "merchant": "acme", "location": "x", "latitude": 1, "longitude": 1 },
        { "key": "2", "command": "RegisterLocation", "location": "y", "latitude": 1, "longitude": 1 },
    ]);
    let answers = server.post("/v1/commands", "unused", &commands).await.ok(200);
    let statuses: Vec<u64> =
        answers.as_array().unwrap().iter().map(|a| a["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 200, 400], "with a second merchant, each command must name one");
    server.get("/v1/locations").await.problem(400, "merchant_required");
}

#[tokio::test]
async fn a_merchant_whose_registration_was_refused_does_not_exist() {
    let server = TestServer::open().await;
    let late = "2020-01-01T00:00:00Z";
    let commands = json!([
        { "key": "1", "command": "RegisterMerchant", "merchant": "ghost", "notAfter": late },
        { "key": "2", "command": "RegisterLocation", "merchant": "ghost", "location": "x", "latitude": 1, "longitude": 1 },
    ]);
    let answers = server.post("/v1/commands", "unused", &commands).await.ok(200);
    assert_eq!((&answers[0]["status"], &answers[1]["status"]), (&json!(409), &json!(404)));
    server.get("/v1/locations").await.ok(200);
}
