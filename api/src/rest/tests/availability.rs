//! `/v1/availability?asOf=`: availability at a past time.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;

/// Submits commands that change the availability of tea, and returns the position and the answer after each.
async fn availability_after_each_command(server: &TestServer) -> Vec<(u64, Value)> {
    let mut answers = Vec::new();
    for step in 0..8 {
        let answer = match step {
            0 => {
                server
                    .put("/v1/stock-policies", &json!({ "sku": "TEA", "safetyStock": { "munich": 5 } }))
                    .await
            }
            1 => server.post("/v1/orders", "o1", &order(20)).await,
            2 => server.post("/v1/locations/munich/pause", "p", &json!({ "reason": "flood" })).await,
            3 => {
                let backorder = json!({ "channel": "web", "payment": "not_required", "onShortage": "backorder",
                                    "lines": [{ "sku": "TEA", "quantity": 4 }] });
                server.post("/v1/orders", "o2", &backorder).await
            }
            4 => server.post_text("/v1/locations/munich/resume", "r", "").await,
            5 => {
                let limits = json!({ "sku": "TEA", "channelLimits": { "web": 30 } });
                server.put("/v1/stock-policies", &limits).await
            }
            6 => {
                let supply = json!({ "sku": "TEA", "location": "munich", "quantity": 50,
                                       "dueAt": "2089-01-01T00:00:00Z", "supplyId": "s1" });
                server.post("/v1/supplies", "s", &supply).await
            }
            _ => {
                let lost = json!({ "sku": "TEA", "location": "munich", "delta": -9, "reason": "lost" });
                server.post("/v1/stock/adjust", "a", &lost).await
            }
        };
        assert!(answer.status.is_success(), "{step}: {}", String::from_utf8_lossy(&answer.bytes));
        let live = server.get(&format!("{AVAILABILITY}&minPosition={}", answer.position())).await;
        answers.push((live.position(), live.ok(200)));
    }
    answers
}

const AVAILABILITY: &str = "/v1/availability?sku=TEA&sku=CUP&sku=NONE&sku=TEA";

#[tokio::test]
async fn a_past_state_beyond_the_end_of_the_journal_is_refused() {
    let server = TestServer::stocked().await;
    let order = server.order("order", 1).await;
    let head = server.head().await;
    for path in [
        format!("/v1/orders/{order}?"),
        format!("/v1/orders/{order}/history?"),
        format!("{AVAILABILITY}&"),
        "/v1/stock/history?sku=TEA&".to_owned(),
    ] {
        let problem = server.get(&format!("{path}asOf={}", head + 1)).await.problem(400, "invalid_parameter");
        assert_eq!(problem["parameter"], "asOf", "{problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(&format!("it ends at position {head}")), "{detail}");
        server.get(&format!("{path}asOf={head}")).await.ok(200);
    }
}

#[tokio::test]
async fn availability_as_of_a_position_equals_the_earlier_answer() {
    let server = TestServer::stocked().await;
    let answers = availability_after_each_command(&server).await;
    let mut seen = BTreeSet::new();
    for (position, answered) in &answers {
        let past = server.get(&format!("{AVAILABILITY}&asOf={position}")).await;
        assert_eq!(past.position(), *position);
        assert_eq!(past.ok(200), *answered, "as of {position}");
        seen.insert(answered["items"][0].to_string());
    }
    assert!(seen.len() >= 7, "the commands change the availability: {seen:?}");
    assert_eq!(
        answers[1].1["items"].as_array().unwrap().len(),
        4,
        "one SKU is unknown, another is requested twice"
    );
    let now = server.get(&format!("{AVAILABILITY}&asOf=2090-01-01T00:00:00Z")).await;
    assert_eq!((now.position(), now.ok(200)), answers.last().unwrap().clone());
    let before = server.get(&format!("{AVAILABILITY}&asOf=2020-01-01T00:00:00Z")).await;
    assert_eq!(before.position(), 0);
    // At position 1 the location existed, but no stock of these SKUs.
    for past in [before, server.get(&format!("{AVAILABILITY}&asOf=1")).await] {
        let items = past.ok(200)["items"].as_array().unwrap().clone();
        assert!(items.len() == 4 && items.iter().all(|item| item["unknown"] == true), "{items:?}");
    }
}

#[tokio::test]
async fn channel_and_future_time_apply_to_a_past_state_as_to_the_current_one() {
    let server = TestServer::stocked().await;
    let filters = ["&channel=web", "&by=2090-01-01T00:00:00Z", "&channel=web&by=2090-01-01T00:00:00Z"];
    let mut current = Vec::new();
    let answers = availability_after_each_command(&server).await;
    let last = answers.last().unwrap().0;
    for filter in filters {
        current.push(server.get(&format!("{AVAILABILITY}{filter}&minPosition={last}")).await.ok(200));
    }
    let receipt = json!({ "sku": "TEA", "location": "munich", "quantity": 500 });
    let later = server.post("/v1/stock/receive", "receipt", &receipt).await.position();
    for (filter, answered) in filters.into_iter().zip(current) {
        let path = format!("{AVAILABILITY}{filter}&minPosition={later}&asOf={last}");
        assert_eq!(server.get(&path).await.ok(200), answered, "{filter}");
    }
}

#[tokio::test]
async fn invalid_past_times_and_long_replays_are_rejected() {
    let server = TestServer::stocked_with(|app| app.queries.max_events = 3).await;
    for invalid in ["asOf=soon", "asOf=-1", "asOf=", "asOf=1&asOf=2"] {
        let refused =
            server.get(&format!("{AVAILABILITY}&{invalid}")).await.problem(400, "invalid_parameter");
        assert_eq!(refused["parameter"], "asOf", "{invalid}");
    }
    let head = server.head().await;
    let beyond = format!("{AVAILABILITY}&asOf={head}&minPosition={}", head + 1);
    server.get(&beyond).await.problem(400, "invalid_parameter");
    // Three events: the location, and a receipt for each SKU.
    server.get(&format!("{AVAILABILITY}&asOf={head}")).await.ok(200);
    server.order("o", 1).await;
    let refused = server
        .get(&format!("{AVAILABILITY}&asOf={}", server.head().await))
        .await
        .problem(422, "too_many_events");
    assert_eq!(refused["mostEvents"], 3);
    server.get(&format!("/v1/availability?sku=CUP&asOf={}", server.head().await)).await.ok(200);
}
