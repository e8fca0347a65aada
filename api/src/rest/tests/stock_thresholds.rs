//! Thresholds of stock: the level of availability, and its events in the feed.

use serde_json::json;

use super::*;

impl TestServer {
    /// Types and data of the events about the level of tea, in order.
    async fn level_events(&self) -> Vec<(String, Value)> {
        let types = "type=StockLow&type=StockOut&type=BackInStock";
        let feed = self.get(&format!("/v1/events?{types}")).await.ok(200);
        let item = |item: &Value| (item["type"].as_str().unwrap().to_owned(), item["data"].clone());
        feed["items"].as_array().unwrap().iter().map(item).collect()
    }

    async fn tea_level(&self) -> Value {
        let path = format!("/v1/availability?sku=TEA&minPosition={}", self.head().await);
        self.get(&path).await.ok(200)["items"][0]["level"].clone()
    }
}

#[tokio::test]
async fn crossings_of_a_threshold_are_in_the_event_feed_and_the_level_in_the_availability() {
    let server = TestServer::stocked().await;
    server.put("/v1/stock-policies", &json!({ "sku": "TEA", "lowStockAt": 10 })).await.ok(200);
    assert_eq!((server.level_events().await, server.tea_level().await), (vec![], json!("in_stock")));
    server.order("most", 90).await;
    assert_eq!(server.tea_level().await, "low");
    let rest = server.order("rest", 10).await;
    assert_eq!(server.tea_level().await, "out");
    let path = format!("/v1/orders/{rest}/cancel");
    server.post(&path, "cancel", &json!({ "reason": "changed_mind" })).await.ok(200);
    assert_eq!(server.tea_level().await, "low");
    let events = server.level_events().await;
    let types: Vec<_> = events.iter().map(|(kind, _)| kind.trim_start_matches("holdfast.")).collect();
    assert_eq!(types, ["StockLow", "StockOut", "BackInStock"], "{events:?}");
    let (low, back) = (&events[0].1, &events[2].1);
    assert_eq!((&low["available"], &low["lowStockAt"]), (&json!(10), &json!(10)), "{low}");
    assert_eq!((&back["available"], &back["level"]), (&json!(10), &json!("low")), "{back}");
}

#[tokio::test]
async fn units_that_are_replaced_in_one_command_cross_no_threshold() {
    let server = TestServer::stocked().await;
    server.put("/v1/stock-policies", &json!({ "sku": "TEA", "lowStockAt": 0 })).await.ok(200);
    let order = server.order("all", 100).await;
    let types = |events: &[(String, Value)]| events.len();
    assert_eq!(types(&server.level_events().await), 1, "out");
    let changes = json!([{ "op": "setQuantity", "line": 1, "quantity": 99 }, { "op": "add", "sku": "TEA", "quantity": 1 }]);
    let path = format!("/v1/orders/{order}/amend");
    server.post(&path, "amend", &json!({ "changes": changes })).await.ok(200);
    assert_eq!(types(&server.level_events().await), 1, "units were released and reserved again");
}

#[tokio::test]
async fn null_ends_the_events_of_a_threshold() {
    let server = TestServer::stocked().await;
    let rule = |threshold: Value| json!({ "sku": "TEA", "lowStockAt": threshold });
    server
        .put("/v1/stock-policies", &rule(json!(1_000_000_001)))
        .await
        .problem(422, "low_stock_out_of_range");
    let set = server.put("/v1/stock-policies", &rule(json!(200))).await.ok(200);
    assert_eq!(set["level"], "low");
    assert_eq!(server.level_events().await.len(), 1);
    let cleared = server.put("/v1/stock-policies", &rule(Value::Null)).await.ok(200);
    assert_eq!(cleared["level"], "in_stock");
    server.order("all", 100).await;
    assert_eq!((server.level_events().await.len(), server.tea_level().await), (1, json!("out")));
}
