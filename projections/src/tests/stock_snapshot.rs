//! Snapshots of stock items, and the cause of a backorder fill.

use std::sync::Arc;

use cqrs_es::Aggregate;
use holdfast_domain::stock::StockItem;
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_journal::Journal;
use holdfast_journal::test_support::MemoryJournal;
use serde_json::{Value, json};

use super::events::{received, sku};
use super::{Fixture, MERCHANT, TestNode, append, for_every_store};
use crate::{Availability, StockSnapshot};

for_every_store! {
    a_snapshot_is_taken_after_every_5000_events,
    the_supply_position_is_the_last_change_of_supply_not_of_demand,
}

/// The stock item after a number of receipts.
fn after(count: u64) -> StockItem {
    let mut item = StockItem::default();
    for version in 1..=count {
        let (_, _, DomainEvent::Stock(event)) = received(version, "A") else {
            panic!("not an event of a stock item")
        };
        item.apply(event);
    }
    item
}

async fn a_snapshot_is_taken_after_every_5000_events(fixture: &impl Fixture) {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let receipts = |from: u64, to: u64| (from..=to).map(|version| received(version, "A")).collect();
    append(&*journal, receipts(1, 1)).await;
    append(&*journal, receipts(2, 4_998)).await;
    append(&*journal, vec![received(1, "B")]).await;
    // The 5,000th event is in the middle of a command that ends at position 5,003.
    append(&*journal, receipts(4_999, 5_002)).await;
    append(&*journal, receipts(5_003, 10_000)).await;
    let node = TestNode::open(fixture, &journal).await;
    node.wait_caught_up().await.unwrap();
    let stock = Availability::new(&node.store);
    let at =
        async |name: &str, position| stock.stock_snapshot(MERCHANT, 1, &sku(name), position).await.unwrap();
    for position in [0, 4_999, 5_002] {
        assert_eq!(at("A", position).await, None, "the command ends after position {position}");
    }
    let first = StockSnapshot { version: 5_000, position: 5_003, item: after(5_000) };
    assert_eq!(at("A", 5_003).await, Some(first.clone()));
    assert_eq!(at("A", 10_000).await, Some(first));
    let second = StockSnapshot { version: 10_000, position: 10_001, item: after(10_000) };
    assert_eq!(at("A", u64::MAX).await, Some(second));
    assert_eq!(at("B", u64::MAX).await, None);
    node.close().await;
}

async fn the_supply_position_is_the_last_change_of_supply_not_of_demand(fixture: &impl Fixture) {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let event = |version: u64, name: &str, payload: Value| {
        let stream = StreamId::Stock(sku("A"));
        let decoded = DomainEvent::decode(&stream, name, 2, payload.to_string().as_bytes());
        let decoded =
            decoded.or_else(|_| DomainEvent::decode(&stream, name, 1, payload.to_string().as_bytes()));
        (stream, version, decoded.unwrap())
    };
    let backordered = |version: u64, order: u128| {
        let payload = json!({ "sku": "A", "orderId": uuid::Uuid::from_u128(order), "quantity": 3,
                              "place": "2026-01-01T00:00:00Z", "whole": false });
        event(version, "StockBackordered", payload)
    };
    append(&*journal, vec![backordered(1, 1)]).await;
    let earmarked = json!({ "sku": "A", "location": "DC-1", "quantity": 3 });
    append(&*journal, vec![received(2, "A"), event(3, "StockEarmarked", earmarked)]).await;
    append(&*journal, vec![backordered(4, 2)]).await;
    let node = TestNode::open(fixture, &journal).await;
    node.wait_caught_up().await.unwrap();
    let fillable = Availability::new(&node.store).fillable(1, ("", ""), 10).await.unwrap();
    let found: Vec<_> =
        fillable.iter().map(|item| (item.sku.as_str(), item.position, item.supply_position)).collect();
    assert_eq!(found, [("A", 4, 3)]);
    node.close().await;
}
