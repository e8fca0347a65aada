use super::*;
use crate::policy::WorkAt;
use crate::values::Amount;

fn paid(payment_ref: &str) -> OrderEvent {
    PaymentConfirmed { payment_ref: name(payment_ref), amount: Amount::parse("9.90"), complete: true }.into()
}

#[test]
fn a_payment_is_recorded_with_its_name_and_amount() {
    assert_eq!(when(&given([create()]), pay("money")), [paid("money")]);
}

#[test]
fn the_same_payment_again_changes_nothing() {
    assert_eq!(when(&given([create(), pay("money")]), pay("money")), []);
}

#[test]
fn another_payment_is_recorded_too() {
    let order = given([create(), pay("money")]);
    assert_eq!(when(&order, pay("more")), [paid("more")]);
    let order = after(&order, pay("more"));
    assert_eq!(
        order.payments.iter().map(|payment| payment.reference.as_str()).collect::<Vec<_>>(),
        ["money", "more"]
    );
}

#[test]
fn a_payment_after_the_cancellation_counts_and_is_a_discrepancy() {
    let order = given([create(), cancel()]);
    let code = DiscrepancyCode::PaymentAfterCancellation;
    let expected = DiscrepancyRecorded { code, units: None };
    assert_eq!(when(&order, pay("money")), [paid("money"), expected.into()]);
    let order = after(&order, pay("money"));
    assert_eq!(order.status_axes().payment, PaymentStatus::Confirmed);
    assert_eq!(order.discrepancies[0].code, code);
}

#[test]
fn an_order_is_paid_after_a_payment_or_if_none_is_required() {
    assert!(!given([create()]).is_paid());
    assert!(given([create(), pay("money")]).is_paid());
    assert!(given([create_with(json!({ "payment": "not_required" }))]).is_paid());
    assert!(!Order::default().is_paid());
}

#[test]
fn a_voided_payment_does_not_count_when_it_is_confirmed_again() {
    let void = OrderCommand::VoidPayment(
        read(json!({ "orderId": order_id(), "reason": "given back" }), json!({})),
        time(40),
    );
    let order = given([create(), pay("money"), void]);
    assert!(!order.is_paid());
    assert_eq!(names(&when(&order, pay("money"))), ["DiscrepancyRecorded"]);
    assert!(!after(&order, pay("money")).is_paid());
    assert!(after(&order, pay("other")).is_paid());
}

/// An order that costs 109.00: of five A for 60.00, four B for 40.00, and shipping.
fn of_109(more: Value) -> Order {
    let lines = json!([
        { "sku": "A", "quantity": 5, "total": "60.00", "tax": "9.58" }, { "sku": "B", "quantity": 4, "unit": "10.00" }
    ]);
    let charges = json!([{ "code": "shipping", "amount": "9.00" }]);
    let fields = json!({ "currency": "USD", "lines": lines, "charges": charges });
    given([create_with(read(fields, more)), reserve_all()])
}

fn part(payment_ref: &str, amount: &str) -> OrderCommand {
    let fields = json!({ "orderId": order_id(), "paymentRef": payment_ref, "amount": amount });
    OrderCommand::ConfirmPayment(read(fields, json!({})))
}

fn authorize(payment_ref: &str, amount: Option<&str>) -> OrderCommand {
    let fields = json!({ "orderId": order_id(), "paymentRef": payment_ref, "amount": amount });
    OrderCommand::AuthorizePayment(read(fields, json!({})))
}

fn amounts(order: &Order) -> [Option<String>; 2] {
    [order.amount_due(), order.amount_paid()].map(|amount| amount.map(|amount| amount.to_string()))
}

#[test]
fn an_order_is_paid_when_its_payments_add_up_to_what_it_costs() {
    let order = after(&of_109(json!({})), part("first", "5.00"));
    assert_eq!(amounts(&order), [Some("109.00".to_owned()), Some("5.00".to_owned())]);
    assert_eq!(order.status_axes().payment, PaymentStatus::PartiallyPaid);
    assert_eq!(refusal(&order, pick_all(1)).0, "payment_not_confirmed");
    let order = after(&order, part("second", "104.00"));
    assert_eq!(order.status_axes().payment, PaymentStatus::Confirmed);
    assert_eq!(names(&when(&order, pick_all(1))), ["ItemPicked"]);
    let overpaid = after(&order, part("third", "0.50"));
    assert_eq!(amounts(&overpaid)[1], Some("109.50".to_owned()));
}

#[test]
fn cancelled_units_are_not_to_be_paid() {
    let cancel = OrderCommand::CancelOrder(read(
        json!({ "orderId": order_id(), "reason": "too many", "lines": [{ "line": 1, "quantity": 2 }] }),
        json!({}),
    ));
    let order = after(&of_109(json!({})), cancel);
    assert_eq!(amounts(&order)[0], Some("85.00".to_owned()));
    assert!(after(&order, part("all", "85.00")).is_paid());
}

