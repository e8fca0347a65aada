//! `/v1/orders/{orderId}/history`: the status after each event, and the fields that each event changed.

use serde_json::json;

use super::*;

/// The states that result from the differences of each event.
fn states(items: &[Value]) -> Vec<Value> {
    let mut state = json!({});
    let apply = |item: &Value| {
        for difference in item["differences"].as_array().unwrap() {
            let pointer = difference["pointer"].as_str().unwrap();
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            assert_eq!(state.pointer(pointer), difference.get("before"), "{pointer} of {item}");
            let after = difference.get("after").cloned();
            match (state.pointer_mut(parent).unwrap(), after) {
                (Value::Object(fields), Some(after)) => drop(fields.insert(name.to_owned(), after)),
                (Value::Object(fields), None) => drop(fields.remove(name)),
                (Value::Array(all), Some(after)) if all.len() > name.parse().unwrap() => {
                    all[name.parse::<usize>().unwrap()] = after;
                }
                (Value::Array(all), Some(after)) => all.push(after),
                (Value::Array(all), None) => all.truncate(name.parse().unwrap()),
                other => panic!("{pointer} of {other:?}"),
            }
        }
        state.clone()
    };
    items.iter().map(apply).collect()
}

#[tokio::test]
async fn differences_add_up_to_the_order_at_each_position() {
    let server = TestServer::stocked().await;
    let id = server.order("o", 3).await;
    let held = json!({ "reason": "fraud_risk" });
    server.post(&format!("/v1/orders/{id}/hold"), "hold", &held).await.ok(200);
    server.post(&format!("/v1/orders/{id}/release-hold"), "go", &json!({ "holdId": "h1" })).await.ok(200);
    server.post(&format!("/v1/orders/{id}/cancel"), "no", &json!({ "reason": "why not" })).await.ok(200);
    let history = server.get(&format!("/v1/orders/{id}/history?differences=true")).await.ok(200);
    let items = history["items"].as_array().unwrap();
    let statuses: Vec<_> = items.iter().map(|item| item["status"].as_str().unwrap()).collect();
    assert_eq!(statuses[..5], ["created", "created", "reserved", "on_hold", "reserved"]);
    assert_eq!(statuses.last(), Some(&"cancelled"));
    for (item, mut state) in items.iter().zip(states(items)) {
        assert_eq!(state["status"], item["status"]);
        if item["position"] != item["commandEnd"] {
            continue;
        }
        let then = server.get(&format!("/v1/orders/{id}?asOf={}", item["position"])).await.ok(200);
        // Every event changes these two fields, so they are not reported.
        state["version"] = then["version"].clone();
        state["position"] = then["position"].clone();
        assert_eq!(state, then, "{item}");
    }
}

#[tokio::test]
async fn a_history_ends_at_a_past_time_and_has_differences_on_request_only() {
    let server = TestServer::stocked().await;
    let id = server.order("o", 3).await;
    let created = server.head().await;
    server.post(&format!("/v1/orders/{id}/cancel"), "no", &json!({ "reason": "why not" })).await.ok(200);
    let path = format!("/v1/orders/{id}/history");
    let all = server.get(&path).await.ok(200)["items"].clone();
    assert!(all.as_array().unwrap().iter().all(|item| item.get("differences").is_none()));
    let then = server.get(&format!("{path}?asOf={created}")).await;
    assert_eq!(then.position(), created);
    assert_eq!(then.ok(200)["items"], json!(all.as_array().unwrap()[..3]));
    server.get(&format!("{path}?asOf={}", created - 1)).await.problem(404, "unknown_order");
    for (query, parameter) in [("differences=yes", "differences"), ("asOf=soon", "asOf")] {
        let refused = server.get(&format!("{path}?{query}")).await.problem(400, "invalid_parameter");
        assert_eq!(refused["parameter"], parameter);
    }
}

#[tokio::test]
async fn too_many_differences_are_rejected_but_the_history_is_available() {
    let server = TestServer::stocked().await;
    let line = |number: usize| json!({ "sku": if number == 0 { "TEA" } else { "CUP" }, "quantity": 1 });
    let wanted = json!({ "channel": "web", "payment": "not_required", "onShortage": "backorder",
                         "lines": (0..500).map(line).collect::<Vec<_>>() });
    let order = server.post("/v1/orders", "large", &wanted).await.ok(201);
    let path = format!("/v1/orders/{}", order["orderId"].as_str().unwrap());
    for number in 1..=100 {
        let held = json!({ "reason": "other" });
        server.post(&format!("{path}/hold"), &format!("hold-{number}"), &held).await.ok(200);
        let released = json!({ "holdId": format!("h{number}") });
        server.post(&format!("{path}/release-hold"), &format!("go-{number}"), &released).await.ok(200);
    }
    let history = server.get(&format!("{path}/history")).await.ok(200);
    assert!(history["items"].as_array().unwrap().len() > 200);
    let refused = server.get(&format!("{path}/history?differences=true")).await;
    refused.problem(422, "too_much_to_compare");
}
