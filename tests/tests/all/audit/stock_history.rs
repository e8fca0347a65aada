//! Audits of orders and stock items: their events, and their quantities at every position.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::orders::{PlacedOrder, one_package, order_with};
use crate::support::server::{HttpResponse, TestServer, order};
use crate::support::store::{TestStore, on_every_store};

on_every_store!(
    audit_order_shows_the_state_after_each_event,
    availability_as_of_a_position_equals_the_earlier_answer,
    stock_history_shows_the_quantities_after_each_command,
    the_history_of_a_sku_with_thousands_of_events_is_complete,
);

/// Live availability answers, by journal position.
type Answers = BTreeMap<u64, Value>;

/// Sends many kinds of commands for `MUG` and records the availability after each.
struct Scenario {
    server: TestServer,
    answers: Answers,
}

impl Scenario {
    async fn run(store: &TestStore) -> Self {
        let server = TestServer::start(store).await;
        server.add_stock("DC-1", "MUG", 10).await;
        server.add_stock("DC-2", "MUG", 5).await;
        let mut scenario = Self { server, answers: Answers::new() };
        scenario.send_commands().await;
        scenario
    }

    /// Records the availability after a command.
    async fn record(&mut self, answer: HttpResponse) -> Value {
        let accepted = answer.accepted();
        let position = answer.position.expect("a position");
        let live = self.server.get(&format!("/v1/availability?sku=MUG&minPosition={position}")).await;
        // If the process manager has issued a command in the meantime, the answer has a later position.
        let head = live.position.expect("a position");
        if head == position {
            self.answers.insert(position, live.accepted()["items"][0].clone());
        }
        accepted
    }

    async fn post(&mut self, path: &str, key: &str, body: &Value) -> Value {
        let answer = self.server.post(path, key, body).await;
        self.record(answer).await
    }

    async fn put(&mut self, path: &str, body: &Value) {
        let answer = self.server.put(path, body).await;
        self.record(answer).await;
    }

    async fn send_commands(&mut self) {
        let view = self.post("/v1/orders", "order", &order("MUG", 3)).await;
        let placed = PlacedOrder::from_view(view);
        self.post(&placed.fulfillment_order_path(1, "ship"), "ship", &one_package("1Z1")).await;
        let backorder = order_with("MUG", 14, &json!({ "onShortage": "backorder" }));
        let backorder = PlacedOrder::from_view(self.post("/v1/orders", "backorder", &backorder).await);
        self.post("/v1/locations/DC-2/pause", "pause", &json!({ "reason": "flood" })).await;
        let more = json!({ "sku": "MUG", "location": "DC-1", "quantity": 6 });
        self.post("/v1/stock/receive", "more", &more).await;
        backorder.wait_until_reserved(&self.server).await;
        self.post("/v1/locations/DC-2/resume", "resume", &json!({})).await;
        let damaged = json!({ "sku": "MUG", "location": "DC-1", "from": "sellable", "to": "damaged", "quantity": 1,
                           "reason": "chipped" });
        self.post("/v1/stock/condition", "damaged", &damaged).await;
        self.put("/v1/stock-policies", &json!({ "sku": "MUG", "safetyStock": { "DC-1": 2 } })).await;
        let cancelled = json!({ "reason": "changed her mind" });
        self.post(&backorder.path("cancel"), "cancel", &cancelled).await;
        let transfer =
            json!({ "sku": "MUG", "from": "DC-1", "to": "DC-3", "quantity": 4, "transferId": "t1" });
        self.put("/v1/locations/DC-3", &json!({ "latitude": 1.0, "longitude": 2.0 })).await;
        self.post("/v1/transfers", "transfer", &transfer).await;
        self.post("/v1/transfers/t1/receive", "received", &json!({ "quantity": 4 })).await;
        let lost = json!({ "sku": "MUG", "location": "DC-1", "delta": -2, "reason": "lost" });
        self.post("/v1/stock/adjust", "lost", &lost).await;
    }
}

/// Every movement of a SKU, page by page.
async fn history(server: &TestServer, query: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.get(&format!("/v1/stock/history?{query}{cursor}")).await.accepted();
        all.extend(page["items"].as_array().expect("items").clone());
        let Some(next) = page["nextCursor"].as_str() else { return all };
        cursor = format!("&cursor={next}");
    }
}

/// The quantities of a location that both a history and an availability have.
const QUANTITIES: [&str; 7] =
    ["onHand", "reserved", "earmarked", "safetyStock", "available", "quarantine", "damaged"];

