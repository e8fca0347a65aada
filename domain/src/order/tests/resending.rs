//! Packages that are sent again because they did not arrive.

use super::*;

/// Five A and three B, lost on the way.
fn lost() -> Order {
    after(&on_its_way(), track(1, "failure", 60))
}

#[test]
fn the_units_of_a_lost_package_are_pending_again() {
    let order = after(&lost(), resend(1, json!({})));
    assert_eq!(line(&order, 1), [0, 0, 0, 0, 0, 0]);
    assert!(order.needs_sourcing() && !order.is_fulfilled());
    assert!(order.shipments[0].packages[0].is_resent);
    let order = given_again(order);
    assert_eq!((line(&order, 1), order.status()), ([0, 5, 5, 5, 5, 0], OrderStatus::Delivered));
    assert_eq!(order.shipments.len(), 2, "the order shows both packages");
}

/// The order after its units were reserved, shipped and delivered once more.
fn given_again(order: Order) -> Order {
    let commands = [reserve_all(), ship(2, &[json!({ "trackingNumber": "2Z" })]), track(2, "delivered", 70)];
    commands.into_iter().fold(order, |order, command| after(&order, command))
}

#[test]
fn only_a_package_that_does_not_arrive_is_sent_again() {
    let not_lost = ("package_not_lost", None);
    assert_eq!(refusal(&on_its_way(), resend(1, json!({}))), not_lost);
    assert_eq!(refusal(&after(&on_its_way(), track(1, "delivered", 60)), resend(1, json!({}))), not_lost);
    let order = after(&lost(), resend(1, json!({})));
    assert_eq!(refusal(&order, resend(1, json!({}))), not_lost);
    assert_eq!(refusal(&order, cancel_shipment(1, json!({}))), ("shipment_resent", None));
}

#[test]
fn a_package_whose_units_are_expected_back_is_not_sent_again() {
    let order = after(&lost(), request_return(&[(1, 1)]));
    assert_eq!(refusal(&order, resend(1, json!({}))), ("shipment_returned", None));
}

#[test]
fn goods_that_are_sent_again_are_not_charged_again() {
    let priced = json!({ "currency": "EUR", "lines": [{ "sku": "A", "quantity": 2, "total": "10.00" }] });
    let reserve_two = || reserve(&[("DC-1", &[("A", 2)])]);
    let order =
        given([create_with(priced), reserve_two(), pay("money"), ship_all(1), track(1, "failure", 60)]);
    let due = order.amount_due();
    let order = after(&after(&order, resend(1, json!({}))), reserve_two());
    let order = after(&order, ship(2, &[json!({ "trackingNumber": "2Z" })]));
    let values: Vec<_> = order.packages().map(|package| package.shipped.lines[0].value).collect();
    assert_eq!(values, [Some("10.00".parse().unwrap()), Some("0.00".parse().unwrap())]);
    assert_eq!(order.amount_due(), due);
}

#[test]
fn a_resent_package_that_arrives_all_the_same_is_not_counted() {
    let order = after(&after(&lost(), resend(1, json!({}))), track(1, "delivered", 70));
    assert_eq!(line(&order, 1), [0, 0, 0, 0, 0, 0]);
    assert!(order.shipments[0].packages[0].delivered_at.is_some());
}
