//! The movements of events, for the audit trail.

use super::*;

/// The movements of a command's events: locations with quantity, on hand, reserved, earmarked and available.
fn moved(item: &StockItem, command: StockCommand) -> Vec<(&'static str, Option<i64>, Vec<String>)> {
    let events = when(item, command);
    let mut item = item.clone();
    let movement = |event: StockEvent| {
        item.apply(event.clone());
        let movement = Movement::of(&event, &item);
        let there = movement.locations.iter().map(|there| {
            let MovementAt { location, quantity, on_hand, reserved, earmarked, available, .. } = there;
            let quantity = quantity.map_or("-".to_owned(), |quantity| quantity.to_string());
            format!("{location} {quantity}: {on_hand} {reserved} {earmarked} {available}")
        });
        (event.name(), movement.quantity, there.collect())
    };
    events.into_iter().map(movement).collect()
}

#[test]
fn receipts_and_reservations_have_their_locations() {
    let item = given([receive(10, 1)]);
    assert_eq!(
        moved(&item, receive(5, 2)),
        [("StockReceived", Some(5), vec!["DC-1 5: 15 0 0 15".to_owned()])]
    );
    let item = after(&item, receive_with(json!({ "location": "DC-2", "quantity": 4 }), 3));
    let expected = vec!["DC-1 3: 10 3 0 7".to_owned(), "DC-2 4: 4 4 0 0".to_owned()];
    assert_eq!(moved(&item, reserve(&[("DC-1", 3), ("DC-2", 4)])), [("StockReserved", Some(7), expected)]);
}

#[test]
fn missing_units_are_negative() {
    let item = given([receive(10, 1)]);
    assert_eq!(
        moved(&item, adjust(-4, 2)),
        [("StockAdjusted", Some(-4), vec!["DC-1 -4: 6 0 0 6".to_owned()])]
    );
    assert_eq!(
        moved(&item, count(7, 2, 3)),
        [("StockCounted", Some(-3), vec!["DC-1 -3: 7 0 0 7".to_owned()])]
    );
}

#[test]
fn a_transfer_has_both_locations_and_new_rules_have_all() {
    let item = given([receive(10, 1)]);
    let expected = vec!["DC-1 3: 7 0 0 7".to_owned(), "DC-2 -: 0 0 0 0".to_owned()];
    assert_eq!(
        moved(&item, transfer("t1", "DC-1", "DC-2", 3)),
        [("TransferShipped", Some(3), expected)],
        "nothing is there yet"
    );
    let item = given([receive(10, 1), receive_with(json!({ "location": "DC-2", "quantity": 4 }), 2)]);
    let expected = vec!["DC-1 -: 10 0 0 8".to_owned(), "DC-2 -: 4 0 0 4".to_owned()];
    let rule = policy(json!({ "safetyStock": { "DC-1": 2 } }));
    assert_eq!(moved(&item, rule), [("StockPolicySet", None, expected)]);
}

#[test]
fn queue_events_have_the_backordered_units() {
    let movement = |item: &StockItem, command: StockCommand| {
        let event = when(item, command.clone()).remove(0);
        Movement::of(&event, &after(item, command))
    };
    let item = given([receive(1, 1), wait(1, 3, 2)]);
    let waits = movement(&item, wait(2, 4, 3));
    assert_eq!((waits.order_id, waits.quantity), (Some(order_number(2)), Some(4)));
    assert_eq!((waits.backordered, waits.locations.len()), (Some(Units::new(7)), 0));
    let came = movement(&item, receive(2, 4));
    assert_eq!((came.backordered, came.order_id), (None, None), "it was not about those that wait");
    assert!(came.is_at(&place("DC-1")) && !came.is_at(&place("DC-2")));
}
