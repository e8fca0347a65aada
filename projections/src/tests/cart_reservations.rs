//! The read model `cart_reservations`.

use std::sync::Arc;

use holdfast_domain::values::{LocationId, Timestamp};
use holdfast_journal::Journal;
use holdfast_journal::test_support::MemoryJournal;
use serde_json::json;

use super::events::{cart, cart_event, sku};
use super::{Fixture, MERCHANT, TestNode, append, for_every_store};
use crate::CartReservations;

for_every_store! {
    carts_are_due_at_their_end_and_until_they_have_ended,
    the_youngest_carts_with_units_at_a_location_are_found_first,
}

/// The numbers of the carts that are due at a second, one page after the other.
async fn due(node: &TestNode, second: i64) -> Vec<u128> {
    let (carts, now) = (CartReservations::new(&node.store), Timestamp::from_microseconds(second * 1_000_000));
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = carts.due(1, now, after.as_ref(), 2).await.unwrap();
        found.extend(page.iter().map(|due| due.id.uuid().as_u128()));
        match page.last() {
            Some(last) => after = Some(last.clone()),
            None => return found,
        }
    }
}

async fn carts_are_due_at_their_end_and_until_they_have_ended(fixture: &impl Fixture) {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    append(&*journal, vec![cart(1, "A", 30), cart(2, "A", 10), cart(3, "A", 20), cart(4, "A", 20)]).await;
    let node = TestNode::open(fixture, &journal).await;
    node.wait_caught_up().await.unwrap();
    assert_eq!(due(&node, 9).await, Vec::<u128>::new());
    assert_eq!(due(&node, 20).await, [2, 3, 4]);
    let extended = json!({ "until": Timestamp::from_microseconds(40_000_000) });
    node.append(vec![cart_event(2, 2, "CartReservationExtended", &extended)]).await;
    node.append(vec![cart_event(3, 2, "CartReservationExpired", &json!({}))]).await;
    node.wait_caught_up().await.unwrap();
    assert_eq!(due(&node, 50).await, [4, 1, 2]);
    node.close().await;
}

async fn the_youngest_carts_with_units_at_a_location_are_found_first(fixture: &impl Fixture) {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    for number in 1..=5 {
        append(&*journal, vec![cart(number, if number == 2 { "B" } else { "A" }, 30)]).await;
    }
    let node = TestNode::open(fixture, &journal).await;
    let lost = json!({ "sku": "A", "location": "DC-1", "quantity": 1 });
    node.append(vec![cart_event(5, 2, "CartUnitsLost", &lost)]).await;
    node.append(vec![cart_event(3, 2, "CartReservationCancelled", &json!({}))]).await;
    node.wait_caught_up().await.unwrap();
    let carts = CartReservations::new(&node.store);
    let found = async |location: &str, limit: usize| -> Vec<u128> {
        let location = LocationId::new(location).unwrap();
        let found = carts.holding(MERCHANT, 1, &sku("A"), &location, limit).await.unwrap();
        found.iter().map(|id| id.uuid().as_u128()).collect()
    };
    assert_eq!(found("DC-1", 10).await, [4, 1]);
    assert_eq!(found("DC-1", 1).await, [4]);
    assert_eq!(found("DC-2", 10).await, Vec::<u128>::new());
    node.close().await;
}
