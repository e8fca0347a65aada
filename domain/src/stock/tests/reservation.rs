//! Reservations, shipments and short picks.

use super::*;

#[test]
fn the_state_stays_small_with_many_open_orders() {
    let mut item = given([receive(1_000_000, 1)]);
    for number in 0..100_000 {
        item = after(&item, reserve_for(order_number(number), &[("DC-1", 1)], None));
    }
    assert_eq!(at(&item, "DC-1"), [1_000_000, 100_000, 900_000]);
    assert!(serde_json::to_vec(&item).unwrap().len() < 64 * 1_024);
}

fn shipped(quantity: u64, second: i64) -> StockEvent {
    StockShipped {
        sku: sku(),
        order_id: order_id(),
        shipment_id: ShipmentId::new(order_id(), 1),
        location: place("DC-1"),
        quantity: Units::new(quantity),
        unreserved: Units::ZERO,
        channel: None,
        at: time(second),
        happened_at: None,
    }
    .into()
}

fn two_places() -> StockItem {
    given([receive(10, 1), receive_with(json!({ "quantity": 5, "location": "DC-2" }), 2)])
}

#[test]
fn units_are_reserved_at_several_locations_in_one_decision() {
    let item = two_places();
    let both = [("DC-1", 10), ("DC-2", 4)];
    let reserved = StockReserved {
        sku: sku(),
        order_id: order_id(),
        allocations: allocations(&both),
        until: None,
        channel: None,
    };
    assert_eq!(when(&item, reserve(&both)), [reserved.into()]);
    let item = after(&item, reserve(&both));
    assert_eq!((at(&item, "DC-1"), at(&item, "DC-2")), ([10, 10, 0], [5, 4, 1]));
}

#[test]
fn the_last_unit_is_reserved_once() {
    let item = given([receive(10, 1), reserve(&[("DC-1", 9)])]);
    let last = after(&item, reserve(&[("DC-1", 1)]));
    assert_eq!(at(&last, "DC-1"), [10, 10, 0]);
    let refused = last.decide(&reserve(&[("DC-1", 1)])).unwrap_err();
    let expected = StockRefusal::InsufficientStock {
        location: place("DC-1"),
        requested: Units::new(1),
        available: Units::ZERO,
    };
    assert_eq!(refused, expected);
}

#[test]
fn a_shortage_at_one_location_reserves_nothing() {
    let item = two_places();
    assert_eq!(refusal(&item, reserve(&[("DC-1", 1), ("DC-2", 6)])), ("insufficient_stock", None));
    assert_eq!((at(&item, "DC-1"), at(&item, "DC-2")), ([10, 0, 10], [5, 0, 5]));
}

