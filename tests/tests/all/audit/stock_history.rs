//! What auditors ask: what happened to a stock item, and what was there at every moment.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::orders::{PlacedOrder, one_package, order_with};
use crate::support::server::{HttpResponse, TestServer, order};
use crate::support::store::{TestStore, on_every_store};

on_every_store!(
    an_order_is_audited_with_its_state_after_each_event,
    what_could_be_promised_at_a_moment_is_what_was_answered_then,
    running_quantities_of_a_history_are_what_was_there_after_each_command,
    a_hot_sku_is_told_from_its_middle,
);

/// What was answered of a SKU while something was so, by the position at which it was.
type Lived = BTreeMap<u64, Value>;

/// A shop in which much happens to mugs, and what was answered of them after each command.
struct Day {
    server: TestServer,
    lived: Lived,
}

impl Day {
    async fn begin(store: &TestStore) -> Self {
        let server = TestServer::start(store).await;
        server.add_stock("DC-1", "MUG", 10).await;
        server.add_stock("DC-2", "MUG", 5).await;
        Self { server, lived: Lived::new() }
    }

    /// Notes what is answered now that a command has been carried out.
    async fn note(&mut self, answer: HttpResponse) -> Value {
        let granted = answer.accepted();
        let position = answer.position.expect("a position");
        let live = self.server.get(&format!("/v1/availability?sku=MUG&minPosition={position}")).await;
        // Where the attendant has done something meanwhile, that is what was answered.
        let head = live.position.expect("a position");
        if head == position {
            self.lived.insert(position, live.accepted()["items"][0].clone());
        }
        granted
    }

    async fn post(&mut self, path: &str, key: &str, body: &Value) -> Value {
        let answer = self.server.post(path, key, body).await;
        self.note(answer).await
    }

    async fn put(&mut self, path: &str, body: &Value) {
        let answer = self.server.put(path, body).await;
        self.note(answer).await;
    }

