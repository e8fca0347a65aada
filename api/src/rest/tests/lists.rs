//! `/v1/orders`, `/v1/fulfillment-orders`, `/v1/events` and `/v1/availability` as lists.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;

/// Reads all pages of a list and returns the values of a field.
async fn all(server: &TestServer, path: &str, field: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = server.get(&format!("{path}{cursor}")).await.ok(200);
        let items = page["items"].as_array().unwrap();
        found.extend(items.iter().map(|item| item[field].as_str().unwrap().to_owned()));
        let Some(next) = page["nextCursor"].as_str() else { return found };
        assert!(!items.is_empty());
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn lists_have_pages_and_filters() {
    let server = TestServer::stocked().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(server.order(&format!("o{number}"), 1).await);
    }
    let head = server.head().await;
    let listed = all(&server, &format!("/v1/orders?limit=2&minPosition={head}"), "orderId").await;
    ids.reverse();
    assert_eq!(listed, ids);
    let work = all(&server, "/v1/fulfillment-orders?limit=2&location=munich", "orderId").await;
    ids.reverse();
    assert_eq!(work, ids);
    for (filter, count) in [
        ("status=reserved", 5),
        ("status=delivered", 0),
        ("channel=web", 5),
        ("channel=shop", 0),
        ("sku=TEA", 5),
        ("sku=CUP", 0),
        ("location=munich", 5),
        ("changedAfter=2090-01-01T00:00:00Z", 0),
        ("changedBefore=2090-01-01T00:00:00Z", 5),
        ("changedBefore=2020-01-01T00:00:00Z", 0),
        ("createdAfter=2020-01-01T00:00:00Z&createdBefore=2090-01-01T00:00:00Z", 5),
        ("createdAfter=2090-01-01T00:00:00Z", 0),
        ("createdBefore=2020-01-01T00:00:00Z", 0),
        ("backordered=true", 0),
        ("backordered=false&stuck=false", 5),
        ("stuck=true", 0),
        ("channelRef=x", 0),
        ("customerRef=x", 0),
        ("trackingNumber=x", 0),
    ] {
        assert_eq!(all(&server, &format!("/v1/orders?{filter}"), "orderId").await.len(), count, "{filter}");
    }
    let work = server.get("/v1/fulfillment-orders?limit=1").await.ok(200)["items"][0].clone();
    assert_eq!((&work["status"], &work["priority"]), (&json!("open"), &json!("standard")));
    assert_eq!(work["lines"][0]["sku"], "TEA");
    assert_eq!(
        work["supportedActions"],
        json!(["accept", "reject", "move", "pick", "pack", "ship", "short"])
    );
}

#[tokio::test]
async fn events_are_cloudevents_in_order_without_personal_data() {
    let server = TestServer::stocked().await;
    let mut new = order(1);
    new["shipTo"] = json!({ "name": "Ada Byron", "street": ["Hidden Street 7"], "country": "GB" });
    server.post("/v1/orders", "o", &new).await.ok(201);
    let mut after = 0;
    let mut seen = Vec::new();
    loop {
        let answer = server.get(&format!("/v1/events?after={after}&limit=2")).await;
        assert!(!String::from_utf8_lossy(&answer.bytes).contains("Ada"));
        let page = answer.ok(200);
        let items = page["items"].as_array().unwrap().clone();
        assert_eq!(page["nextCursor"], answer.position().to_string());
        if items.is_empty() {
            break;
        }
        // A page ends with the last event of a command.
        let last = items.last().unwrap();
        assert_eq!(last["position"], last["commandend"]);
        after = last["position"].as_u64().unwrap();
        seen.extend(items);
    }
    assert_eq!(after, server.head().await);
    let positions: Vec<u64> = seen.iter().map(|event| event["position"].as_u64().unwrap()).collect();
    assert_eq!(positions, (1..=after).collect::<Vec<_>>());
    let ids: BTreeSet<&str> = seen.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), seen.len());
    let created = seen.iter().find(|event| event["type"] == "OrderCreated").unwrap();
    assert_eq!(created["specversion"], "1.0");
    assert_eq!(created["source"], "/merchants/default");
    assert_eq!(created["dataschema"], "/schemas/OrderCreated/3");
    assert_eq!(created["subject"], created["stream"]);
    assert_eq!(created["data"]["channel"], "web");
    assert_eq!(created["sequence"].as_str().unwrap().parse::<u64>().ok(), created["position"].as_u64());
}

#[tokio::test]
async fn availability_changes_with_stock_commands() {
    let server = TestServer::stocked().await;
    server.order("o", 30).await;
    let counted =
        json!({ "sku": "CUP", "location": "munich", "onHand": 90, "countedAt": "2026-01-01T00:00:00Z" });
    server.post("/v1/stock/count", "count", &counted).await.ok(200);
    let adjusted = json!({ "sku": "CUP", "location": "munich", "delta": -5, "reason": "damaged" });
    let answer = server.post("/v1/stock/adjust", "adjust", &adjusted).await;
    answer.ok(200);
    let path = format!("/v1/availability?sku=CUP&sku=TEA&sku=NONE&minPosition={}", answer.position());
    let answer = server.get(&path).await;
    let items = answer.ok(200)["items"].clone();
    assert_eq!(items.as_array().unwrap().len(), 3);
    assert_eq!((&items[0]["sku"], &items[2]["unknown"]), (&json!("CUP"), &json!(true)));
    assert_eq!((&items[1]["available"], &items[1]["locations"][0]["reserved"]), (&json!(70), &json!(30)));
    let far = format!("/v1/availability?sku=TEA&minPosition={}", server.head().await + 1);
    server.get(&far).await.problem(400, "invalid_parameter");
}

