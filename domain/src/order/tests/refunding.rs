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