fn quantities_of(location: &Value) -> [u64; 7] {
    QUANTITIES.map(|name| location[name].as_u64().unwrap_or_else(|| panic!("no {name} in {location}")))
}

/// The lines that `audit stock` prints as JSON.
fn audit_stock_json(store: &TestStore, arguments: &[&str]) -> Vec<Value> {
    let output = store.run(&[&["audit", "stock"], arguments, &["--json"]].concat());
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

async fn stock_history_shows_the_quantities_after_each_command(store: TestStore) {
    let Scenario { server, answers } = &Scenario::run(&store).await;
    let all_movements = history(server, "sku=MUG&limit=3").await;
    let mut folded: BTreeMap<String, [u64; 7]> = BTreeMap::new();
    let mut compared = 0;
    for (index, item) in all_movements.iter().enumerate() {
        for location in item["locations"].as_array().expect("locations") {
            let name = location["location"].as_str().expect("a name").to_owned();
            folded.insert(name, quantities_of(location));
        }
        // Compare after the last movement of a command only.
        let end = item["commandEnd"].as_u64().expect("a position");
        let is_last =
            all_movements.get(index + 1).is_none_or(|next| next["commandEnd"] != item["commandEnd"]);
        let Some(live) = answers.get(&end).filter(|_| is_last) else { continue };
        let expected = live["locations"].as_array().expect("locations").iter();
        let expected: BTreeMap<String, [u64; 7]> = expected
            .map(|level| (level["location"].as_str().expect("a name").to_owned(), quantities_of(level)))
            .collect();
        // The target of a transfer that has not arrived has no units.
        folded.retain(|name, quantities| expected.contains_key(name) || *quantities != [0; 7]);
        assert_eq!(folded, expected, "after position {end}");
        compared += 1;
    }
    assert!(compared >= 7, "{compared} commands were compared: {answers:?}");

    let at_one_location = history(server, "sku=MUG&location=DC-2").await;
    let mentions_dc_2 = |item: &&Value| item["locations"].to_string().contains("DC-2");
    assert_eq!(at_one_location, all_movements.iter().filter(mentions_dc_2).cloned().collect::<Vec<_>>());
    let filled = all_movements
        .iter()
        .find(|item| item["type"] == "StockBackorderFilled")
        .expect("a StockBackorderFilled movement");
    assert_eq!((&filled["principal"], &filled["command"]), (&json!("holdfast"), &json!("FillBackorders")));
    check_audit_stock(&store, &all_movements);
}

fn check_audit_stock(store: &TestStore, all_movements: &[Value]) {
    assert_eq!(audit_stock_json(store, &["MUG"]), all_movements);
    // Start at the second movement of a command: the first must not be shown.
    let position = |index: usize| all_movements[index]["position"].as_u64().expect("a position");
    let second = (1..all_movements.len()).find(|index| position(*index) == position(index - 1) + 1);
    let second = second.expect("a command with two movements");
    assert_eq!(
        audit_stock_json(store, &["MUG", "--from", &position(second).to_string()]),
        all_movements[second..]
    );
    let until_position =
        audit_stock_json(store, &["MUG", "--as-of", &all_movements[6]["commandEnd"].to_string()]);
    assert_eq!(
        until_position.last(),
        all_movements.iter().rfind(|item| item["commandEnd"] == all_movements[6]["commandEnd"])
    );
    let at_one_location = audit_stock_json(store, &["MUG", "--location", "DC-3"]);
    assert_eq!(
        at_one_location.iter().map(|item| item["type"].as_str().expect("a type")).collect::<Vec<_>>(),
        ["TransferShipped", "TransferReceived"]
    );
    let table = store.run(&["audit", "stock", "MUG"]);
    let table = String::from_utf8(table.stdout).expect("text");
    for expected in ["position", "on hand", "StockBackorderFilled", "FillBackorders, order ", "holdfast"] {
        assert!(table.contains(expected), "{expected} is not in {table}");
    }
    assert!(table.contains(&format!(": {}\n", all_movements.len())), "{table}");
    let unknown = store.run(&["audit", "stock", "NONE"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&unknown.stderr).contains("the SKU NONE has no stock records"),
        "{unknown:?}"
    );
    let before_first_event = store.run(&["audit", "stock", "MUG", "--as-of", "2020-01-01T00:00:00Z"]);
    assert!(
        String::from_utf8_lossy(&before_first_event.stderr).contains("as of 2020-01-01T00:00:00"),
        "{before_first_event:?}"
    );
}

/// Events of the SKU: enough for more than two stock snapshots.
const EVENTS: usize = 11_000;

async fn the_history_of_a_sku_with_thousands_of_events_is_complete(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "HOT", 1_000_000).await;
    let mut last = 0;
    for batch in 0..EVENTS / 1_000 {
        let adjustment = |number: usize| {
            json!({ "key": format!("{batch}-{number}"), "command": "AdjustStock", "sku": "HOT",
                    "location": "DC-1", "delta": -1, "reason": "lost" })
        };
        let answer = server
            .post("/v1/commands", "unused", &json!((0..1_000).map(adjustment).collect::<Vec<_>>()))
            .await;
        last = answer.position.expect("a position");
        answer.accepted();
    }
    server.get(&format!("/v1/availability?sku=HOT&minPosition={last}")).await.accepted();
    let all_movements = history(&server, "sku=HOT&limit=1000").await;
    assert_eq!(all_movements.len(), EVENTS + 1);
    for (lost, item) in all_movements.iter().enumerate() {
        assert_eq!(item["locations"][0]["onHand"], json!(1_000_000 - lost), "{item}");
    }
    assert_eq!(audit_stock_json(&store, &["HOT"]), all_movements);
}

