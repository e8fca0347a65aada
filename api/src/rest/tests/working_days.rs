//! Working days and closures of locations and carriers. 25 December 2100 is a Saturday.

use serde_json::json;

use super::*;

const MONDAY_TO_FRIDAY: [&str; 5] = ["monday", "tuesday", "wednesday", "thursday", "friday"];

/// A server whose location works from Monday to Friday until four o'clock in New York.
async fn christmas() -> TestServer {
    let server = TestServer::stocked().await;
    let hours = json!({ "timezone": "America/New_York", "cutOff": "16:00", "workingDays": MONDAY_TO_FRIDAY });
    let location = server.put("/v1/locations/munich", &hours).await.ok(200);
    assert_eq!(location["workingDays"], json!(MONDAY_TO_FRIDAY));
    server
}

/// The dates that are promised to an order that must not leave before a time.
async fn promise(server: &TestServer, not_before: &str) -> Value {
    let mut body = order(1);
    body["delivery"] = json!({ "method": "ship", "shipNotBefore": not_before });
    let key = format!("order-{}", server.head().await);
    server.post("/v1/orders", &key, &body).await.ok(201)["fulfillmentOrders"][0]["promise"].clone()
}

#[tokio::test]
async fn an_order_for_a_closed_day_leaves_on_the_next_working_day() {
    let server = christmas().await;
    let saturday = "2100-12-25T05:00:00Z";
    assert_eq!(promise(&server, saturday).await, json!({ "shipAt": "2100-12-27T21:00:00Z" }));
    let closures = json!([{ "from": "2100-12-24", "to": "2101-01-02", "name": "Holidays" }]);
    let location = server.put("/v1/locations/munich", &json!({ "closures": closures })).await.ok(200);
    assert_eq!(location["closures"], closures);
    assert_eq!(promise(&server, saturday).await["shipAt"], "2101-01-03T21:00:00Z");
    server.put("/v1/locations/munich", &json!({ "dailyCapacity": 1 })).await.ok(200);
    assert_eq!(promise(&server, saturday).await["shipAt"], "2101-01-03T21:00:00Z");
    assert_eq!(promise(&server, saturday).await["shipAt"], "2101-01-04T21:00:00Z");
    let cleared = json!({ "workingDays": null, "closures": null });
    let location = server.put("/v1/locations/munich", &cleared).await.ok(200);
    assert_eq!((&location["workingDays"], &location["closures"]), (&Value::Null, &Value::Null));
    assert_eq!(promise(&server, saturday).await["shipAt"], "2100-12-25T21:00:00Z");
}

#[tokio::test]
async fn a_carrier_delivers_on_its_working_days() {
    let server = christmas().await;
    let row = json!({ "days": 2, "workingDays": MONDAY_TO_FRIDAY, "closures": [{ "from": "2100-12-28" }] });
    let policy = server.put("/v1/policy", &json!({ "transit": [row] })).await.ok(200);
    assert_eq!(policy["transit"], json!([row]));
    for (not_before, ship_at, deliver_at) in [
        ("2100-12-25T05:00:00Z", "2100-12-27T21:00:00Z", "2100-12-31T04:59:59.999999Z"),
        ("2100-12-22T05:00:00Z", "2100-12-22T21:00:00Z", "2100-12-25T04:59:59.999999Z"),
        ("2100-12-23T05:00:00Z", "2100-12-23T21:00:00Z", "2100-12-28T04:59:59.999999Z"),
    ] {
        let expected = json!({ "shipAt": ship_at, "deliverAt": deliver_at });
        assert_eq!(promise(&server, not_before).await, expected, "{not_before}");
    }
}

#[tokio::test]
async fn a_calendar_without_a_working_day_is_refused() {
    let server = christmas().await;
    let closed = json!([{ "from": "2100-01-01", "to": "2101-12-31" }]);
    let backwards = json!([{ "from": "2100-01-02", "to": "2100-01-01" }]);
    for (body, code, field) in [
        (json!({ "workingDays": [] }), "no_working_day", "/workingDays"),
        (json!({ "closures": closed }), "no_working_day", "/closures"),
        (json!({ "closures": backwards }), "invalid_closures", "/closures"),
    ] {
        let problem = server.put("/v1/locations/munich", &body).await.problem(422, code);
        assert_eq!(pointer(&problem), field);
    }
    for row in [json!({ "days": 1, "workingDays": [] }), json!({ "days": 1, "closures": closed })] {
        let table = json!({ "transit": [{ "country": "US", "days": 3 }, row] });
        let problem = server.put("/v1/policy", &table).await.problem(422, "invalid_transit_table");
        assert_eq!(pointer(&problem), "/transit/1");
    }
    let unknown = json!({ "workingDays": ["someday"] });
    server.put("/v1/locations/munich", &unknown).await.problem(400, "invalid_value");
    let day = json!({ "closures": [{ "from": "2100-02-30" }] });
    server.put("/v1/locations/munich", &day).await.problem(400, "invalid_value");
}
