//! `/v1/metrics` and `/v1/fulfillment-board`.

use serde_json::json;

use super::*;

#[tokio::test]
async fn metrics_are_grouped_by_period_and_location() {
    let server = TestServer::stocked().await;
    for number in 0..3 {
        server.order(&format!("o{number}"), 2).await;
    }
    let head = server.head().await;
    let path = format!("/v1/metrics?minPosition={head}&by=location&period=minute");
    let answer = server.get(&path).await;
    assert!(answer.position() >= head);
    let metrics = answer.ok(200);
    assert_eq!(metrics["stale"], false);
    let sum = |group: &Value, name: &str| -> u64 {
        let items = metrics["items"].as_array().unwrap().iter().filter(|item| item["group"] == *group);
        items.map(|item| item[name].as_u64().unwrap()).sum()
    };
    assert_eq!((sum(&Value::Null, "ordersCreated"), sum(&Value::Null, "unitsOrdered")), (3, 6));
    assert_eq!((sum(&json!("munich"), "unitsReserved"), sum(&json!("munich"), "ordersCreated")), (6, 0));
    for (query, parameter) in [
        ("period=day", "period"),
        ("by=sku", "by"),
        ("from=2020-01-01T00:00:00Z", "from"),
        ("from=yesterday", "from"),
        ("to=2020-01-01T00:00:00Z&from=2021-01-01T00:00:00Z", "from"),
        ("minPosition=-1", "minPosition"),
    ] {
        let problem = server.get(&format!("/v1/metrics?{query}")).await.problem(400, "invalid_parameter");
        assert_eq!(problem["parameter"], parameter, "{query}");
    }
    server.get(&format!("/v1/metrics?minPosition={}", head + 1)).await.problem(400, "invalid_parameter");
}

#[tokio::test]
async fn a_board_has_a_location_and_a_stage_and_the_summary_covers_all() {
    let server = TestServer::stocked().await;
    for number in 0..3 {
        server.order(&format!("o{number}"), 2).await;
    }
    let head = server.head().await;
    let path = format!("/v1/fulfillment-board?location=munich&stage=pick&limit=2&minPosition={head}");
    let page = server.get(&path).await.ok(200);
    let first = &page["items"][0];
    assert_eq!((&first["stage"], &first["overdue"]), (&json!("pick"), &json!(false)));
    assert_eq!(first["fulfillmentOrder"]["lines"][0]["sku"], "TEA");
    assert!(first["since"].is_string() && first["ageSeconds"].is_u64(), "{first}");
    let cursor = page["nextCursor"].as_str().unwrap();
    let rest = server.get(&format!("{path}&cursor={cursor}")).await.ok(200);
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["nextCursor"]), (1, &Value::Null));
    let summary = server.get("/v1/fulfillment-board/summary?location=munich").await.ok(200);
    assert_eq!(summary["items"][0]["fulfillmentOrders"], 3);
    assert_eq!(summary["items"][0]["stage"], "pick");
    assert_eq!(
        server.get("/v1/fulfillment-board/summary?location=nowhere").await.ok(200)["items"],
        json!([])
    );
    for (query, parameter) in [
        ("location=munich", "stage"),
        ("stage=pick", "location"),
        ("location=munich&stage=sleep", "stage"),
        ("location=munich&stage=pick&limit=0", "limit"),
    ] {
        let problem =
            server.get(&format!("/v1/fulfillment-board?{query}")).await.problem(400, "invalid_parameter");
        assert_eq!(problem["parameter"], parameter, "{query}");
    }
}
