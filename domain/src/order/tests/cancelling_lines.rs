//! Which units go first when only some are cancelled, and what becomes of those that a location was asked to leave.

use super::*;

const REASON: &str = "changed their mind";

fn cancel_lines(lines: &[(usize, u32)]) -> OrderCommand {
    let line = |(line, quantity): &(usize, u32)| json!({ "line": line, "quantity": quantity });
    let lines: Vec<Value> = lines.iter().map(line).collect();
    OrderCommand::CancelOrder(read(
        json!({ "orderId": order_id(), "reason": REASON }),
        json!({ "lines": lines }),
    ))
}

fn asked(number: u32, lines: &[(usize, u64)]) -> OrderEvent {
    let (fulfillment_order_id, reason) = (fulfillment_order_id(number), Text::new(REASON).unwrap());
    CancellationRequested {
        fulfillment_order_id,
        lines: Some(units(lines)),
        move_to: None,
        forced: false,
        reason,
    }
    .into()
}

fn some(line: usize, quantity: u32) -> Value {
    json!({ "lines": [{ "line": line, "quantity": quantity }] })
}

/// Five A and three B at one location that has taken them on and was asked to leave two A.
fn asked_for_two() -> Order {
    given([create(), reserve_all(), pay("money"), accept(1), cancel_lines(&[(1, 2)])])
}

#[test]
fn units_that_wait_go_before_those_that_are_held() {
    let short = sourced(&[("DC-1", &[("A", 2), ("B", 3)])], &[("A", 5, 2)]);
    let may_wait = create_with(json!({ "onShortage": "backorder" }));
    let order = given([may_wait, reserve_sourced(short, ReservationTrigger::Creation)]);
    assert_eq!(when(&order, cancel_lines(&[(1, 2)])), [cancelled(&[(1, 2)], REASON)]);
    let left = after(&order, cancel_lines(&[(1, 2)])).line_totals()[0];
    assert_eq!((left.backordered, left.reserved), (Units::new(1), Units::new(2)));
    let expected = [released(vec![part(1, "DC-1", &[(1, 1)])]), cancelled(&[(1, 4)], REASON)];
    assert_eq!(when(&order, cancel_lines(&[(1, 4)])), expected);
}

#[test]
fn the_latest_unacknowledged_fulfillment_order_is_cancelled_first() {
    let order = given([create(), reserve_at_two()]);
    let expected = [released(vec![part(2, "DC-2", &[(1, 1)])]), cancelled(&[(1, 1)], REASON)];
    assert_eq!(when(&order, cancel_lines(&[(1, 1)])), expected);
    let parts = vec![part(1, "DC-1", &[(1, 1)]), part(2, "DC-2", &[(1, 1)])];
    assert_eq!(when(&order, cancel_lines(&[(1, 2)])), [released(parts), cancelled(&[(1, 2)], REASON)]);
}

#[test]
fn acknowledged_fulfillment_orders_are_cancelled_last() {
    let order = given([create(), reserve_at_two(), pay("money"), accept(2)]);
    assert_eq!(names(&when(&order, cancel_lines(&[(1, 4)]))), ["InventoryReleased", "OrderCancelled"]);
    let expected =
        [released(vec![part(1, "DC-1", &[(1, 4)])]), cancelled(&[(1, 4)], REASON), asked(2, &[(1, 1)])];
    assert_eq!(when(&order, cancel_lines(&[(1, 5)])), expected);
}

#[test]
fn a_line_that_is_named_twice_is_judged_by_its_sum() {
    let order = given([create()]);
    assert_eq!(when(&order, cancel_lines(&[(1, 2), (2, 1), (1, 3)])), [cancelled(&[(1, 5), (2, 1)], REASON)]);
    assert_eq!(refusal(&order, cancel_lines(&[(1, 3), (1, 3)])).0, "quantity_exceeds_open");
}

