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
fn an_adjustment_takes_unreserved_units() {
    let item = given([receive(10, 1), reserve(&[("DC-1", 8)]), adjust(-2, 2)]);
    assert_eq!(at(&item, "DC-1"), [8, 8, 0]);
}

#[test]
fn units_may_be_found_at_a_new_location() {
    let command = StockCommand::AdjustStock(
        read(json!({}), json!({ "location": "DC-2", "delta": 2, "reason": "found" })),
        time(2),
    );
    assert_eq!(at(&given([receive(10, 1), command]), "DC-2"), [2, 0, 2]);
}
