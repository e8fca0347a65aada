//! Cancelled orders that are wanted again.

use super::*;

#[test]
fn the_units_of_a_reopened_order_are_pending_and_reserved_like_those_of_a_new_one() {
    let order = given([create(), reserve_all(), cancel(), reopen(json!({}))]);
    assert_eq!(
        order.line_totals().iter().map(LineTotals::pending).map(Units::number).collect::<Vec<_>>(),
        [5, 3]
    );
    assert!(order.needs_sourcing());
    let order = after(&order, reserve_all());
    assert_eq!((line(&order, 1), order.status()), ([5, 0, 0, 0, 0, 0], OrderStatus::Reserved));
    assert_eq!(order.fulfillment_orders[1].id, fulfillment_order_id(2));
}

#[test]
fn some_lines_may_be_wanted_again() {
    let cancelled = given([create(), cancel()]);
    let order = after(&cancelled, reopen(json!({ "lines": [{ "line": 1, "quantity": 2 }] })));
    assert_eq!((line(&order, 1)[5], line(&order, 2)[5]), (3, 3));
    let too_many = reopen(json!({ "lines": [{ "line": 1, "quantity": 6 }] }));
    assert_eq!(refusal(&cancelled, too_many), ("quantity_exceeds_open", None));
}

#[test]
fn no_more_units_are_wanted_again_than_the_price_is_for() {
    let lines = json!({ "currency": "EUR", "lines": [{ "sku": "A", "quantity": 3, "unit": "10.00" }] });
    let some = json!({ "lines": [{ "line": 1, "quantity": 2 }] });
    let fields = json!({ "orderId": order_id(), "reason": "changed their mind" });
    let cancel_two = OrderCommand::CancelOrder(read(fields, some));
    let three = json!({ "changes": [{ "op": "setQuantity", "line": 1, "quantity": 3 }] });
    let cancelled = given([create_with(lines), cancel_two, amend(three), cancel()]);
    assert_eq!(line(&cancelled, 1)[5], 5);
    let order = after(&cancelled, reopen(json!({})));
    assert_eq!(line(&order, 1)[5], 2);
    assert_eq!(order.amount_due().map(|amount| amount.to_string()), Some("30.00".to_owned()));
    let four = reopen(json!({ "lines": [{ "line": 1, "quantity": 4 }] }));
    assert_eq!(refusal(&cancelled, four), ("quantity_exceeds_open", None));
}

#[test]
fn only_a_cancelled_order_whose_data_and_money_are_there_is_reopened() {
    assert_eq!(refusal(&paid_and_reserved(), reopen(json!({}))), ("order_not_cancelled", None));
    let refunded = given([create(), pay("money"), cancel(), refund("r-1", "1.00")]);
    assert_eq!(refusal(&refunded, reopen(json!({}))), ("order_refunded", None));
    let erased = given([create_with(json!({ "shipTo": { "name": "Ada Lovelace" } })), cancel(), erase()]);
    assert_eq!(refusal(&erased, reopen(json!({}))), ("personal_data_erased", Some("/shipTo".into())));
}

#[test]
fn a_reopened_order_whose_payments_were_voided_waits_for_payment() {
    let fields = json!({ "orderId": order_id(), "reason": "cancelled" });
    let void = OrderCommand::VoidPayment(read(fields, json!({})), time(50));
    let order = given([create(), reserve_all(), pay("money"), cancel(), void, reopen(json!({}))]);
    assert!(!order.needs_sourcing());
    assert!(after(&order, pay("again")).needs_sourcing());
}

#[test]
fn a_reopened_order_is_on_hold_until_it_may_leave() {
    let later = json!({ "delivery": { "method": "ship", "shipNotBefore": time(90) } });
    let order = given([create_with(later), cancel(), reopen(json!({}))]);
    assert_eq!(order.holds.iter().map(|hold| hold.reason).collect::<Vec<_>>(), [HoldReason::Scheduled]);
}
