use super::*;

/// Five A and three B at one location, paid and taken on.
fn taken_on() -> Order {
    after(&paid_and_reserved(), accept(1))
}

fn shortfall(from: &[(&str, Stock<'_>)], missing: &[(&str, u64, u64)]) -> OrderCommand {
    reserve_sourced(sourced(from, missing), ReservationTrigger::Shortfall)
}

fn two_a() -> Value {
    json!({ "lines": [{ "line": 1, "quantity": 2 }] })
}

#[test]
fn a_part_that_is_taken_on_is_accepted_under_the_name_of_the_warehouse() {
    let order = taken_on();
    let part = &order.fulfillment_orders[0];
    assert_eq!(
        (part.status(&order), part.wms_ref.clone()),
        (FulfillmentOrderStatus::Accepted, Some(name("W-1")))
    );
    assert_eq!(order.status(), OrderStatus::Reserved);
}

#[test]
fn a_part_that_is_not_taken_on_gives_back_what_it_held() {
    let events = when(&paid_and_reserved(), reject(1));
    assert_eq!(names(&events), ["FulfillmentOrderRejected"]);
    let order = after(&paid_and_reserved(), reject(1));
    assert_eq!(order.fulfillment_orders[0].status(&order), FulfillmentOrderStatus::Cancelled);
    assert_eq!(order.pending_demand().len(), 2, "it is looked for elsewhere");
}

#[test]
fn what_cannot_be_had_elsewhere_waits_even_for_an_order_that_would_have_been_refused() {
    let order = after(&paid_and_reserved(), reject(1));
    let events = when(&order, shortfall(&[("DC-2", &[("A", 5)])], &[("B", 3, 0)]));
    assert_eq!(names(&events), ["OrderSourced", "InventoryReserved", "InventoryBackordered"]);
    let order = after(&order, shortfall(&[("DC-2", &[("A", 5)])], &[("B", 3, 0)]));
    assert_eq!(order.status(), OrderStatus::Backordered);
}

#[test]
fn who_would_rather_have_less_has_the_rest_cancelled() {
    let order = given([create_with(json!({ "onShortage": "cancel_remainder" })), reserve_all(), reject(1)]);
    let events = when(&order, shortfall(&[("DC-2", &[("A", 5)])], &[("B", 3, 0)]));
    assert_eq!(names(&events), ["OrderSourced", "InventoryReserved", "OrderCancelled"]);
}

#[test]
fn what_is_missing_at_picking_is_no_longer_held_and_the_rest_is_picked() {
    let order = after(&paid_and_reserved(), short_with(1, two_a()));
    assert_eq!(line(&order, 1), [3, 0, 0, 0, 0, 0]);
    let order = after(&order, pick_all(1));
    assert_eq!((line(&order, 1), line(&order, 2)), ([3, 3, 0, 0, 0, 0], [3, 3, 0, 0, 0, 0]));
}

#[test]
fn what_was_short_may_wait_beside_what_waits_already() {
    let may_wait = create_with(json!({ "onShortage": "backorder" }));
    let short = sourced(&[("DC-1", &[("A", 2), ("B", 3)])], &[("A", 5, 2)]);
    let order = given([may_wait, reserve_sourced(short, ReservationTrigger::Creation), pay("money")]);
    let order = after(&after(&order, short_with(1, two_a())), shortfall(&[("DC-2", &[("A", 2)])], &[]));
    let totals = order.line_totals()[0];
    assert_eq!((totals.backordered, totals.reserved), (Units::new(3), Units::new(2)));
}

#[test]
fn whoever_has_taken_a_part_on_is_asked_before_it_ends() {
    let events = when(&taken_on(), cancel());
    assert_eq!(names(&events), ["CancellationRequested"]);
    let order = after(&taken_on(), cancel());
    assert_eq!(order.status_axes().cancellation, CancellationStatus::Requested);
    assert_eq!(refusal(&order, cancel()), ("cancellation_pending", None));
    assert_eq!(names(&when(&order, pick_all(1))), ["ItemPicked"], "until it answers it may go on");
}

#[test]
fn who_only_ever_picks_has_taken_it_on_too() {
    assert_eq!(
        names(&when(&after(&paid_and_reserved(), pick(1, two_a())), cancel())),
        ["CancellationRequested"]
    );
}

#[test]
fn a_part_that_is_left_puts_back_what_was_picked_and_ends() {
    let order = given([create(), reserve_all(), pay("money"), pick(1, two_a()), cancel()]);
    let events = when(&order, accept_cancellation(1));
    assert_eq!(names(&events), ["ItemPutBack", "InventoryReleased", "OrderCancelled"]);
    let order = after(&order, accept_cancellation(1));
    assert_eq!((order.status(), line(&order, 1)), (OrderStatus::Cancelled, [0, 0, 0, 0, 0, 5]));
}

#[test]
fn a_location_may_go_on_and_be_asked_again() {
    let order = after(&after(&taken_on(), cancel()), reject_cancellation(1));
    assert_eq!(order.status_axes().cancellation, CancellationStatus::None);
    assert_eq!(names(&when(&order, cancel())), ["CancellationRequested"]);
}

#[test]
fn what_is_given_back_after_a_cancellation_is_not_looked_for_elsewhere() {
    let asked = after(&taken_on(), cancel());
    assert_eq!(names(&when(&asked, reject(1))), ["FulfillmentOrderRejected", "OrderCancelled"]);
    assert_eq!(after(&asked, reject(1)).status(), OrderStatus::Cancelled);
    let short = after(&asked, short_with(1, two_a()));
    assert_eq!((line(&short, 1), short.pending_demand().len()), ([3, 0, 0, 0, 0, 2], 0));
}

#[test]
fn what_nobody_has_taken_on_ends_at_once_and_the_others_are_asked() {
    let order = given([create(), reserve_at_two(), pay("money"), accept(1)]);
    let events = when(&order, cancel());
    assert_eq!(names(&events), ["InventoryReleased", "OrderCancelled", "CancellationRequested"]);
    let order = after(&order, cancel());
    assert_eq!((line(&order, 1), line(&order, 2)), ([4, 0, 0, 0, 0, 1], [3, 0, 0, 0, 0, 0]));
    assert_eq!(after(&order, accept_cancellation(1)).status(), OrderStatus::Cancelled);
}

#[test]
fn what_has_left_is_not_cancelled_and_the_rest_is() {
    let order = given([create(), reserve_at_two(), pay("money"), ship_all(1)]);
    let order = after(&order, cancel());
    assert_eq!((line(&order, 1), order.status()), ([0, 4, 4, 4, 0, 1], OrderStatus::Shipped));
}
