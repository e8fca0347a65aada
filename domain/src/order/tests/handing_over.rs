use super::*;

/// Five A and three B at one location, paid and accepted.
fn accepted_order() -> Order {
    after(&paid_and_reserved(), accept(1))
}

fn shortfall(from: &[(&str, Stock<'_>)], missing: &[(&str, u64, u64)]) -> OrderCommand {
    reserve_sourced(sourced(from, missing), ReservationTrigger::Shortfall)
}

fn two_a() -> Value {
    json!({ "lines": [{ "line": 1, "quantity": 2 }] })
}

#[test]
fn accepting_stores_the_warehouses_reference() {
    let order = accepted_order();
    let part = &order.fulfillment_orders[0];
    assert_eq!(
        (part.status(&order), part.wms_ref.clone()),
        (FulfillmentOrderStatus::Accepted, Some(name("W-1")))
    );
    assert_eq!(order.status(), OrderStatus::Reserved);
}

#[test]
fn rejecting_releases_all_units() {
    let events = when(&paid_and_reserved(), reject(1));
    assert_eq!(names(&events), ["FulfillmentOrderRejected"]);
    let order = after(&paid_and_reserved(), reject(1));
    assert_eq!(order.fulfillment_orders[0].status(&order), FulfillmentOrderStatus::Cancelled);
    assert_eq!(order.pending_demand().len(), 2, "it is looked for elsewhere");
}

#[test]
fn a_shortfall_is_backordered_under_every_shortage_policy() {
    let order = after(&paid_and_reserved(), reject(1));
    let events = when(&order, shortfall(&[("DC-2", &[("A", 5)])], &[("B", 3, 0)]));
    assert_eq!(names(&events), ["OrderSourced", "InventoryReserved", "InventoryBackordered"]);
    let order = after(&order, shortfall(&[("DC-2", &[("A", 5)])], &[("B", 3, 0)]));
    assert_eq!(order.status(), OrderStatus::Backordered);
}

#[test]
fn cancel_remainder_cancels_a_shortfall() {
    let order = given([create_with(json!({ "onShortage": "cancel_remainder" })), reserve_all(), reject(1)]);
    let events = when(&order, shortfall(&[("DC-2", &[("A", 5)])], &[("B", 3, 0)]));
    assert_eq!(names(&events), ["OrderSourced", "InventoryReserved", "OrderCancelled"]);
}

#[test]
fn shorted_units_are_released_and_the_rest_is_picked() {
    let order = after(&paid_and_reserved(), short_with(1, two_a()));
    assert_eq!(line(&order, 1), [3, 0, 0, 0, 0, 0]);
    let order = after(&order, pick_all(1));
    assert_eq!((line(&order, 1), line(&order, 2)), ([3, 3, 0, 0, 0, 0], [3, 3, 0, 0, 0, 0]));
}

#[test]
fn shorted_units_join_existing_backorders() {
    let may_wait = create_with(json!({ "onShortage": "backorder" }));
    let short = sourced(&[("DC-1", &[("A", 2), ("B", 3)])], &[("A", 5, 2)]);
    let order = given([may_wait, reserve_sourced(short, ReservationTrigger::Creation), pay("money")]);
    let order = after(&after(&order, short_with(1, two_a())), shortfall(&[("DC-2", &[("A", 2)])], &[]));
    let totals = order.line_totals()[0];
    assert_eq!((totals.backordered, totals.reserved), (Units::new(3), Units::new(2)));
}

#[test]
fn cancelling_an_accepted_fulfillment_order_requires_approval() {
    let events = when(&accepted_order(), cancel());
    assert_eq!(names(&events), ["CancellationRequested"]);
    let order = after(&accepted_order(), cancel());
    assert_eq!(order.status_axes().cancellation, CancellationStatus::Requested);
    assert_eq!(refusal(&order, cancel()), ("cancellation_pending", None));
    assert_eq!(names(&when(&order, pick_all(1))), ["ItemPicked"], "until it answers it may go on");
}

#[test]
fn picking_acknowledges_the_fulfillment_order() {
    assert_eq!(
        names(&when(&after(&paid_and_reserved(), pick(1, two_a())), cancel())),
        ["CancellationRequested"]
    );
}

#[test]
fn accepting_a_cancellation_puts_picked_units_back() {
    let order = given([create(), reserve_all(), pay("money"), pick(1, two_a()), cancel()]);
    let events = when(&order, accept_cancellation(1));
    assert_eq!(names(&events), ["ItemPutBack", "InventoryReleased", "OrderCancelled"]);
    let order = after(&order, accept_cancellation(1));
    assert_eq!((order.status(), line(&order, 1)), (OrderStatus::Cancelled, [0, 0, 0, 0, 0, 5]));
}

#[test]
fn a_location_can_reject_a_cancellation_and_be_requested_again() {
    let order = after(&after(&accepted_order(), cancel()), reject_cancellation(1));
    assert_eq!(order.status_axes().cancellation, CancellationStatus::None);
    assert_eq!(names(&when(&order, cancel())), ["CancellationRequested"]);
}

#[test]
fn units_returned_after_a_cancellation_are_not_sourced_again() {
    let asked = after(&accepted_order(), cancel());
    assert_eq!(names(&when(&asked, reject(1))), ["FulfillmentOrderRejected", "OrderCancelled"]);
    assert_eq!(after(&asked, reject(1)).status(), OrderStatus::Cancelled);
    let short = after(&asked, short_with(1, two_a()));
    assert_eq!((line(&short, 1), short.pending_demand().len()), ([3, 0, 0, 0, 0, 2], 0));
}

#[test]
fn unacknowledged_units_are_cancelled_at_once_and_others_requested() {
    let order = given([create(), reserve_at_two(), pay("money"), accept(1)]);
    let events = when(&order, cancel());
    assert_eq!(names(&events), ["InventoryReleased", "OrderCancelled", "CancellationRequested"]);
    let order = after(&order, cancel());
    assert_eq!((line(&order, 1), line(&order, 2)), ([4, 0, 0, 0, 0, 1], [3, 0, 0, 0, 0, 0]));
    assert_eq!(after(&order, accept_cancellation(1)).status(), OrderStatus::Cancelled);
}

#[test]
fn only_units_that_have_not_shipped_are_cancelled() {
    let order = given([create(), reserve_at_two(), pay("money"), ship_all(1)]);
    let order = after(&order, cancel());
    assert_eq!((line(&order, 1), order.status()), ([0, 4, 4, 4, 0, 1], OrderStatus::Shipped));
}