#[test]
fn a_payment_covers_the_order_if_it_is_complete_or_has_no_amount_or_the_order_has_no_price() {
    let complete = json!({ "orderId": order_id(), "paymentRef": "all", "amount": "5.00", "complete": true });
    assert!(after(&of_109(json!({})), OrderCommand::ConfirmPayment(read(complete, json!({})))).is_paid());
    let whole = json!({ "orderId": order_id(), "paymentRef": "all" });
    assert!(after(&of_109(json!({})), OrderCommand::ConfirmPayment(read(whole, json!({})))).is_paid());
    assert_eq!(given([create()]).amount_due(), None);
    assert!(given([create(), part("some", "0.01")]).is_paid());
}

#[test]
fn reservations_become_permanent_with_the_first_payment() {
    let order = of_109(json!({ "reserveFor": "PT1M" }));
    assert!(order.expires_at.is_some());
    assert_eq!(after(&order, part("first", "5.00")).expires_at, None);
}

#[test]
fn a_payment_without_an_amount_covers_what_is_owed() {
    let whole = |name: &str| {
        OrderCommand::ConfirmPayment(read(json!({ "orderId": order_id(), "paymentRef": name }), json!({})))
    };
    let order = after(&after(&of_109(json!({})), part("first", "9.00")), whole("rest"));
    assert_eq!((amounts(&order)[1].as_deref(), order.is_paid()), (Some("109.00"), true));
    let add = amend(json!({ "changes": [{ "op": "add", "sku": "C", "quantity": 1, "total": "500.00" }] }));
    assert!(!after(&order, add).is_paid());
}

#[test]
fn a_payment_that_is_reported_again_with_another_amount_is_a_discrepancy() {
    let order = after(&of_109(json!({})), part("p", "40.00"));
    assert_eq!(when(&order, part("p", "40.00")), []);
    let code = DiscrepancyCode::PaymentReportedDifferently;
    assert_eq!(when(&order, part("p", "60.00")), [DiscrepancyRecorded { code, units: None }.into()]);
}

#[test]
fn a_confirmation_takes_its_amount_from_the_authorization() {
    let authorized = after(&of_109(json!({})), authorize("card", Some("109.00")));
    assert!(after(&authorized, part("card", "40.00")).payments_allow_work(), "69.00 are still authorized");
    let late = after(&after(&of_109(json!({})), part("card", "60.00")), authorize("card", Some("60.00")));
    assert!(!late.payments_allow_work(), "the confirmed payment was authorized before");
}

#[test]
fn an_authorization_ends_at_its_time() {
    let fields = json!({ "orderId": order_id(), "paymentRef": "card", "authorizedUntil": time(90) });
    let order = after(&of_109(json!({})), OrderCommand::AuthorizePayment(read(fields, json!({}))));
    assert_eq!((order.payments_allow_work(), order.due_at()), (true, Some(time(90))));
    assert_eq!(when(&order, OrderCommand::AttendOrder(time(89))), []);
    let order = after(&order, OrderCommand::AttendOrder(time(90)));
    assert_eq!((order.payments_allow_work(), order.due_at()), (false, None));
    assert_eq!(order.status_axes().payment, PaymentStatus::Failed);
}

#[test]
fn the_price_of_what_is_left_and_of_what_is_cancelled_add_up() {
    let lines = json!([{ "sku": "A", "quantity": 2, "total": "1.01" }]);
    let order = given([create_with(json!({ "currency": "USD", "lines": lines }))]);
    let cancel = OrderCommand::CancelOrder(read(
        json!({ "orderId": order_id(), "reason": "too many", "lines": [{ "line": 1, "quantity": 1 }] }),
        json!({}),
    ));
    let events = when(&order, cancel.clone());
    let [OrderEvent::OrderCancelled(cancelled)] = &events[..] else { panic!("{events:?}") };
    let left = after(&order, cancel).amount_due();
    assert_eq!(left.and_then(|left| left.plus(cancelled.lines[0].value?)), Amount::parse("1.01"));
}

#[test]
fn locations_work_on_an_authorized_order_unless_the_policy_wants_it_paid() {
    let order = of_109(json!({}));
    assert!(!after(&order, authorize("card", Some("100.00"))).payments_allow_work());
    let authorized = after(&order, authorize("card", Some("109.00")));
    assert_eq!((authorized.payments_allow_work(), authorized.is_paid()), (true, false));
    assert!(
        after(&after(&order, part("gift", "9.00")), authorize("card", Some("100.00"))).payments_allow_work()
    );
    let failed = OrderCommand::FailPayment(read(
        json!({ "orderId": order_id(), "paymentRef": "card", "reason": "no money" }),
        json!({}),
    ));
    assert!(!after(&authorized, failed).payments_allow_work());
    let mut strict = order;
    std::sync::Arc::make_mut(strict.created.as_mut().unwrap()).work_at = WorkAt::Confirmation;
    assert!(!after(&strict, authorize("card", None)).payments_allow_work());
}
