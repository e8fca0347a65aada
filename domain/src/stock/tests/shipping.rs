//! Shipments of units that are not reserved or not on hand.

use super::*;

fn ship_unheld(quantity: u64, unreserved: u64) -> StockCommand {
    ship_with("DC-1", quantity, unreserved, 3)
}

#[test]
fn unreserved_units_ship_without_taking_reserved_ones() {
    let item = given([receive(10, 1), reserve(&[("DC-1", 6)])]);
    let events = when(&item, ship_unheld(5, 2));
    let [StockEvent::StockShipped(shipped)] = &events[..] else { panic!("{events:?}") };
    assert_eq!((shipped.quantity, shipped.unreserved), (Units::new(5), Units::new(2)));
    assert_eq!(at(&after(&item, ship_unheld(5, 2)), "DC-1"), [5, 3, 2]);
    assert_eq!(at(&after(&item, ship_unheld(5, 5)), "DC-1"), [5, 6, 0], "more are promised than are there");
}

#[test]
fn unreserved_units_ship_from_a_location_without_reservations() {
    assert_eq!(at(&after(&given([receive(10, 1)]), ship_unheld(4, 4)), "DC-1"), [6, 0, 6]);
    assert_eq!(refusal(&given([receive(10, 1)]), ship_unheld(4, 3)), ("not_reserved", None));
}

#[test]
fn units_that_ship_beyond_on_hand_are_found_first() {
    let item = given([receive(3, 1), reserve(&[("DC-1", 2)])]);
    let events = when(&item, ship_unheld(5, 3));
    assert_eq!(names(&events), ["StockAdjusted", "StockShipped"]);
    assert_eq!(events[0], adjusted(2, AdjustmentReason::Found, None, 3));
    assert_eq!(at(&after(&item, ship_unheld(5, 3)), "DC-1"), [0, 0, 0]);
}

#[test]
fn shipping_earmarked_units_ends_their_earmark() {
    let item = given([receive(3, 1), wait(1, 3, 2), earmark(), ship_unheld(2, 2), earmark()]);
    assert_eq!((at(&item, "DC-1"), item.levels[&place("DC-1")].earmarked), ([1, 0, 0], Units::new(1)));
}

/// Reports that units did not leave; they were reported to have left at a time.
fn undo_shipping(quantity: u64, unreserved: u64, shipped: i64, second: i64) -> StockCommand {
    StockCommand::UndoShipping(UndoShipping {
        order: order_ref(order_id()),
        shipment_id: ShipmentId::new(order_id(), 1),
        location: place("DC-1"),
        quantity: Units::new(quantity),
        unreserved: Units::new(unreserved),
        shipped_at: time(shipped),
        at: time(second),
    })
}

#[test]
fn units_that_did_not_leave_are_on_hand_and_reserved_again() {
    let item = given([receive(10, 1), reserve(&[("DC-1", 5)]), ship("DC-1", 5, 20)]);
    assert_eq!(at(&item, "DC-1"), [5, 0, 5]);
    assert_eq!(at(&after(&item, undo_shipping(5, 0, 20, 40)), "DC-1"), [10, 5, 5]);
    assert_eq!(at(&after(&item, undo_shipping(5, 2, 20, 40)), "DC-1"), [10, 3, 7]);
}

#[test]
fn a_count_after_a_shipment_includes_units_that_did_not_leave() {
    let shipped = given([receive(10, 1), reserve(&[("DC-1", 5)]), ship("DC-1", 5, 20)]);
    let counted_before = after(&after(&shipped, count(10, 30, 31)), undo_shipping(5, 0, 20, 40));
    assert_eq!(at(&counted_before, "DC-1"), [10, 5, 5]);
    let counted_after = after(&after(&shipped, undo_shipping(5, 0, 20, 40)), count(10, 30, 41));
    assert_eq!(at(&counted_after, "DC-1"), [10, 5, 5], "the count is reported later");
    let counted_earlier = after(&after(&shipped, undo_shipping(5, 0, 20, 40)), count(9, 10, 41));
    assert_eq!(at(&counted_earlier, "DC-1"), [9, 5, 4], "the count was taken before the shipment");
}
