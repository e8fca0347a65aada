//! An order as it was is what its events up to then make of it, folded here once more.

use cqrs_es::Aggregate;
use holdfast_domain::order::{Order, OrderView};
use holdfast_domain::stream::{DomainEvent, StreamId};
use serde_json::{Value, json};

use crate::support::events::all_events;
use crate::support::orders::{PlacedOrder, one_package, order_with};
use crate::support::server::TestServer;
use crate::support::store::{TestStore, on_every_store};

on_every_store!(an_order_as_of_any_moment_is_a_fold_of_its_events_up_to_then,);

const ORDERS: usize = 200;
const MOMENTS: usize = 5;

/// The next of numbers that look random and are the same every time.
fn next(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).expect("31 bits")
}

async fn an_order_as_of_any_moment_is_a_fold_of_its_events_up_to_then(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 100).await;
    server.add_stock("DC-2", "MUG", 60).await;
    let mut seed = 42;
    let mut orders = Vec::new();
    for number in 0..ORDERS {
        let more =
            json!({ "onShortage": "backorder", "shipTo": { "name": "Ada Lovelace", "city": "London" } });
        let quantity = 1 + next(&mut seed) as u64 % 2;
        orders.push(
            PlacedOrder::new(&server, &format!("o{number}"), &order_with("MUG", quantity, &more)).await,
        );
    }
    for step in 0..ORDERS * 2 {
        let placed = &orders[next(&mut seed) % ORDERS];
        // What an order is not ready for is refused, and leaves no trace.
        let (path, body) = match next(&mut seed) % 6 {
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
    let mut seen = 0;
    for placed in &orders {
        for _ in 0..MOMENTS {
            let moment = 1 + next(&mut seed) as u64 % events.len() as u64;
            let expected = folded(&events, &placed.id, moment);
            let told = server.get(&format!("/v1/orders/{}?asOf={moment}", placed.id)).await;
            match expected {
                Some(expected) => {
                    assert_eq!(told.accepted(), expected, "as of {moment}");
                    seen += 1;
                }
                None => assert_eq!(told.status.as_u16(), 404, "as of {moment}: {told:?}"),
            }
        }
    }
    assert!(seen > ORDERS * MOMENTS / 3, "{seen} moments at which there was something to see");
}

/// What an order's events of whole commands up to a position make of it.
fn folded(events: &[Value], id: &str, moment: u64) -> Option<Value> {
    let stream = StreamId::Order(id.parse().expect("an id"));
    let (mut order, mut version, mut position) = (Order::default(), 0, 0);
    for event in events {
        let ends = event["commandend"].as_u64().expect("a position");
        if event["stream"] != stream.to_string() || ends > moment {
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
