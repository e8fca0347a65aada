//! Orders with `allowSplit: false`: all units come from one location.

use super::*;
use crate::stock::StockEvent;
use crate::stream::DomainEvent;

#[test]
fn the_backorder_follows_units_that_were_shorted() {
    let mut shop = shop();
    let order = unsplit(&mut shop);
    shop.receive(A, 1, 5);
    shop.short_all(order, 1);
    assert_eq!(shop.held_of_line(order, 1, 1), 2);
    shop.receive(B, 0, 1);
    assert_eq!(shop.backordered(order, 2), 1);
    shop.receive(B, 1, 1);
    assert_eq!(shop.held_of_line(order, 2, 1), 1);
}

#[test]
fn the_backorder_follows_units_that_a_count_did_not_find() {
    let mut shop = shop();
    let order = unsplit(&mut shop);
    shop.receive(A, 1, 5);
    shop.count_of(A, 0, 0);
    shop.receive(B, 0, 1);
    shop.receive(B, 1, 1);
    assert_eq!([shop.held_of_line(order, 1, 1), shop.held_of_line(order, 2, 1)], [2, 1]);
}

#[test]
fn the_backorder_follows_a_line_that_is_added() {
    let mut shop = shop();
    shop.receive(C, 1, 5);
    let order = shop.order_of(&[(B, 1)], &json!({ "allowSplit": false }));
    let add = json!({ "changes": [{ "op": "add", "sku": sku(C), "quantity": 1 }] });
    shop.amend(order, &add).unwrap();
    shop.receive(B, 0, 1);
    assert_eq!((shop.held_of_line(order, 2, 1), shop.backordered(order, 1)), (1, 1));
    shop.receive(B, 1, 1);
    assert_eq!(shop.held_of_line(order, 1, 1), 1);
}

#[test]
fn the_rest_comes_from_where_shorted_units_were_shipped_all_the_same() {
    let mut shop = shop();
    let order = unsplit(&mut shop);
    shop.short_all(order, 1);
    shop.ship(order, 1, &json!({ "lines": [{ "line": 1, "quantity": 1 }] }));
    shop.receive(A, 1, 5);
    assert_eq!(shop.backordered(order, 1), 1);
    shop.receive(A, 0, 1);
    assert_eq!(shop.held_of_line(order, 1, 0), 1);
}

#[test]
fn the_backorder_may_come_from_anywhere_once_the_reserved_line_is_cancelled() {
    let mut shop = shop();
    let order = unsplit(&mut shop);
    shop.cancel_line(order, 1, 2);
    shop.receive(B, 1, 5);
    assert_eq!(shop.held_of_line(order, 2, 1), 1);
}

#[test]
fn a_fulfillment_order_does_not_move_away_from_a_started_one() {
    let mut shop = shop();
    let order = unsplit(&mut shop);
    shop.accept(order, 1);
    shop.receive(B, 0, 1);
    shop.receive(B, 1, 1);
    assert_eq!(shop.part(order, 2).location, location(0));
    let refused = shop.relocate_to(order, 2, 1, &json!({})).unwrap_err();
    assert!(refused.0.contains("must not be split"), "{refused:?}");
}

#[test]
fn unstarted_fulfillment_orders_move_together() {
    let mut shop = shop();
    shop.receive(A, 0, 2);
    shop.receive(B, 1, 1);
    shop.receive(A, 1, 2);
    shop.receive(B, 0, 1);
    let order = shop.order_of(&[(A, 2), (B, 1)], &json!({ "allowSplit": false }));
    shop.relocate_to(order, 1, 1, &json!({})).unwrap();
    assert_eq!([shop.held_of_line(order, 1, 1), shop.held_of_line(order, 2, 1)], [2, 1]);
}

#[test]
fn units_filled_meanwhile_follow_an_approved_move() {
    let mut shop = shop();
    let order = unsplit(&mut shop);
    shop.receive(A, 1, 2);
    shop.accept(order, 1);
    shop.relocate_to(order, 1, 1, &json!({})).unwrap();
    shop.receive(B, 0, 1);
    shop.leave(order, 1);
    assert_eq!((shop.held_of_line(order, 1, 1), shop.held_of_line(order, 2, 0)), (2, 0));
    shop.receive(B, 1, 1);
    assert_eq!(shop.held_of_line(order, 2, 1), 1);
}