#[test]
fn a_location_that_is_named_twice_is_summed() {
    let item = two_places();
    let events = when(&item, reserve(&[("DC-1", 6), ("DC-2", 1), ("DC-1", 4)]));
    let [StockEvent::StockReserved(reserved)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(reserved.allocations, allocations(&[("DC-1", 10), ("DC-2", 1)]));
    assert_eq!(refusal(&item, reserve(&[("DC-1", 6), ("DC-1", 5)])), ("insufficient_stock", None));
    let item = after(&item, reserve(&[("DC-1", 6)]));
    assert_eq!(refusal(&item, release(&[("DC-1", 4), ("DC-1", 3)])), ("not_reserved", None));
    assert_eq!(at(&after(&item, release(&[("DC-1", 4), ("DC-1", 2)])), "DC-1"), [10, 0, 10]);
}

#[test]
fn unsellable_units_are_not_reserved() {
    let damaged = receive_with(json!({ "quantity": 5, "condition": "damaged" }), 1);
    let quarantine = receive_with(json!({ "quantity": 5, "condition": "quarantine" }), 1);
    assert_eq!(refusal(&given([damaged, quarantine]), reserve(&[("DC-1", 1)])), ("insufficient_stock", None));
}

#[test]
fn released_units_are_available_again() {
    let item = given([receive(10, 1), reserve(&[("DC-1", 10)])]);
    let released = StockReleased {
        sku: sku(),
        order_id: order_id(),
        allocations: allocations(&[("DC-1", 4)]),
        channel: None,
    };
    assert_eq!(when(&item, release(&[("DC-1", 4)])), [released.into()]);
    let item = after(&item, release(&[("DC-1", 4)]));
    assert_eq!(at(&item, "DC-1"), [10, 6, 4]);
    assert_eq!(at(&after(&item, reserve(&[("DC-1", 4)])), "DC-1"), [10, 10, 0]);
}

#[test]
fn no_more_units_are_released_or_shipped_than_are_reserved() {
    let item = given([receive(10, 1), reserve(&[("DC-1", 3)])]);
    let expected = StockRefusal::NotReserved {
        location: place("DC-1"),
        requested: Units::new(4),
        reserved: Units::new(3),
    };
    assert_eq!(item.decide(&release(&[("DC-1", 4)])), Err(expected.clone()));
    assert_eq!(item.decide(&ship("DC-1", 4, 2)), Err(expected));
    assert_eq!(refusal(&item, ship("DC-2", 1, 2)), ("not_reserved", None));
}

#[test]
fn shipping_takes_units_off_on_hand_and_reserved() {
    let item = given([receive(10, 1), reserve(&[("DC-1", 6)])]);
    assert_eq!(when(&item, ship("DC-1", 4, 2)), [shipped(4, 2)]);
    assert_eq!(at(&after(&item, ship("DC-1", 4, 2)), "DC-1"), [6, 2, 4]);
}

#[test]
fn units_that_ship_beyond_a_count_adjust_on_hand() {
    let item = given([receive(10, 1), reserve(&[("DC-1", 8)]), count(3, 2, 2)]);
    assert_eq!(at(&item, "DC-1"), [3, 8, 0]);
    let events = when(&item, ship("DC-1", 7, 3));
    assert_eq!(events, [adjusted(4, AdjustmentReason::Found, None, 3), shipped(7, 3)]);
    assert_eq!(at(&after(&item, ship("DC-1", 7, 3)), "DC-1"), [0, 1, 0]);
}

#[test]
fn a_large_difference_at_shipping_is_several_adjustments() {
    let item: StockItem = serde_json::from_value(json!({
        "sku": "A", "levels": { "DC-1": { "onHand": 1, "reserved": 2_500_000_000_u64 } }
    }))
    .unwrap();
    let events = when(&item, ship("DC-1", 2_500_000_000, 3));
    let expected = [
        adjusted(1_000_000_000, AdjustmentReason::Found, None, 3),
        adjusted(1_000_000_000, AdjustmentReason::Found, None, 3),
        adjusted(499_999_999, AdjustmentReason::Found, None, 3),
        shipped(2_500_000_000, 3),
    ];
    assert_eq!(events, expected);
}

#[test]
fn an_unknown_item_reserves_nothing() {
    let unseen = StockItem::default();
    for command in [reserve(&[("DC-1", 1)]), release(&[("DC-1", 1)]), ship("DC-1", 1, 1), reserve(&[])] {
        assert_eq!(refusal(&unseen, command), ("unknown_sku", None));
    }
}

#[test]
fn shorted_units_are_neither_reserved_nor_on_hand() {
    let item = given([receive(10, 1), reserve(&[("DC-1", 5)]), short("DC-1", 2, 2)]);
    assert_eq!(at(&item, "DC-1"), [8, 3, 5]);
}

#[test]
fn units_that_a_count_took_off_are_not_taken_off_by_a_short_pick() {
    let counted = given([receive(5, 1), reserve(&[("DC-1", 5)]), count(3, 2, 2)]);
    assert_eq!(at(&after(&counted, short("DC-1", 2, 3)), "DC-1"), [3, 3, 0]);
    assert_eq!(at(&after(&counted, short("DC-1", 3, 3)), "DC-1"), [2, 2, 0]);
}