#[test]
fn a_location_that_leaves_units_keeps_the_rest() {
    let order = asked_for_two();
    assert_eq!(order.status_axes().cancellation, CancellationStatus::Requested);
    let accepted = "cancellation_accepted";
    let expected = [released(vec![part(1, "DC-1", &[(1, 2)])]), cancelled(&[(1, 2)], accepted)];
    assert_eq!(when(&order, accept_cancellation(1)), expected);
    let order = after(&order, accept_cancellation(1));
    assert_eq!((line(&order, 1), line(&order, 2)), ([3, 0, 0, 0, 0, 2], [3, 0, 0, 0, 0, 0]));
    let part = &order.fulfillment_orders[0];
    assert_eq!((part.accepted, part.has_pending_cancellation()), (true, false));
    assert_eq!(when(&order, pick_all(1)), [picked(1, &[(1, 3), (2, 3)])]);
}

#[test]
fn no_more_is_put_back_than_must_be() {
    let order = after(&asked_for_two(), pick(1, some(1, 3)));
    assert_eq!(names(&when(&order, accept_cancellation(1))), ["InventoryReleased", "OrderCancelled"]);
    let order = after(&order, pick(1, some(1, 1)));
    let back = ItemPutBack { fulfillment_order_id: fulfillment_order_id(1), lines: units(&[(1, 1)]) };
    assert_eq!(when(&order, accept_cancellation(1))[0], back.into());
    assert_eq!(line(&after(&order, accept_cancellation(1)), 1), [3, 3, 0, 0, 0, 2]);
}

#[test]
fn a_location_can_be_requested_again_after_a_rejection() {
    let order = after(&asked_for_two(), reject_cancellation(1));
    assert_eq!(order.status_axes().cancellation, CancellationStatus::None);
    assert_eq!(when(&order, cancel_lines(&[(2, 1)])), [asked(1, &[(2, 1)])]);
}

#[test]
fn units_that_ship_before_the_answer_are_not_released() {
    let order = after(&asked_for_two(), ship(1, &[some(1, 4)]));
    let order = after(&order, accept_cancellation(1));
    assert_eq!((line(&order, 1), line(&order, 2)), ([0, 4, 4, 4, 0, 1], [3, 0, 0, 0, 0, 0]));
}

#[test]
fn shipping_all_units_ends_the_cancellation_request() {
    let order = after(&asked_for_two(), ship(1, &[some(1, 5)]));
    assert_eq!(order.status_axes().cancellation, CancellationStatus::None);
    assert_eq!(refusal(&order, accept_cancellation(1)), ("no_cancellation_requested", None));
}

#[test]
fn shorted_units_answer_the_cancellation_request() {
    let order = after(&asked_for_two(), short_with(1, some(1, 2)));
    assert_eq!((line(&order, 1), order.pending_demand().len()), ([3, 0, 0, 0, 0, 2], 0));
    assert!(!order.fulfillment_orders[0].has_pending_cancellation());
    let order = after(&asked_for_two(), short_with(1, some(1, 3)));
    assert_eq!(order.line_totals()[0].pending(), Units::new(1), "the third is looked for elsewhere");
}

#[test]
fn lost_units_answer_the_cancellation_request() {
    let lose = |most| {
        let (location, sku) = (place("DC-1"), Sku::new("A").unwrap());
        OrderCommand::LoseUnits { location, sku, most: Units::new(most) }
    };
    let order = after(&asked_for_two(), lose(1));
    assert_eq!((line(&order, 1), order.pending_demand().len()), ([4, 0, 0, 0, 0, 1], 0));
    let order = after(&order, accept_cancellation(1));
    assert_eq!(line(&order, 1), [3, 0, 0, 0, 0, 2]);
}

#[test]
fn requested_units_are_not_cancelled_a_second_time() {
    assert_eq!(refusal(&asked_for_two(), cancel_lines(&[(1, 4)])).0, "cancellation_pending");
    let order = after(&asked_for_two(), accept_cancellation(1));
    assert_eq!(refusal(&order, cancel_lines(&[(1, 4)])).0, "quantity_exceeds_open");
    assert_eq!(when(&order, cancel_lines(&[(1, 3)])), [asked(1, &[(1, 3)])]);
}
