//! Where a fold of a stock item's past may begin, and since when there is something for those who wait.

use std::sync::Arc;

use cqrs_es::Aggregate;
use holdfast_domain::stock::StockItem;
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_journal::{Journal, MemoryJournal};
use serde_json::{Value, json};

use super::events::{received, sku};
use super::{Fixture, House, MERCHANT, append, for_every_store};
use crate::{Availability, StockSnapshot};

for_every_store! {
    a_stock_item_is_kept_as_it_was_after_every_five_thousand_events,
    who_waits_is_served_because_of_what_came_and_not_of_who_came_after_it,
}

/// What so many receipts come to.
fn after(count: u64) -> StockItem {
    let mut item = StockItem::default();
    for version in 1..=count {
        let (_, _, DomainEvent::Stock(event)) = received(version, "A") else { panic!("of a stock item") };
        item.apply(event);
    }
    item
}

async fn a_stock_item_is_kept_as_it_was_after_every_five_thousand_events(fixture: &impl Fixture) {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let receipts = |from: u64, to: u64| (from..=to).map(|version| received(version, "A")).collect();
    append(&*journal, receipts(1, 1)).await;
    append(&*journal, receipts(2, 4_998)).await;
    append(&*journal, vec![received(1, "B")]).await;
    // The 5,000th is in the middle of a command that ends at position 5,003.
    append(&*journal, receipts(4_999, 5_002)).await;
    append(&*journal, receipts(5_003, 10_000)).await;
    let house = House::open(fixture, &journal).await;
    house.caught_up().await.unwrap();
    let stock = Availability::new(&house.store);
    let at =
        async |name: &str, position| stock.stock_snapshot(MERCHANT, 1, &sku(name), position).await.unwrap();
    for position in [0, 4_999, 5_002] {
        assert_eq!(at("A", position).await, None, "the command is not over at {position}");
    }
    let first = StockSnapshot { version: 5_000, position: 5_003, item: after(5_000) };
    assert_eq!(at("A", 5_003).await, Some(first.clone()));
    assert_eq!(at("A", 10_000).await, Some(first));
    let second = StockSnapshot { version: 10_000, position: 10_001, item: after(10_000) };
    assert_eq!(at("A", u64::MAX).await, Some(second));
    assert_eq!(at("B", u64::MAX).await, None);
    house.close().await;
}

async fn who_waits_is_served_because_of_what_came_and_not_of_who_came_after_it(fixture: &impl Fixture) {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let happened = |version: u64, name: &str, payload: Value| {
        let stream = StreamId::Stock(sku("A"));
        let event = DomainEvent::decode(&stream, name, 2, payload.to_string().as_bytes());
        let event = event.or_else(|_| DomainEvent::decode(&stream, name, 1, payload.to_string().as_bytes()));
        (stream, version, event.unwrap())
    };
    let waits = |version: u64, order: u128| {
        let payload = json!({ "sku": "A", "orderId": uuid::Uuid::from_u128(order), "quantity": 3,
                              "place": "2026-01-01T00:00:00Z", "whole": false });
        happened(version, "StockBackordered", payload)
    };
    append(&*journal, vec![waits(1, 1)]).await;
    let set_aside = json!({ "sku": "A", "location": "DC-1", "quantity": 3 });
    append(&*journal, vec![received(2, "A"), happened(3, "StockEarmarked", set_aside)]).await;
    append(&*journal, vec![waits(4, 2)]).await;
    let house = House::open(fixture, &journal).await;
    house.caught_up().await.unwrap();
    let fillable = Availability::new(&house.store).fillable(1, ("", ""), 10).await.unwrap();
    let told: Vec<_> =
        fillable.iter().map(|item| (item.sku.as_str(), item.position, item.supplied_at)).collect();
    assert_eq!(told, [("A", 4, 3)]);
    house.close().await;
}