#[tokio::test]
async fn locations_are_listed_paused_and_resumed() {
    let server = TestServer::stocked().await;
    let reason = json!({ "reason": "flood" });
    assert_eq!(server.post("/v1/locations/munich/pause", "p", &reason).await.ok(200)["paused"], true);
    assert_eq!(server.get("/v1/locations").await.ok(200)["items"][0]["paused"], true);
    server.post("/v1/orders", "o", &order(1)).await.problem(409, "insufficient_stock");
    assert_eq!(server.post_text("/v1/locations/munich/resume", "r", "").await.ok(200)["paused"], false);
    server.order("o2", 1).await;
    let set = server.put("/v1/policy", &json!({ "allowSplit": false })).await.ok(200);
    assert_eq!(set["allowSplit"], false);
    assert_eq!(server.get("/v1/policy").await.ok(200), set);
}

#[tokio::test]
async fn orders_are_sorted_by_creation_or_change_in_both_directions() {
    let server = TestServer::stocked().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(server.order(&format!("o{number}"), 1).await);
    }
    // The second order is changed last.
    let path = format!("/v1/orders/{}/hold", ids[1]);
    server.post(&path, "hold", &json!({ "reason": "fraud_risk" })).await.ok(200);
    let head = server.head().await;
    let listed = async |sort: &str| {
        all(&server, &format!("/v1/orders?limit=2&minPosition={head}&sort={sort}"), "orderId").await
    };
    let reversed = |ids: &[String]| ids.iter().rev().cloned().collect::<Vec<_>>();
    assert_eq!(listed("created").await, ids);
    assert_eq!(listed("-created").await, reversed(&ids));
    let second = ids.remove(1);
    ids.push(second);
    assert_eq!(listed("changed").await, ids);
    assert_eq!(listed("-changed").await, reversed(&ids));
    assert_eq!(listed("-changed&sku=TEA&channel=web").await, reversed(&ids));

    let cursor = server.get("/v1/orders?limit=2").await.ok(200)["nextCursor"].as_str().unwrap().to_owned();
    server.get(&format!("/v1/orders?sort=changed&cursor={cursor}")).await.problem(400, "invalid_cursor");
    server.get("/v1/orders?sort=newest").await.problem(400, "invalid_parameter");
}

#[tokio::test]
async fn created_after_and_before_exclude_the_given_times() {
    let server = TestServer::stocked().await;
    let mut created = Vec::new();
    for number in 0..3 {
        let id = server.order(&format!("o{number}"), 1).await;
        let order = server.get(&format!("/v1/orders/{id}")).await.ok(200);
        created.push((id, order["createdAt"].as_str().unwrap().to_owned()));
    }
    let head = server.head().await;
    let (_, second) = &created[1];
    let listed = async |filter: String| {
        all(&server, &format!("/v1/orders?minPosition={head}&{filter}"), "orderId").await
    };
    assert_eq!(listed(format!("createdAfter={second}")).await, [created[2].0.clone()]);
    assert_eq!(listed(format!("createdBefore={second}")).await, [created[0].0.clone()]);
    let (first, third) = (&created[0].1, &created[2].1);
    let between = format!("createdAfter={first}&createdBefore={third}&sku=TEA&sort=-changed");
    assert_eq!(listed(between).await, [created[1].0.clone()]);
}

#[tokio::test]
async fn a_position_beyond_the_journal_is_rejected() {
    let server = TestServer::stocked().await;
    let head = server.head().await;
    server.get(&format!("/v1/events?after={head}")).await.ok(200);
    let beyond = format!("/v1/events?after={}", head + 1);
    let refused = server.get(&beyond).await.problem(400, "invalid_parameter");
    assert!(refused["detail"].as_str().unwrap().contains(&format!("ends at position {head}")), "{refused}");
}

#[tokio::test]
async fn every_query_accepts_a_minimum_position() {
    let server = TestServer::stocked().await;
    let id = server.order("o", 1).await;
    let head = server.head().await;
    for path in [
        "/v1/orders?".to_owned(),
        format!("/v1/orders/{id}?"),
        format!("/v1/orders/{id}/history?"),
        "/v1/fulfillment-orders?".to_owned(),
        "/v1/fulfillment-board?location=munich&stage=pick&".to_owned(),
        "/v1/fulfillment-board/summary?".to_owned(),
        "/v1/metrics?".to_owned(),
        "/v1/availability?sku=TEA&".to_owned(),
        "/v1/stock/history?sku=TEA&".to_owned(),
        "/v1/consequences?position=1&".to_owned(),
        "/v1/events?".to_owned(),
        "/v1/events?correlationId=none&".to_owned(),
        "/v1/locations?".to_owned(),
        "/v1/policy?".to_owned(),
    ] {
        server.get(&format!("{path}minPosition={head}")).await.ok(200);
        let beyond = server.get(&format!("{path}minPosition={}", head + 1)).await;
        assert_eq!(beyond.problem(400, "invalid_parameter")["parameter"], "minPosition", "{path}");
        let bad = server.get(&format!("{path}minPosition=soon")).await.problem(400, "invalid_parameter");
        assert_eq!(bad["parameter"], "minPosition", "{path}");
    }
}

#[tokio::test]
async fn a_position_beyond_the_journal_is_refused_with_the_name_of_its_parameter() {
    let server = TestServer::stocked().await;
    let beyond = server.head().await + 1;
    for (path, parameter) in [
        (format!("/v1/events?after={beyond}"), "after"),
        (format!("/v1/events?minPosition={beyond}"), "minPosition"),
        (format!("/v1/policy?minPosition={beyond}"), "minPosition"),
    ] {
        let problem = server.get(&path).await.problem(400, "invalid_parameter");
        assert_eq!(problem["parameter"], parameter, "{path}");
    }
}