async fn audit_order_shows_the_state_after_each_event(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    let body = order_with("MUG", 2, &json!({ "shipTo": { "name": "Ada Lovelace", "city": "London" } }));
    let placed = PlacedOrder::new(&server, "o", &body).await;
    placed.fulfillment_order(&server, 1, "pick", &json!({ "all": true })).await;
    placed.command(&server, "hold", &json!({ "reason": "other" })).await;
    let last =
        placed.command(&server, "release-hold", &json!({ "holdId": "h1" })).await["position"].to_string();
    let audit = |more: &[&str]| {
        let output = store.run(&[&["audit", "order", &placed.id], more].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let report: Value = serde_json::from_str(&audit(&["--json"])).expect("JSON");
    assert!(!report.to_string().contains("Ada"), "personal data stays encrypted");
    let events = report["events"].as_array().expect("events");
    assert_eq!(events.len(), 6);
    for event in events {
        assert_eq!(
            (&event["status"], &event["position"]),
            (&event["state"]["status"], &event["state"]["position"])
        );
        if event["position"] == event["commandEnd"] {
            let path = format!("/v1/orders/{}?asOf={}", placed.id, event["position"]);
            assert_eq!(event["state"], server.get(&path).await.accepted());
        }
    }
    let history = server.get(&format!("{}?differences=true", placed.path("history"))).await.accepted();
    for (event, item) in events.iter().zip(history["items"].as_array().expect("items")) {
        for name in ["status", "differences", "key", "eventId", "command", "data"] {
            assert_eq!(event[name], item[name], "{name} of {event}");
        }
    }

    let table = audit(&["--differences"]);
    for expected in ["summary", "command", "PickItems", "on_hold", "/lines/0/picked: 0 -> 2"] {
        assert!(table.contains(expected), "{expected} is not in {table}");
    }
    let before_last = (last.parse::<u64>().expect("a position") - 1).to_string();
    assert!(audit(&["--as-of", &before_last]).contains("Status: on_hold"));
    assert!(audit(&[]).contains(&format!("since position {last}")));
}

async fn availability_as_of_a_position_equals_the_earlier_answer(store: TestStore) {
    let Scenario { server, answers } = &Scenario::run(&store).await;
    assert!(answers.len() >= 7, "{answers:?}");
    for (position, answered) in answers {
        let past = server.get(&format!("/v1/availability?sku=MUG&asOf={position}")).await;
        assert_eq!(past.position, Some(*position));
        assert_eq!(past.accepted()["items"][0], *answered, "as of {position}");
        let query = format!(
            r#"{{ availability(skus: ["MUG"], asOf: "{position}") {{ nodes {{ available backordered }} }} }}"#
        );
        let item = server.graphql(&query).await["availability"]["nodes"][0].clone();
        assert_eq!(
            (&item["available"], &item["backordered"]),
            (&answered["available"], &answered["backordered"])
        );
    }
    // A time selects the position of the last command that was decided by then.
    for item in history(server, "sku=MUG").await {
        let at = item["at"].as_str().expect("a time");
        let past = server.get(&format!("/v1/availability?sku=MUG&asOf={at}")).await;
        let position = past.position.expect("a position");
        assert!(position >= item["position"].as_u64().expect("a position"), "{item}");
        let same = server.get(&format!("/v1/availability?sku=MUG&asOf={position}")).await;
        assert_eq!(past.accepted(), same.accepted(), "as of {at}");
    }
}
