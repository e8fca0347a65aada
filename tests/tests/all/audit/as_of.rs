//! An order as of a position equals the fold of its events up to that position.

use cqrs_es::Aggregate;
use holdfast_domain::order::Order;
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_views::OrderView;
use serde_json::{Value, json};

use crate::support::events::all_events;
use crate::support::orders::{PlacedOrder, one_package, order_with};
use crate::support::server::TestServer;
use crate::support::store::{TestStore, on_every_store};

on_every_store!(order_as_of_any_position_equals_the_fold_of_its_events,);

const ORDERS: usize = 200;
/// Positions that are compared per order.
const POSITIONS: usize = 5;

/// The next pseudo-random number. The sequence is the same in every run.
fn next_random(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).expect("31 bits")
}

async fn order_as_of_any_position_equals_the_fold_of_its_events(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 100).await;
    server.add_stock("DC-2", "MUG", 60).await;
    let mut seed = 42;
    let mut orders = Vec::new();
    for number in 0..ORDERS {
        let more =
            json!({ "onShortage": "backorder", "shipTo": { "name": "Ada Lovelace", "city": "London" } });
        let quantity = 1 + next_random(&mut seed) as u64 % 2;
        orders.push(
            PlacedOrder::new(&server, &format!("o{number}"), &order_with("MUG", quantity, &more)).await,
        );
    }
    for step in 0..ORDERS * 2 {
        let placed = &orders[next_random(&mut seed) % ORDERS];
        // Some commands are refused in the order's state, and leave no trace.
        let (path, body) = match next_random(&mut seed) % 6 {
            0 => (placed.fulfillment_order_path(1, "accept"), json!({})),
            1 => (placed.fulfillment_order_path(1, "pick"), json!({ "all": true })),
            2 => (placed.fulfillment_order_path(1, "ship"), one_package(&format!("1Z-{step}"))),
            3 => (placed.path("cancel"), json!({ "reason": "random" })),
            4 => (placed.path("hold"), json!({ "reason": "other" })),
            _ => (placed.path("amend"), json!({ "shipTo": { "name": "Grace Hopper", "city": "Paris" } })),
        };
        server.post(&path, &format!("step-{step}"), &body).await;
    }
    let events = all_events(&server).await;
    let mut compared = 0;
    for placed in &orders {
        for _ in 0..POSITIONS {
            let position = 1 + next_random(&mut seed) as u64 % events.len() as u64;
            let expected = fold_order(&events, &placed.id, position);
            let answer = server.get(&format!("/v1/orders/{}?asOf={position}", placed.id)).await;
            match expected {
                Some(expected) => {
                    assert_eq!(answer.accepted(), expected, "as of {position}");
                    compared += 1;
                }
                None => assert_eq!(answer.status.as_u16(), 404, "as of {position}: {answer:?}"),
            }
        }
    }
    assert!(compared > ORDERS * POSITIONS / 3, "only {compared} states were compared");
}

/// Folds an order's events of complete commands up to a position.
fn fold_order(events: &[Value], id: &str, as_of: u64) -> Option<Value> {
    let stream = StreamId::Order(id.parse().expect("an id"));
    let (mut order, mut version, mut position) = (Order::default(), 0, 0);
    for event in events {
        let ends = event["commandend"].as_u64().expect("a position");
        if event["stream"] != stream.to_string() || ends > as_of {
            continue;
        }
        let kind = event["type"].as_str().expect("a type");
        let schema = event["dataschema"].as_str().expect("a schema");
        let written = schema.rsplit('/').next().expect("a version").parse().expect("a number");
        let payload = event["data"].to_string();
        let decoded = DomainEvent::decode(&stream, kind, written, payload.as_bytes()).expect("an event");
        let DomainEvent::Order(happened) = decoded else { panic!("{event}") };
        order.apply(happened);
        (version, position) = (version + 1, ends);
    }
    OrderView::of(&order, version, position).map(|view| serde_json::to_value(view).expect("JSON"))
}
