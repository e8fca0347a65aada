//! Packages that get another label.

use super::*;

#[test]
fn a_package_has_its_new_label_and_no_earlier_reports() {
    let order = after(&on_its_way(), track(1, "failure", 60));
    let order = after(&order, relabel(1, json!({ "service": "express" })));
    let package = &order.shipments[0].packages[0];
    let label = (package.shipped.carrier.as_str(), package.shipped.tracking_number.as_str());
    assert_eq!(label, ("DHL", "JJD1"));
    assert_eq!(package.shipped.service.as_ref().map(Text::as_str), Some("express"));
    assert_eq!((package.tracked(), order.status()), (None, OrderStatus::Shipped));
    assert_eq!(when(&order, relabel(1, json!({}))), [], "the same label again");
}

#[test]
fn a_shipment_reported_again_with_a_former_label_is_known() {
    let order = after(&on_its_way(), relabel(1, json!({})));
    assert_eq!(when(&order, ship_all(1)), []);
    assert_eq!(when(&order, ship(1, &[json!({ "carrier": "dhl", "trackingNumber": "jjd1" })])), []);
}

#[test]
fn relabelling_requires_the_package_id_of_one_of_several_packages() {
    let one = |id: &str| json!({ "packageId": id, "lines": [{ "line": 1, "quantity": 1 }] });
    let order = after(&paid_and_reserved(), ship(1, &[one("a"), one("b")]));
    let unknown = ("unknown_package", Some("/packageId".into()));
    assert_eq!(refusal(&order, relabel(1, json!({}))), unknown);
    assert_eq!(refusal(&order, relabel(1, json!({ "packageId": "c" }))), unknown);
    let order = after(&order, relabel(1, json!({ "packageId": "b" })));
    let numbers: Vec<_> = order.packages().map(|one| one.shipped.tracking_number.as_str()).collect();
    assert_eq!(numbers, ["1Z0", "JJD1"]);
}

#[test]
fn a_delivered_package_is_not_relabelled() {
    let order = after(&on_its_way(), track(1, "delivered", 60));
    assert_eq!(refusal(&order, relabel(1, json!({}))), ("shipment_delivered", None));
    assert_eq!(refusal(&order, relabel(2, json!({}))), ("unknown_shipment", Some("/shipmentId".into())));
}

#[test]
fn a_package_is_not_stuck_right_after_it_was_relabelled() {
    let mut order = paid_and_reserved();
    let OrderCommand::ShipItems(ship, _, at) = ship_all(1) else { unreachable!("it ships") };
    order = after(&order, OrderCommand::ShipItems(ship, Some(Period::of_seconds(30).unwrap()), at));
    assert_eq!(order.due_at(), Some(time(80)));
    order = after(&order, relabel(1, json!({})));
    assert_eq!(order.due_at(), Some(time(100)));
}

#[test]
fn a_label_that_was_on_the_wrong_package_is_taken_for_the_right_one() {
    let box_of_two = || json!({ "lines": [{ "line": 1, "quantity": 2 }] });
    let order = after(&paid_and_reserved(), ship(1, &[box_of_two()]));
    let order = after(&order, relabel(1, json!({})));
    let order = after(&order, ship(1, &[box_of_two()]));
    assert_eq!((order.shipments.len(), line(&order, 1)[3]), (2, 4));
    assert_eq!(when(&order, ship(1, &[box_of_two()])), [], "the second package again");
}

#[test]
fn a_package_keeps_a_limited_number_of_former_labels() {
    let mut order = on_its_way();
    let another = |number: usize| relabel(1, json!({ "trackingNumber": format!("JJD{number}") }));
    for number in 0..20 {
        order = after(&order, another(number));
    }
    assert_eq!(order.shipments[0].packages[0].former_labels.len(), 20);
    assert_eq!(refusal(&order, another(20)), ("too_many", Some("/trackingNumber".into())));
}
