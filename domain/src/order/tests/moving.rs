//! Another location takes a part over.

use super::*;

fn moved(lines: &[(usize, u64)]) -> OrderEvent {
    let (from, to) = (place("DC-1"), place("DC-2"));
    let fulfillment_order_id = fulfillment_order_id(1);
    FulfillmentOrderMoved { fulfillment_order_id, from, to, lines: units(lines), promise: None }.into()
}

fn taken_on() -> Order {
    after(&paid_and_reserved(), accept(1))
}

/// Its location was asked to leave it to another.
fn asked() -> Order {
    after(&taken_on(), relocate(1, "DC-2"))
}

fn some(quantity: u32) -> Value {
    json!({ "lines": [{ "line": 1, "quantity": quantity }] })
}

#[test]
fn a_part_that_nobody_has_begun_with_moves_at_once() {
    let order = paid_and_reserved();
    assert_eq!(when(&order, relocate(1, "DC-2")), [moved(&[(1, 5), (2, 3)])]);
    let order = after(&order, relocate(1, "DC-2"));
    assert_eq!(
        (order.fulfillment_orders[0].location.clone(), line(&order, 1)),
        (place("DC-2"), [5, 0, 0, 0, 0, 0])
    );
    assert_eq!(names(&when(&order, ship_all(1))), ["ShipmentCreated"]);
}

#[test]
fn only_what_is_still_held_moves() {
    let order = after(&paid_and_reserved(), short_with(1, some(2)));
    assert_eq!(when(&order, relocate(1, "DC-2")), [moved(&[(1, 3), (2, 3)])]);
}

#[test]
fn whoever_has_taken_it_on_is_asked_to_leave_it() {
    for begun in [accept(1), pick(1, some(1))] {
        let events = when(&after(&paid_and_reserved(), begun), relocate(1, "DC-2"));
        let [OrderEvent::CancellationRequested(asked)] = &events[..] else { panic!("{events:?}") };
        assert_eq!(
            (asked.move_to.clone(), asked.lines.clone()),
            (Some(place("DC-2")), Some(units(&[(1, 5), (2, 3)])))
        );
    }
    let view = asked().fulfillment_orders[0].view(&asked());
    assert_eq!(
        (view.cancellation_requested, view.move_to, view.location),
        (true, Some(place("DC-2")), place("DC-1"))
    );
}

#[test]
fn the_location_that_takes_it_over_has_not_begun_with_it() {
    let order = after(&asked(), pick(1, some(2)));
    let events = when(&order, accept_cancellation(1));
    assert_eq!(names(&events), ["ItemPutBack", "FulfillmentOrderMoved"]);
    assert_eq!(events[1], moved(&[(1, 5), (2, 3)]));
    let order = after(&order, accept_cancellation(1));
    let part = &order.fulfillment_orders[0];
    assert_eq!((part.location.clone(), part.is_taken_on(), part.is_asked()), (place("DC-2"), false, false));
    assert_eq!((part.wms_ref.clone(), part.status(&order)), (None, FulfillmentOrderStatus::Open));
    assert_eq!(names(&when(&order, accept(1))), ["FulfillmentOrderAccepted"]);
    assert_eq!(names(&when(&order, relocate(1, "DC-3"))), ["FulfillmentOrderMoved"]);
}

#[test]
fn a_location_that_goes_on_keeps_it() {
    let order = after(&asked(), reject_cancellation(1));
    let part = &order.fulfillment_orders[0];
    assert_eq!((part.location.clone(), part.accepted, part.is_asked()), (place("DC-1"), true, false));
    assert_eq!(names(&when(&order, relocate(1, "DC-3"))), ["CancellationRequested"]);
}

#[test]
fn what_is_not_taken_over_is_wanted_all_the_same() {
    let order = after(&asked(), reject(1));
    assert_eq!((line(&order, 1), order.pending_demand().len()), ([0, 0, 0, 0, 0, 0], 2));
    let order = after(&after(&asked(), short_with(1, some(2))), accept_cancellation(1));
    assert_eq!((line(&order, 1), order.line_totals()[0].pending()), ([3, 0, 0, 0, 0, 0], Units::new(2)));
}

#[test]
fn a_location_that_ships_some_of_it_goes_on_with_the_rest() {
    let order = after(&asked(), ship(1, &[some(2)]));
    assert!(!order.fulfillment_orders[0].is_asked());
    assert_eq!(refusal(&order, accept_cancellation(1)), ("no_cancellation_requested", None));
    assert_eq!(refusal(&order, relocate(1, "DC-2")), ("shipping_has_begun", None));
}
