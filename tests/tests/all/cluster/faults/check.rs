//! Checks the guarantees P1 to P7 (see ARCHITECTURE.md) after a fault: the responses that clients got against the events,
//! the stored outcomes and the read models.

use std::collections::{BTreeMap, HashMap};

use holdfast_domain::values::Timestamp;
use serde_json::Value;

use super::load::Responses;
use crate::support::events::all_events;
use crate::support::server::{TestServer, order};
use crate::support::store::TestStore;

/// Checks P1 to P7 on a server and its store.
pub async fn check(server: &TestServer, store: &TestStore, responses: &Responses) {
    let events = all_events(server).await;
    check_order(&events);
    let reserved = check_overselling(&events);
    let accepted = responses.values().filter(|answer| answer.status == 201).count();
    assert_eq!(usize::try_from(reserved), Ok(accepted), "every accepted order has one unit reserved");
    check_created_orders(&events, responses);
    check_replays(server, responses).await;
    check_read_models(server, &events, reserved).await;
    let verified = store.run(&["verify", "--json"]);
    assert!(verified.status.success(), "P5: {}", String::from_utf8_lossy(&verified.stdout));
}

/// P4: decision times never decrease along positions, which have no gap (`all_events` checks that).
fn check_order(events: &[Value]) {
    let time =
        |event: &Value| -> Timestamp { event["time"].as_str().expect("a time").parse().expect("a time") };
    let times: Vec<i64> = events.iter().map(|event| time(event).microseconds()).collect();
    assert!(times.is_sorted(), "P4: decision times decrease");
}

/// P1: at no position is more reserved than on hand. Returns the number of reserved units at the end.
fn check_overselling(events: &[Value]) -> i64 {
    let mut levels: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for event in events {
        let data = &event["data"];
        let sign = match event["type"].as_str() {
            Some("StockReceived") => {
                levels.entry(text(&data["location"])).or_default().0 += units(data);
                continue;
            }
            Some("StockReserved") => 1,
            Some("StockReleased") => -1,
            _ => continue,
        };
        for allocation in data["allocations"].as_array().expect("allocations") {
            let level = levels.entry(text(&allocation["location"])).or_default();
            level.1 += sign * units(allocation);
            assert!(level.1 <= level.0, "P1: oversold at position {}", event["position"]);
        }
    }
    levels.values().map(|(_, reserved)| reserved).sum()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn units(value: &Value) -> i64 {
    value["quantity"].as_i64().expect("a quantity")
}

/// P2 and P3: every accepted order was created exactly once, and no other order was created.
fn check_created_orders(events: &[Value], responses: &Responses) {
    let mut created: HashMap<String, usize> = HashMap::new();
    for event in events.iter().filter(|event| event["type"] == "OrderCreated") {
        let id = event["data"]["orderId"].as_str().expect("an id").to_owned();
        *created.entry(id).or_default() += 1;
    }
    let accepted = responses.iter().filter(|(_, answer)| answer.status == 201);
    let mut count = 0;
    for (key, answer) in accepted {
        let id = answer.json()["orderId"].as_str().expect("an id").to_owned();
        assert_eq!(created.get(&id), Some(&1), "P2, P3: the order of {key} was accepted");
        count += 1;
    }
    assert_eq!(created.len(), count, "P3: an order was created that was never accepted");
}

/// P3: the same key gets the same response.
async fn check_replays(server: &TestServer, responses: &Responses) {
    for (key, answer) in responses.iter().take(100) {
        let again = server.post("/v1/orders", key, &order("HOT", 1)).await;
        assert!(again.replayed, "P3: {key} was executed twice: {again:?} after {answer:?}");
        assert_eq!((again.status, &again.text), (answer.status, &answer.text), "P3: {key}");
    }
}

/// P6 and P7: the read models include every event and agree with the events.
async fn check_read_models(server: &TestServer, events: &[Value], reserved: i64) {
    let head = events.len();
    let path = format!("/v1/availability?sku=HOT&minPosition={head}");
    let item = server.get(&path).await.accepted()["items"][0].clone();
    let shown: i64 = item["locations"]
        .as_array()
        .expect("locations")
        .iter()
        .map(|there| there["reserved"].as_i64().expect("a number"))
        .sum();
    assert_eq!(shown, reserved, "P6: availability does not agree with the events");
    server.wait_for_projections(head as u64).await;
    let projections = server.get("/v1/projections").await.accepted();
    for projection in projections["items"].as_array().expect("items") {
        let number = |name: &str| projection[name].as_u64().expect("a number");
        assert_eq!(number("folded") + number("parked"), number("position"), "P7: {projection}");
        assert_eq!(number("position"), head as u64, "P7: {projection}");
    }
}
