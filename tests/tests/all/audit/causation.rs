//! The consequences of a command in the streams of orders and stock items, background commands included.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::orders::{PlacedOrder, one_package, order_with};
use crate::support::server::{TestServer, order};
use crate::support::store::{TestStore, on_every_store};

on_every_store!(
    all_interfaces_show_every_consequence_of_a_receipt,
    an_expired_reservation_is_caused_by_the_last_command_on_the_order,
);

/// The lines that `audit command` prints as JSON.
fn audited(store: &TestStore, arguments: &[&str]) -> Vec<Value> {
    let output = store.run(&[&["audit", "command"], arguments, &["--json"]].concat());
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

async fn consequences(server: &TestServer, query: &str) -> Vec<Value> {
    let page = server.get(&format!("/v1/consequences?{query}")).await.accepted();
    page["items"].as_array().expect("items").clone()
}

/// The positions of events in order.
fn positions<'a>(events: impl IntoIterator<Item = &'a Value>) -> Vec<u64> {
    events.into_iter().map(|event| event["position"].as_u64().expect("a position")).collect()
}

fn of_commands(items: &[Value]) -> Vec<u64> {
    positions(items.iter().flat_map(|item| item["events"].as_array().expect("events")))
}

async fn all_interfaces_show_every_consequence_of_a_receipt(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 1).await;
    let backorder = order_with("MUG", 5, &json!({ "onShortage": "backorder" }));
    let backorder = PlacedOrder::new(&server, "backorder", &backorder).await;
    let more = json!({ "sku": "MUG", "location": "DC-1", "quantity": 9 });
    let with = [("Correlation-Id", "delivery 7"), ("Actor", "grace")];
    let delivered = server.post_with("/v1/stock/receive", "more", &with, &more).await;
    let position = delivered.position.expect("a position");
    delivered.accepted();
    let filled_order = backorder.wait_until_reserved(&server).await;
    // Another order with the same correlation id, and an unrelated order.
    server
        .post_with("/v1/orders", "other", &[("Correlation-Id", "delivery 7")], &order("MUG", 1))
        .await
        .accepted();
    server.post("/v1/orders", "unrelated", &order("MUG", 1)).await.accepted();

    let filled = consequences(&server, &format!("position={position}")).await;
    let commands: Vec<_> =
        filled.iter().map(|item| (&item["command"], &item["depth"], &item["principal"])).collect();
    assert_eq!(
        commands,
        [
            (&json!("ReceiveStock"), &json!(0), &json!("local")),
            (&json!("FillBackorders"), &json!(1), &json!("holdfast"))
        ]
    );
    assert_eq!(filled[1]["causedBy"], json!(position), "the last event of the command that made it due");
    assert_eq!(filled[1]["correlationId"], "delivery 7");
    let streams: BTreeSet<&str> = filled[1]["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| event["stream"].as_str().expect("a stream"))
        .collect();
    let of_order = format!("order-{}", backorder.id);
    assert!(streams.is_superset(&BTreeSet::from([of_order.as_str(), "stock-MUG"])), "{streams:?}");

    // The warehouse names the reservation as the cause of the shipment.
    let mut reserved = filled[1]["events"].as_array().expect("events").iter();
    let reserved = reserved.rfind(|event| event["type"] == "InventoryReserved").expect("a reservation");
    let id = reserved["eventId"].as_str().expect("an id");
    let path = backorder.fulfillment_order_path(1, "ship");
    let shipped = server.post_with(&path, "ship", &[("Causation-Id", id)], &one_package("1Z1")).await;
    let last = shipped.position.expect("a position");
    shipped.accepted();
    assert!(filled_order["position"].as_u64().expect("a position") < last);
    let all = consequences(&server, &format!("position={position}")).await;
    assert_eq!(all[..2], filled[..]);
    assert_eq!((all.len(), &all[2]["command"], &all[2]["depth"]), (3, &json!("ShipItems"), &json!(2)));
    assert_eq!(all[2]["causedBy"], reserved["position"]);
    assert_eq!(consequences(&server, "key=more").await, all);

    check_audit_command(&store, &all, position);
    check_graphql(&server, &all, position).await;
    check_correlation(&store, &server, &filled).await;
}

