//! What does not leave with the rest is not there.

use super::*;

fn ship_the_last(packages: &[Value]) -> OrderCommand {
    let OrderCommand::ShipItems(fields, stuck_after, at) = ship(1, packages) else { unreachable!() };
    OrderCommand::ShipItems(ShipItems { short_remainder: Some(true), ..fields }, stuck_after, at)
}

fn three_a() -> Value {
    json!({ "lines": [{ "line": 1, "quantity": 3 }] })
}

fn shorted(lines: &[(usize, u64)]) -> OrderEvent {
    let reason = Text::new("short_remainder").unwrap();
    PickShorted {
        fulfillment_order_id: fulfillment_order_id(1),
        lines: units(lines),
        reason,
        happened_at: Some(time(50)),
    }
    .into()
}

#[test]
fn short_remainder_shorts_units_that_do_not_ship() {
    let events = when(&paid_and_reserved(), ship_the_last(&[three_a()]));
    assert_eq!(names(&events), ["ShipmentCreated", "PickShorted"]);
    assert_eq!(events[1], shorted(&[(1, 2), (2, 3)]));
    let order = after(&paid_and_reserved(), ship_the_last(&[three_a()]));
    assert_eq!((line(&order, 1), order.pending_demand().len()), ([0, 3, 3, 3, 0, 0], 2));
    assert_eq!(order.fulfillment_orders[0].status(&order), FulfillmentOrderStatus::Shipped);
}

#[test]
fn shorted_units_are_no_longer_packed() {
    let order = after(&after(&paid_and_reserved(), pack_all(1)), ship_the_last(&[three_a()]));
    assert_eq!((line(&order, 1), line(&order, 2)), ([0, 3, 3, 3, 0, 0], [0, 0, 0, 0, 0, 0]));
}

#[test]
fn short_remainder_shorts_nothing_after_a_complete_shipment() {
    assert_eq!(names(&when(&paid_and_reserved(), ship_the_last(&[json!({})]))), ["ShipmentCreated"]);
    let order = after(&paid_and_reserved(), ship(1, &[three_a()]));
    assert_eq!(names(&when(&order, ship_the_last(&[json!({})]))), ["ShipmentCreated"]);
}

#[test]
fn without_that_word_the_rest_is_still_to_leave() {
    assert_eq!(line(&after(&paid_and_reserved(), ship(1, &[three_a()])), 1), [2, 3, 3, 3, 0, 0]);
}

#[test]
fn short_remainder_leaves_other_fulfillment_orders_unchanged() {
    let order = given([create(), reserve_at_two(), pay("money")]);
    let order = after(&order, ship_the_last(&[three_a()]));
    assert_eq!(line(&order, 1), [1, 3, 3, 3, 0, 0]);
}

#[test]
fn units_with_a_requested_cancellation_are_cancelled_when_shorted() {
    let order = given([create(), reserve_all(), pay("money"), accept(1), cancel()]);
    let events = when(&order, ship_the_last(&[three_a()]));
    assert_eq!(names(&events), ["ShipmentCreated", "PickShorted", "OrderCancelled"]);
    let order = after(&order, ship_the_last(&[three_a()]));
    assert_eq!((line(&order, 1), line(&order, 2)), ([0, 3, 3, 3, 0, 2], [0, 0, 0, 0, 0, 3]));
    assert_eq!((order.status(), order.pending_demand().len()), (OrderStatus::Shipped, 0));
}
