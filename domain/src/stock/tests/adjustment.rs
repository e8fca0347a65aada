//! Adjustments of on hand.

use super::*;

#[test]
fn an_adjustment_changes_on_hand_by_its_difference() {
    let item = given([receive(10, 1)]);
    assert_eq!(when(&item, adjust(-4, 2)), [adjusted(-4, AdjustmentReason::Damaged, Some("broken"), 2)]);
    assert_eq!(at(&given([receive(10, 1), adjust(-4, 2), adjust(3, 3)]), "DC-1"), [9, 0, 9]);
}

#[test]
fn an_adjustment_never_leaves_less_than_zero() {
    let item = given([receive(10, 1)]);
    assert_eq!(at(&after(&item, adjust(-10, 2)), "DC-1"), [0, 0, 0]);
    let refused = item.decide(&adjust(-11, 2)).unwrap_err();
    assert_eq!(refused, StockRefusal::AdjustmentBelowZero { on_hand: Units::new(10) });
}

#[test]
fn an_adjustment_may_leave_fewer_units_than_are_reserved() {
    let item = given([receive(10, 1), reserve(&[("DC-1", 8)]), adjust(-3, 2)]);
    assert_eq!(at(&item, "DC-1"), [7, 8, 0]);
}

#[test]
fn an_adjustment_with_expected_units_is_refused_after_a_change_of_on_hand() {
    let item = given([receive(10, 1)]);
    let adjust = |expected: u64| {
        let fields = json!({ "delta": -1, "reason": "lost", "expected": expected });
        StockCommand::AdjustStock(read(fields, json!({})), time(2))
    };
    assert_eq!(at(&after(&item, adjust(10)), "DC-1"), [9, 0, 9]);
    let changed = |expected, on_hand| StockRefusal::StockChanged {
        location: place("DC-1"),
        expected: Units::new(expected),
        on_hand: Units::new(on_hand),
    };
    assert_eq!(item.decide(&adjust(9)).unwrap_err(), changed(9, 10));
    assert_eq!(after(&item, receive(1, 2)).decide(&adjust(10)).unwrap_err(), changed(10, 11));
}

#[test]
fn units_may_be_found_at_a_new_location() {
    let command = StockCommand::AdjustStock(
        read(json!({}), json!({ "location": "DC-2", "delta": 2, "reason": "found" })),
        time(2),
    );
    assert_eq!(at(&given([receive(10, 1), command]), "DC-2"), [2, 0, 2]);
}