fn check_audit_command(store: &TestStore, all: &[Value], position: u64) {
    assert_eq!(audited(store, &["--position", &position.to_string()]), all);
    assert_eq!(audited(store, &["--key", "more"]), all);
    let second = all[1]["position"].to_string();
    assert_eq!(audited(store, &["--key", "more", "--as-of", &second]), all[..2]);
    let table = store.run(&["audit", "command", "--key", "more"]);
    let table = String::from_utf8(table.stdout).expect("text");
    let caused = format!("event {position}, correlation delivery 7");
    for expected in
        ["ReceiveStock", "> FillBackorders", "> > ShipItems", &caused, "grace (local)", "holdfast"]
    {
        assert!(table.contains(expected), "{expected} is not in {table}");
    }
    for unknown in [&["--key", "never"][..], &["--position", "99999"], &["--key", "more", "--sender", "else"]]
    {
        let output = store.run(&[&["audit", "command"], unknown].concat());
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("no such command"), "{output:?}");
    }
    for wrong in [&[][..], &["--key", "more", "--position", "1"], &["--position", "x"]] {
        let output = store.run(&[&["audit", "command"], wrong].concat());
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
}

async fn check_graphql(server: &TestServer, all: &[Value], position: u64) {
    let query = format!(
        "{{ consequences(position: {position}) {{ nodes {{ depth causedBy events {{ nodes {{ position eventId }} }} }} }} }}"
    );
    let commands = server.graphql(&query).await["consequences"]["nodes"].clone();
    for (command, item) in commands.as_array().expect("commands").iter().zip(all) {
        assert_eq!((&command["depth"], &command["causedBy"]), (&item["depth"], &item["causedBy"]));
        let ids = |events: &Value| -> Vec<Value> {
            events.as_array().expect("events").iter().map(|event| event["eventId"].clone()).collect()
        };
        assert_eq!(ids(&command["events"]["nodes"]), ids(&item["events"]));
    }
}

async fn check_correlation(store: &TestStore, server: &TestServer, filled: &[Value]) {
    let page = server.get("/v1/events?correlationId=delivery%207&limit=1000").await.accepted();
    let found = positions(page["items"].as_array().expect("items"));
    let query = r#"{ events(correlationId: "delivery 7", first: 200) { edges { node { position } } } }"#;
    let edges = server.graphql(query).await["events"]["edges"].clone();
    assert_eq!(positions(edges.as_array().expect("edges").iter().map(|edge| &edge["node"])), found);
    let own = of_commands(filled);
    assert!(found.len() > own.len() && own.iter().all(|position| found.contains(position)), "{page}");
    // The audit of the journal also finds consequences without a correlation id.
    let whole = audited(store, &["--correlation", "delivery 7"]);
    let commands: Vec<&str> = whole.iter().map(|item| item["command"].as_str().expect("a name")).collect();
    assert_eq!(commands, ["ReceiveStock", "FillBackorders", "CreateOrder", "ShipItems"]);
    assert_eq!(of_commands(&whole[..3]), found);
    let from = (found[0] + 1).to_string();
    assert_eq!(
        audited(store, &["--correlation", "delivery 7", "--from", &from]),
        whole,
        "a command is shown completely"
    );
    let from = (whole[0]["position"].as_u64().expect("a position") + 1).to_string();
    assert_eq!(
        audited(store, &["--correlation", "delivery 7", "--from", &from])[0]["command"],
        "FillBackorders"
    );
}

async fn an_expired_reservation_is_caused_by_the_last_command_on_the_order(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 5).await;
    let wanted = order_with("MUG", 2, &json!({ "payment": "required", "reserveFor": "PT1S" }));
    let with = [("Correlation-Id", "case 8")];
    let created = server.post_with("/v1/orders", "o", &with, &wanted).await;
    let position = created.position.expect("a position");
    let view = created.accepted();
    let placed = PlacedOrder::from_view(view);
    placed.wait_until(&server, "without reserved units", |now| now["lines"][0]["reserved"] == 0).await;
    let caused = consequences(&server, &format!("position={position}")).await;
    let commands: Vec<_> = caused.iter().map(|item| (&item["command"], &item["correlationId"])).collect();
    assert_eq!(
        commands,
        [(&json!("CreateOrder"), &json!("case 8")), (&json!("AttendOrder"), &json!("case 8"))]
    );
    let kinds: Vec<&str> = caused[1]["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| event["type"].as_str().expect("a type"))
        .collect();
    assert!(
        kinds.contains(&"ReservationExpired") && kinds.contains(&"StockReservationsExpired"),
        "{kinds:?}"
    );
    assert_eq!(caused[1]["causedBy"], json!(position));
    assert_eq!(audited(&store, &["--position", &position.to_string()]), caused);
}
