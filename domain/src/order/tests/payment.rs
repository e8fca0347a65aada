use super::*;
use crate::values::Amount;

fn paid(payment_ref: &str) -> OrderEvent {
    PaymentConfirmed { payment_ref: name(payment_ref), amount: Amount::parse("9.90") }.into()
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
    assert_eq!(after(&order, pay("more")).payments, [name("money"), name("more")]);
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
fn unpaid_goods_may_leave_only_without_required_payment() {
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
