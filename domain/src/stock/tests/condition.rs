//! Changes of condition.

use super::*;

/// Units in quarantine and damaged units at DC-1.
fn unsellable(item: &StockItem) -> [u64; 2] {
    let level = &item.levels[&place("DC-1")];
    [level.quarantine, level.damaged].map(Units::number)
}

#[test]
fn units_change_their_condition_at_their_location() {
    let item = given([receive(10, 1), turn("sellable", "quarantine", 4)]);
    assert_eq!((at(&item, "DC-1"), unsellable(&item)), ([6, 0, 6], [4, 0]));
    let item = after(&item, turn("quarantine", "damaged", 1));
    assert_eq!((at(&item, "DC-1"), unsellable(&item)), ([6, 0, 6], [3, 1]));
    let item = after(&item, turn("quarantine", "sellable", 3));
    assert_eq!((at(&item, "DC-1"), unsellable(&item)), ([9, 0, 9], [0, 1]));
}

#[test]
fn reserved_units_and_safety_stock_may_become_damaged() {
    let safety_stock = policy(json!({ "safetyStock": { "DC-1": 2 } }));
    let item = given([receive(10, 1), reserve(&[("DC-1", 4)]), safety_stock]);
    assert_eq!(at(&after(&item, turn("sellable", "damaged", 7)), "DC-1"), [3, 4, 0]);
    assert_eq!(refusal(&item, turn("sellable", "damaged", 11)).0, "too_few_in_condition");
    assert_eq!(refusal(&item, turn("quarantine", "damaged", 1)).0, "too_few_in_condition");
}

#[test]
fn earmarked_units_may_become_damaged() {
    let item = given([receive(3, 1), wait(1, 3, 2), earmark(), turn("sellable", "damaged", 2), earmark()]);
    assert_eq!(item.levels[&place("DC-1")].earmarked, Units::new(1));
}
