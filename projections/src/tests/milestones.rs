//! Where a fold of a stock item's past may begin.

use std::sync::Arc;

use cqrs_es::Aggregate;
use holdfast_domain::stock::StockItem;
use holdfast_domain::stream::DomainEvent;
use holdfast_journal::{Journal, MemoryJournal};

use super::events::{received, sku};
use super::{Fixture, House, MERCHANT, append, for_every_store};
use crate::{Availability, Milestone};

for_every_store! {
    a_stock_item_is_kept_as_it_was_after_every_five_thousand_events,
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
    let at = async |name: &str, position| stock.milestone(MERCHANT, 1, &sku(name), position).await.unwrap();
    for position in [0, 4_999, 5_002] {
        assert_eq!(at("A", position).await, None, "the command is not over at {position}");
    }
    let first = Milestone { version: 5_000, position: 5_003, item: after(5_000) };
    assert_eq!(at("A", 5_003).await, Some(first.clone()));
    assert_eq!(at("A", 10_000).await, Some(first));
    let second = Milestone { version: 10_000, position: 10_001, item: after(10_000) };
    assert_eq!(at("A", u64::MAX).await, Some(second));
    assert_eq!(at("B", u64::MAX).await, None);
    house.close().await;
}
