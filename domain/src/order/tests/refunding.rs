use super::*;

fn paid(amount: &str) -> Order {
    given([create(), reserve_all(), pay_amount("money", amount)])
}

fn pay_amount(reference: &str, amount: &str) -> OrderCommand {
    let fields = json!({ "orderId": order_id(), "paymentRef": reference, "amount": amount });
    OrderCommand::ConfirmPayment(read(fields, json!({})))
}

#[test]
fn refunds_add_up_and_the_order_stays_paid() {
    let order = after(&paid("20.00"), refund("r-1", "5.00"));
    assert_eq!(order.status_axes().payment, PaymentStatus::PartiallyRefunded);
    assert!(order.is_paid(), "goods may leave");
    let order = after(&order, refund("r-2", "15.00"));
    assert_eq!(order.status_axes().payment, PaymentStatus::Refunded);
    assert_eq!(order.amount_refunded().map(|sum| sum.to_string()).as_deref(), Some("20.00"));
}

#[test]
fn a_refund_is_recorded_once() {
    let order = after(&paid("20.00"), refund("r-1", "5.00"));
    assert_eq!(when(&order, refund("r-1", "5.00")), []);
    assert_eq!(names(&when(&order, refund("r-1", "6.00"))), ["DiscrepancyRecorded"]);
}

#[test]
fn a_refund_of_more_than_was_paid_is_recorded_with_a_discrepancy() {
    assert_eq!(
        names(&when(&paid("20.00"), refund("r-1", "20.01"))),
        ["PaymentRefunded", "DiscrepancyRecorded"]
    );
    assert_eq!(
        names(&when(&given([create()]), refund("r-1", "1"))),
        ["PaymentRefunded", "DiscrepancyRecorded"]
    );
}

#[test]
fn a_refund_without_a_payment_does_not_change_the_payment_status() {
    let order = after(&given([create()]), refund("r-1", "5"));
    assert_eq!(order.status_axes().payment, PaymentStatus::Pending);
}

#[test]
fn refunds_of_voided_payments_do_not_count_for_later_ones() {
    let order = after(&paid("20.00"), refund("r-1", "20.00"));
    let void = OrderCommand::VoidPayment(
        read(json!({ "orderId": order_id(), "reason": "error" }), json!({})),
        time(9),
    );
    let order = after(&after(&order, void), pay_amount("again", "20.00"));
    assert_eq!((order.status_axes().payment, order.amount_refunded()), (PaymentStatus::Confirmed, None));
    assert_eq!(names(&when(&order, refund("r-2", "20.00"))), ["PaymentRefunded"]);
    assert_eq!(when(&order, refund("r-1", "20.00")), [], "the report is known");
}

#[test]
fn refunds_that_cannot_be_added_up_are_more_than_was_paid() {
    let large = |reference: &str| refund(reference, "999999999999999");
    let order = after(&after(&paid("20.00"), large("r-1")), large("r-2"));
    assert_eq!(order.status_axes().payment, PaymentStatus::Refunded);
    assert_eq!(names(&when(&order, refund("r-3", "1"))), ["PaymentRefunded", "DiscrepancyRecorded"]);
}