    /// Mugs that are ordered, waited for, shipped, counted, sent, kept back and not sold for a while.
    async fn pass(&mut self) {
        let sold = self.post("/v1/orders", "sold", &order("MUG", 3)).await;
        let part = sold["fulfillmentOrders"][0]["fulfillmentOrderId"].as_str().expect("a part").to_owned();
        self.post(&format!("/v1/fulfillment-orders/{part}/ship"), "ship", &one_package("1Z1")).await;
        let waits = order_with("MUG", 14, &json!({ "onShortage": "backorder" }));
        let waits = self.post("/v1/orders", "waits", &waits).await;
        let waits = PlacedOrder { id: waits["orderId"].as_str().expect("an id").to_owned(), view: waits };
        self.post("/v1/locations/DC-2/pause", "pause", &json!({ "reason": "flood" })).await;
        let more = json!({ "sku": "MUG", "location": "DC-1", "quantity": 6 });
        self.post("/v1/stock/receive", "more", &more).await;
        waits.wait_until(&self.server, "reserved", |now| now["status"] == "reserved").await;
        self.post("/v1/locations/DC-2/resume", "resume", &json!({})).await;
        let worn = json!({ "sku": "MUG", "location": "DC-1", "from": "sellable", "to": "damaged", "quantity": 1,
                           "reason": "chipped" });
        self.post("/v1/stock/condition", "worn", &worn).await;
        self.put("/v1/stock-policies", &json!({ "sku": "MUG", "safetyStock": { "DC-1": 2 } })).await;
        let cancelled = json!({ "reason": "changed her mind" });
        self.post(&waits.path("cancel"), "cancel", &cancelled).await;
        let sent = json!({ "sku": "MUG", "from": "DC-1", "to": "DC-3", "quantity": 4, "transferId": "t1" });
        self.put("/v1/locations/DC-3", &json!({ "latitude": 1.0, "longitude": 2.0 })).await;
        self.post("/v1/transfers", "sent", &sent).await;
        self.post("/v1/transfers/t1/receive", "came", &json!({ "quantity": 4 })).await;
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

/// What a history and an availability both tell of a location.
const NUMBERS: [&str; 7] =
    ["onHand", "reserved", "earmarked", "safetyStock", "available", "quarantine", "damaged"];

fn numbers(there: &Value) -> [u64; 7] {
    NUMBERS.map(|name| there[name].as_u64().unwrap_or_else(|| panic!("no {name} in {there}")))
}

/// The lines that `audit stock` prints as JSON.
fn audited(store: &TestStore, arguments: &[&str]) -> Vec<Value> {
    let output = store.run(&[&["audit", "stock"], arguments, &["--json"]].concat());
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

async fn running_quantities_of_a_history_are_what_was_there_after_each_command(store: TestStore) {
    let mut day = Day::begin(&store).await;
    day.pass().await;
    let Day { server, lived } = &day;
    let whole = history(server, "sku=MUG&limit=3").await;
    let mut there: BTreeMap<String, [u64; 7]> = BTreeMap::new();
    let mut compared = 0;
    for (index, item) in whole.iter().enumerate() {
        for location in item["locations"].as_array().expect("locations") {
            let name = location["location"].as_str().expect("a name").to_owned();
            there.insert(name, numbers(location));
        }
        // A command's last movement: what comes next of the SKU is of another command.
        let end = item["commandEnd"].as_u64().expect("a position");
        let is_last = whole.get(index + 1).is_none_or(|next| next["commandEnd"] != item["commandEnd"]);
        let Some(live) = lived.get(&end).filter(|_| is_last) else { continue };
        let told = live["locations"].as_array().expect("locations").iter();
        let told: BTreeMap<String, [u64; 7]> = told
            .map(|there| (there["location"].as_str().expect("a name").to_owned(), numbers(there)))
            .collect();
        // A location that was only sent something has nothing yet.
        there.retain(|name, numbers| told.contains_key(name) || *numbers != [0; 7]);
        assert_eq!(there, told, "after position {end}");
        compared += 1;
    }
    assert!(compared >= 7, "{compared} commands were compared: {lived:?}");

    let at_one = history(server, "sku=MUG&location=DC-2").await;
    let names = |item: &&Value| item["locations"].to_string().contains("DC-2");
    assert_eq!(at_one, whole.iter().filter(names).cloned().collect::<Vec<_>>());
    let reserved = whole.iter().find(|item| item["type"] == "StockBackorderFilled").expect("it was served");
    assert_eq!(
        (&reserved["principal"], &reserved["command"]),
        (&json!("holdfast"), &json!("FillBackorders"))
    );
    the_command_line_tells_the_same(&store, &whole);
}

fn the_command_line_tells_the_same(store: &TestStore, whole: &[Value]) {
    assert_eq!(audited(store, &["MUG"]), whole);
    // One right behind another, so that neither is told too much nor too little.
    let position = |index: usize| whole[index]["position"].as_u64().expect("a position");
    let second = (1..whole.len()).find(|index| position(*index) == position(index - 1) + 1);
    let second = second.expect("a command with two movements");
    assert_eq!(audited(store, &["MUG", "--from", &position(second).to_string()]), whole[second..]);
    let until = audited(store, &["MUG", "--as-of", &whole[6]["commandEnd"].to_string()]);
    assert_eq!(until.last(), whole.iter().rfind(|item| item["commandEnd"] == whole[6]["commandEnd"]));
    let at_one = audited(store, &["MUG", "--location", "DC-3"]);
    assert_eq!(
        at_one.iter().map(|item| item["type"].as_str().expect("a type")).collect::<Vec<_>>(),
        ["TransferShipped", "TransferReceived"]
    );
    let table = store.run(&["audit", "stock", "MUG"]);
    let table = String::from_utf8(table.stdout).expect("text");
    for expected in ["position", "on hand", "StockBackorderFilled", "FillBackorders, order ", "holdfast"] {
        assert!(table.contains(expected), "{expected} is not in {table}");
    }
    assert!(table.contains(&format!(": {}\n", whole.len())), "{table}");
    let unknown = store.run(&["audit", "stock", "NONE"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("the SKU NONE is not known"), "{unknown:?}");
    let never = store.run(&["audit", "stock", "MUG", "--as-of", "2020-01-01T00:00:00Z"]);
    assert!(String::from_utf8_lossy(&never.stderr).contains("as of 2020-01-01T00:00:00"), "{never:?}");
}

/// Events of the hot SKU: more than two milestones lie within them.
const HOT: usize = 11_000;

async fn a_hot_sku_is_told_from_its_middle(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "HOT", 1_000_000).await;
    let mut last = 0;
    for batch in 0..HOT / 1_000 {
        let one = |number: usize| {
            json!({ "key": format!("{batch}-{number}"), "command": "AdjustStock", "sku": "HOT",
                    "location": "DC-1", "delta": -1, "reason": "lost" })
        };
        let answer =
            server.post("/v1/commands", "unused", &json!((0..1_000).map(one).collect::<Vec<_>>())).await;
        last = answer.position.expect("a position");
        answer.accepted();
    }
    server.get(&format!("/v1/availability?sku=HOT&minPosition={last}")).await.accepted();
    let whole = history(&server, "sku=HOT&limit=1000").await;
    assert_eq!(whole.len(), HOT + 1);
    for (lost, item) in whole.iter().enumerate() {
        assert_eq!(item["locations"][0]["onHand"], json!(1_000_000 - lost), "{item}");
    }
    assert_eq!(audited(&store, &["HOT"]), whole);
}

async fn an_order_is_audited_with_its_state_after_each_event(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    let wanted = order_with("MUG", 2, &json!({ "shipTo": { "name": "Ada Lovelace", "city": "London" } }));
    let placed = PlacedOrder::new(&server, "o", &wanted).await;
    placed.fulfillment_order(&server, 1, "pick", &json!({ "all": true })).await;
    placed.command(&server, "hold", &json!({ "reason": "other" })).await;
    let last =
        placed.command(&server, "release-hold", &json!({ "holdId": "h1" })).await["position"].to_string();
    let audit = |more: &[&str]| {
        let output = store.run(&[&["audit", "order", &placed.id], more].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let told: Value = serde_json::from_str(&audit(&["--json"])).expect("JSON");
    assert!(!told.to_string().contains("Ada"), "personal data stays sealed");
    let events = told["events"].as_array().expect("events");
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
    let before = (last.parse::<u64>().expect("a position") - 1).to_string();
    assert!(audit(&["--as-of", &before]).contains("Status: on_hold"));
    assert!(audit(&[]).contains(&format!("since position {last}")));
}

async fn what_could_be_promised_at_a_moment_is_what_was_answered_then(store: TestStore) {
    let mut day = Day::begin(&store).await;
    day.pass().await;
    let Day { server, lived } = &day;
    assert!(lived.len() >= 7, "{lived:?}");
    for (position, answered) in lived {
        let then = server.get(&format!("/v1/availability?sku=MUG&asOf={position}")).await;
        assert_eq!(then.position, Some(*position));
        assert_eq!(then.accepted()["items"][0], *answered, "as of {position}");
        let query = format!(
            r#"{{ availability(skus: ["MUG"], asOf: "{position}") {{ nodes {{ available backordered }} }} }}"#
        );
        let told = server.graphql(&query).await["availability"]["nodes"][0].clone();
        assert_eq!(
            (&told["available"], &told["backordered"]),
            (&answered["available"], &answered["backordered"])
        );
    }
    // A time is the position of what was decided by then.
    for item in history(server, "sku=MUG").await {
        let at = item["at"].as_str().expect("a time");
        let then = server.get(&format!("/v1/availability?sku=MUG&asOf={at}")).await;
        let position = then.position.expect("a position");
        assert!(position >= item["position"].as_u64().expect("a position"), "{item}");
        let same = server.get(&format!("/v1/availability?sku=MUG&asOf={position}")).await;
        assert_eq!(then.accepted(), same.accepted(), "as of {at}");
    }
}