#[test]
fn pickup_elsewhere_is_refused_after_a_partial_shipment() {
    let mut shop = shop();
    let order = unsplit(&mut shop);
    shop.ship(order, 1, &json!({}));
    let pickup = json!({ "delivery": { "method": "pickup", "location": location(1) } });
    assert!(shop.amend(order, &pickup).is_err());
    let there = json!({ "delivery": { "method": "pickup", "location": location(0) } });
    shop.amend(order, &there).unwrap();
}

#[test]
fn an_order_is_completed_at_its_pickup_location_although_shorted_units_were_shipped_from_another() {
    let mut shop = shop();
    let order = unsplit(&mut shop);
    shop.short_all(order, 1);
    let pickup = json!({ "delivery": { "method": "pickup", "location": location(1) } });
    shop.amend(order, &pickup).unwrap();
    shop.ship(order, 1, &json!({ "lines": [{ "line": 1, "quantity": 1 }] }));
    shop.receive(A, 1, 1);
    assert_eq!(shop.held_of_line(order, 1, 1), 1, "from the queue");
    shop.receive(C, 1, 1);
    let add = json!({ "changes": [{ "op": "add", "sku": sku(C), "quantity": 1 }] });
    shop.amend(order, &add).unwrap();
    assert_eq!(shop.held_of_line(order, 3, 1), 1, "by sourcing");
}

#[test]
fn both_lines_wait_for_one_location_when_all_was_shorted() {
    let mut shop = shop();
    let order = unsplit(&mut shop);
    shop.short_all(order, 1);
    shop.receive(A, 1, 5);
    shop.receive(B, 0, 1);
    assert_eq!((shop.held_of_line(order, 1, 1), shop.backordered(order, 2)), (2, 1));
}

/// One A from each of two locations.
fn split(shop: &mut Shop) -> usize {
    shop.receive(C, 0, 1);
    shop.receive(C, 1, 1);
    shop.order_of(&[(C, 2)], &json!({ "onShortage": "backorder" }))
}

#[test]
fn an_order_is_joined_at_a_location_that_has_all_units() {
    let mut shop = shop();
    let order = split(&mut shop);
    assert_eq!([shop.held_of_line(order, 1, 0), shop.held_of_line(order, 1, 1)], [1, 1]);
    shop.receive(C, 0, 5);
    shop.amend(order, &json!({ "allowSplit": false })).unwrap();
    assert_eq!([shop.held_of_line(order, 1, 0), shop.held_of_line(order, 1, 1)], [2, 0]);
}

#[test]
fn an_order_that_no_location_can_fill_alone_may_still_be_split() {
    let mut shop = shop();
    let order = split(&mut shop);
    let refused = shop.attempt(|shop| shop.amend(order, &json!({ "allowSplit": false }))).unwrap_err();
    assert!(format!("{refused:?}").contains("one location cannot fill it"), "{refused:?}");
    assert_eq!([shop.held_of_line(order, 1, 0), shop.held_of_line(order, 1, 1)], [1, 1]);
}

#[test]
fn a_waiting_order_that_may_be_split_from_now_on_gets_the_units_there_are() {
    let mut shop = shop();
    let order = shop.order_of(&[(B, 3)], &json!({ "allowSplit": false }));
    shop.receive(B, 0, 2);
    assert_eq!(shop.backordered(order, 1), 3);
    shop.amend(order, &json!({ "allowSplit": true })).unwrap();
    shop.fill(&sku(B)).unwrap();
    assert_eq!((shop.held_of_line(order, 1, 0), shop.backordered(order, 1)), (2, 1));
}

#[test]
fn entries_of_the_queue_have_the_new_priority_of_an_order_that_must_not_be_split_any_more() {
    let mut shop = shop();
    shop.receive(C, 0, 1);
    shop.receive(C, 1, 1);
    let order = shop.order_of(&[(C, 2), (B, 1)], &json!({ "onShortage": "backorder" }));
    shop.receive(C, 0, 5);
    let decided = shop.journal.len();
    shop.amend(order, &json!({ "allowSplit": false, "priority": "critical" })).unwrap();
    let month = (shop.now().microseconds() - 30 * 24 * 3600 * 1_000_000).max(0);
    let places = shop.journal[decided..].iter().filter_map(|(_, event)| match event {
        DomainEvent::Stock(StockEvent::StockBackordered(joined)) => Some(joined.place.microseconds()),
        _ => None,
    });
    let places: Vec<i64> = places.collect();
    assert!(!places.is_empty() && places.iter().all(|place| *place <= month), "{places:?}");
}
