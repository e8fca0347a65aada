//! `/v1/availability?asOf=`: what could be promised at a moment.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;

/// Carries commands out that change what can be promised of tea, and notes after each what is answered.
async fn lived(server: &TestServer) -> Vec<(u64, Value)> {
    let mut lived = Vec::new();
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
                let waits = json!({ "channel": "web", "payment": "not_required", "onShortage": "backorder",
                                    "lines": [{ "sku": "TEA", "quantity": 4 }] });
                server.post("/v1/orders", "o2", &waits).await
            }
            4 => server.post_text("/v1/locations/munich/resume", "r", "").await,
            5 => {
                let limits = json!({ "sku": "TEA", "channelLimits": { "web": 30 } });
                server.put("/v1/stock-policies", &limits).await
            }
            6 => {
                let expected = json!({ "sku": "TEA", "location": "munich", "quantity": 50,
                                       "dueAt": "2089-01-01T00:00:00Z", "supplyId": "s1" });
                server.post("/v1/supplies", "s", &expected).await
            }
            _ => {
                let missing = json!({ "sku": "TEA", "location": "munich", "delta": -9, "reason": "lost" });
                server.post("/v1/stock/adjust", "a", &missing).await
            }
        };
        assert!(answer.status.is_success(), "{step}: {}", String::from_utf8_lossy(&answer.bytes));
        let live = server.get(&format!("{ALL}&minPosition={}", answer.position())).await;
        lived.push((live.position(), live.ok(200)));
    }
    lived
}

const ALL: &str = "/v1/availability?sku=TEA&sku=CUP&sku=NONE&sku=TEA";

#[tokio::test]
async fn what_could_be_promised_at_a_moment_is_what_was_answered_then() {
    let server = TestServer::stocked().await;
    let lived = lived(&server).await;
    let mut seen = BTreeSet::new();
    for (position, answered) in &lived {
        let then = server.get(&format!("{ALL}&asOf={position}")).await;
        assert_eq!(then.position(), *position);
        assert_eq!(then.ok(200), *answered, "as of {position}");
        seen.insert(answered["items"][0].to_string());
    }
    assert!(seen.len() >= 7, "it was not always the same: {seen:?}");
    assert_eq!(
        lived[1].1["items"].as_array().unwrap().len(),
        3,
        "one SKU was never seen, one asked for twice"
    );
    for future in ["99999999", "2090-01-01T00:00:00Z"] {
        let now = server.get(&format!("{ALL}&asOf={future}")).await;
        assert_eq!((now.position(), now.ok(200)), lived.last().unwrap().clone(), "{future}");
    }
    let before = server.get(&format!("{ALL}&asOf=2020-01-01T00:00:00Z")).await;
    assert_eq!((before.position(), before.ok(200)["items"].clone()), (0, json!([])));
    // The location was there and nothing of these.
    assert_eq!(server.get(&format!("{ALL}&asOf=1")).await.ok(200)["items"], json!([]));
}

#[tokio::test]
async fn a_channel_and_a_moment_to_come_narrow_the_past_as_they_narrow_the_present() {
    let server = TestServer::stocked().await;
    let narrow = ["&channel=web", "&by=2090-01-01T00:00:00Z", "&channel=web&by=2090-01-01T00:00:00Z"];
    let mut now = Vec::new();
    let lived = lived(&server).await;
    let last = lived.last().unwrap().0;
    for narrowed in narrow {
        now.push(server.get(&format!("{ALL}{narrowed}&minPosition={last}")).await.ok(200));
    }
    let all = json!({ "sku": "TEA", "location": "munich", "quantity": 500 });
    let more = server.post("/v1/stock/receive", "more", &all).await.position();
    for (narrowed, answered) in narrow.into_iter().zip(now) {
        let path = format!("{ALL}{narrowed}&minPosition={more}&asOf={last}");
        assert_eq!(server.get(&path).await.ok(200), answered, "{narrowed}");
    }
}

#[tokio::test]
async fn a_moment_that_cannot_be_asked_about_so_is_refused() {
    let server = TestServer::stocked_with(|app| app.queries.max_events = 3).await;
    for bad in ["asOf=soon", "asOf=-1", "asOf=", "asOf=1&asOf=2"] {
        let refused = server.get(&format!("{ALL}&{bad}")).await.problem(400, "invalid_parameter");
        assert_eq!(refused["parameter"], "asOf", "{bad}");
    }
    let head = server.head().await;
    let beyond = format!("{ALL}&asOf={head}&minPosition={}", head + 1);
    server.get(&beyond).await.problem(400, "invalid_parameter");
    // The location and a receipt of each of the two.
    server.get(&format!("{ALL}&asOf={head}")).await.ok(200);
    server.order("o", 1).await;
    let refused =
        server.get(&format!("{ALL}&asOf={}", server.head().await)).await.problem(422, "too_many_events");
    assert_eq!(refused["mostEvents"], 3);
    server.get(&format!("/v1/availability?sku=CUP&asOf={}", server.head().await)).await.ok(200);
}
