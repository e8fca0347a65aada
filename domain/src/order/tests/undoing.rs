//! Reports of a location that were made by mistake.

use super::*;

fn some(quantity: u32) -> Value {
    json!({ "lines": [{ "line": 1, "quantity": quantity }] })
}

fn all() -> Value {
    json!({ "all": true })
}

#[test]
fn unpicked_units_stay_reserved() {
    let order = given([create(), reserve_all(), pay("money"), pick(1, some(3))]);
    let order = after(&order, unpick(1, some(2)));
    assert_eq!(line(&order, 1), [5, 1, 0, 0, 0, 0]);
    let order = after(&order, unpick(1, all()));
    assert_eq!(line(&order, 1), [5, 0, 0, 0, 0, 0]);
    assert_eq!(refusal(&order, unpick(1, all())), ("nothing_left", None));
}

#[test]
fn packed_units_are_unpacked_when_they_are_put_back() {
    let order = given([create(), reserve_all(), pay("money"), pick(1, some(4)), pack(1, some(3))]);
    let events = when(&order, unpick(1, some(2)));
    let unpacked = ItemUnpacked { fulfillment_order_id: fulfillment_order_id(1), lines: units(&[(1, 1)]) };
    assert_eq!(names(&events), ["ItemUnpacked", "ItemPutBack"]);
    assert_eq!(events[0], unpacked.into());
    assert_eq!(line(&after(&order, unpick(1, some(2))), 1), [5, 2, 2, 0, 0, 0]);
}

#[test]
fn unpacked_units_stay_picked() {
    let order = given([create(), reserve_all(), pay("money"), pack_all(1), unpack(1, some(2))]);
    assert_eq!(line(&order, 1), [5, 5, 3, 0, 0, 0]);
    assert_eq!(line(&after(&order, unpack(1, all())), 1), [5, 5, 0, 0, 0, 0]);
}

#[test]
fn shipped_units_are_neither_unpicked_nor_unpacked() {
    let order = given([create(), reserve_all(), pay("money"), ship(1, &[some(2)]), pack_all(1)]);
    let order = after(&order, unpick(1, all()));
    assert_eq!(line(&order, 1), [3, 2, 2, 2, 0, 0]);
    assert_eq!(names(&when(&on_its_way(), unpick(1, some(1)))), ["DiscrepancyRecorded"]);
    assert_eq!(names(&when(&on_its_way(), unpack(1, some(1)))), ["DiscrepancyRecorded"]);
}

#[test]
fn unpacked_goods_are_not_ready_for_pickup() {
    let pickup = json!({ "payment": "not_required", "delivery": { "method": "pickup", "location": "DC-1" } });
    let order = given([create_with(pickup), reserve_all(), ready(1)]);
    assert!(order.fulfillment_orders[0].ready_since.is_some());
    assert_eq!(after(&order, unpack(1, some(1))).fulfillment_orders[0].ready_since, None);
}

#[test]
fn a_location_that_takes_its_rejection_back_is_eligible_again() {
    let order = given([create(), reserve_all(), pay("money"), reject(1)]);
    assert_eq!(order.rejected_by, [place("DC-1")].into());
    let order = after(&order, undo_rejection(1));
    assert!(order.rejected_by.is_empty());
    assert_eq!(refusal(&order, undo_rejection(1)), ("not_rejected", None));
}

#[test]
fn a_fulfillment_order_that_is_requested_to_move_does_not_grow() {
    let short = sourced(&[("DC-1", &[("A", 2), ("B", 3)])], &[("A", 5, 2)]);
    let backorder = create_with(json!({ "onShortage": "backorder" }));
    let reserve = reserve_sourced(short, ReservationTrigger::Creation);
    let order = given([backorder, reserve, pay("money"), pick(1, some(1)), relocate(1, "DC-2")]);
    let order = after(&after(&order, unpick(1, all())), fill("A", &[("DC-1", 3)]));
    let quantities: Vec<u64> =
        order.fulfillment_orders.iter().map(|one| one.total(|line| line.quantity).number()).collect();
    assert_eq!(quantities, [5, 3]);
}
