//! Another location takes a part over.

use super::*;

fn moved(lines: &[(usize, u64)]) -> OrderEvent {
    let (from, to) = (place("DC-1"), place("DC-2"));
    let fulfillment_order_id = fulfillment_order_id(1);
    FulfillmentOrderMoved { fulfillment_order_id, from, to, lines: units(lines), promise: None }.into()
}

fn accepted_order() -> Order {
    after(&paid_and_reserved(), accept(1))
}

/// Its location was asked to leave it to another.
fn asked() -> Order {
    after(&accepted_order(), relocate(1, "DC-2"))
}

fn some(quantity: u32) -> Value {
    json!({ "lines": [{ "line": 1, "quantity": quantity }] })
}

#[test]
fn an_unacknowledged_fulfillment_order_moves_at_once() {
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
fn only_outstanding_units_move() {
    let order = after(&paid_and_reserved(), short_with(1, some(2)));
    assert_eq!(when(&order, relocate(1, "DC-2")), [moved(&[(1, 3), (2, 3)])]);
}

#[test]
fn moving_an_acknowledged_fulfillment_order_requires_approval() {
    for started in [accept(1), pick(1, some(1))] {
        let events = when(&after(&paid_and_reserved(), started), relocate(1, "DC-2"));
        let [OrderEvent::CancellationRequested(asked)] = &events[..] else { panic!("{events:?}") };
        assert_eq!(
            (asked.move_to.clone(), asked.lines.clone()),
            (Some(place("DC-2")), Some(units(&[(1, 5), (2, 3)])))
        );
    }
    let part = &asked().fulfillment_orders[0];
    let request = part.cancellation_request.as_ref().unwrap();
    assert_eq!((request.move_to.clone(), part.location.clone()), (Some(place("DC-2")), place("DC-1")));
}

#[test]
fn a_moved_fulfillment_order_is_not_acknowledged() {
    let order = after(&asked(), pick(1, some(2)));
    let events = when(&order, accept_cancellation(1));
    assert_eq!(names(&events), ["ItemPutBack", "FulfillmentOrderMoved"]);
    assert_eq!(events[1], moved(&[(1, 5), (2, 3)]));
    let order = after(&order, accept_cancellation(1));
    let part = &order.fulfillment_orders[0];
    assert_eq!(
        (part.location.clone(), part.is_acknowledged(), part.has_pending_cancellation()),
        (place("DC-2"), false, false)
    );
    assert_eq!((part.wms_ref.clone(), part.status(&order)), (None, FulfillmentOrderStatus::Open));
    assert_eq!(names(&when(&order, accept(1))), ["FulfillmentOrderAccepted"]);
    assert_eq!(names(&when(&order, relocate(1, "DC-3"))), ["FulfillmentOrderMoved"]);
}

#[test]
fn a_location_that_goes_on_keeps_it() {
    let order = after(&asked(), reject_cancellation(1));
    let part = &order.fulfillment_orders[0];
    assert_eq!(
        (part.location.clone(), part.accepted, part.has_pending_cancellation()),
        (place("DC-1"), true, false)
    );
    assert_eq!(names(&when(&order, relocate(1, "DC-3"))), ["CancellationRequested"]);
}

#[test]
fn units_that_the_target_cannot_supply_are_pending() {
    let order = after(&asked(), reject(1));
    assert_eq!((line(&order, 1), order.pending_demand().len()), ([0, 0, 0, 0, 0, 0], 2));
    let order = after(&after(&asked(), short_with(1, some(2))), accept_cancellation(1));
    assert_eq!((line(&order, 1), order.line_totals()[0].pending()), ([3, 0, 0, 0, 0, 0], Units::new(2)));
}

#[test]
fn a_location_that_ships_some_of_it_goes_on_with_the_rest() {
    let order = after(&asked(), ship(1, &[some(2)]));
    assert!(!order.fulfillment_orders[0].has_pending_cancellation());
    assert_eq!(refusal(&order, accept_cancellation(1)), ("no_cancellation_requested", None));
    assert_eq!(refusal(&order, relocate(1, "DC-2")), ("shipping_started", None));
}
