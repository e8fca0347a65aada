//! What carriers report, and deliveries.

use super::*;

/// Two packages on the way: `p1` with everything but two A, and `p2` with these.
fn two_packages() -> Order {
    let packages = [json!({}), json!({ "lines": [{ "line": 1, "quantity": 2 }] })];
    after(&paid_and_reserved(), ship(1, &packages))
}

fn delivered(packages: &[&str], second: i64) -> OrderEvent {
    let packages = packages.iter().map(|id| name(id)).collect();
    DeliveryConfirmed { shipment_id: shipment_id(1), packages, delivered_at: time(second) }.into()
}

fn tracked(packages: &[&str], status: TrackingStatus, second: i64) -> OrderEvent {
    ShipmentTracked {
        shipment_id: shipment_id(1),
        packages: packages.iter().map(|id| name(id)).collect(),
        status,
        reported_as: None,
        status_at: time(second),
        reported_ahead_of_time: None,
        location: None,
        raw: None,
        has_personal_data: false,
    }
    .into()
}

fn says(order: &Order, package: usize) -> Option<(TrackingStatus, Timestamp)> {
    order.shipments[0].packages[package].tracked()
}

#[test]
fn a_scan_without_a_package_is_about_all_of_the_shipment() {
    let order = two_packages();
    assert_eq!(
        when(&order, track(1, "in_transit", 60)),
        [tracked(&["p1", "p2"], TrackingStatus::InTransit, 60)]
    );
    let order = after(&order, track(1, "in_transit", 60));
    assert_eq!(says(&order, 0), Some((TrackingStatus::InTransit, time(60))));
    assert_eq!(says(&order, 1), says(&order, 0));
}

#[test]
fn a_scan_of_one_package_is_about_that_one() {
    let scan = || track_with(1, json!({ "status": "picked_up", "at": time(60), "packageId": "p2" }));
    let order = two_packages();
    assert_eq!(when(&order, scan()), [tracked(&["p2"], TrackingStatus::PickedUp, 60)]);
    assert_eq!(says(&after(&order, scan()), 0), None);
}

#[test]
fn the_carriers_report_is_stored() {
    let scan = track_with(
        1,
        json!({ "status": "in_transit", "at": time(60), "location": "Leipzig", "raw": "<scan by J. Doe>" }),
    );
    let events = when(&on_its_way(), scan);
    let [OrderEvent::ShipmentTracked(tracked)] = &events[..] else { panic!("{}", events.len()) };
    assert_eq!(tracked.location, Text::new("Leipzig").ok());
    assert_eq!(tracked.raw, Text::new("<scan by J. Doe>").ok());
    assert!(tracked.has_personal_data);
}

#[test]
fn a_repeated_report_changes_nothing() {
    let order = after(&two_packages(), track(1, "in_transit", 60));
    assert_eq!(when(&order, track(1, "in_transit", 60)), []);
    let first = track_with(1, json!({ "status": "delayed", "at": time(70), "packageId": "p1" }));
    let order = after(&order, first);
    assert_eq!(
        when(&order, track(1, "delayed", 70)),
        [tracked(&["p2"], TrackingStatus::Delayed, 70)],
        "only the other package has a new report"
    );
}

#[test]
fn a_scan_that_comes_late_is_recorded_but_does_not_turn_the_clock_back() {
    let order = after(&on_its_way(), track(1, "out_for_delivery", 80));
    let late = track(1, "in_transit", 60);
    assert_eq!(when(&order, late), [tracked(&["p1"], TrackingStatus::InTransit, 60)]);
    let order = after(&order, track(1, "in_transit", 60));
    assert_eq!(says(&order, 0), Some((TrackingStatus::OutForDelivery, time(80))));
}

#[test]
fn a_delivered_report_confirms_the_delivery() {
    let order = two_packages();
    assert_eq!(
        when(&order, track(1, "delivered", 80)),
        [tracked(&["p1", "p2"], TrackingStatus::Delivered, 80), delivered(&["p1", "p2"], 80)]
    );
    let order = after(&order, track(1, "delivered", 80));
    assert_eq!(line(&order, 1), [0, 5, 5, 5, 5, 0]);
    assert_eq!(order.status(), OrderStatus::Delivered);
}

#[test]
fn a_late_delivered_report_confirms_the_delivery() {
    let order = after(&on_its_way(), track(1, "out_for_delivery", 80));
    assert_eq!(when(&order, track(1, "delivered", 70))[1..], [delivered(&["p1"], 70)]);
}

#[test]
fn a_package_is_delivered_once() {
    let order = after(&on_its_way(), confirm_delivery(1, json!({ "deliveredAt": time(75) })));
    assert_eq!(when(&order, confirm_delivery(1, json!({}))), []);
    let scan = track(1, "delivered", 80);
    assert_eq!(when(&order, scan), [tracked(&["p1"], TrackingStatus::Delivered, 80)]);
    let order = after(&order, track(1, "delivered", 80));
    assert_eq!(order.shipments[0].packages[0].delivered_at, Some(time(75)));
}

#[test]
fn a_delivered_package_stays_delivered() {
    let mut order = after(&on_its_way(), track(1, "delivered", 80));
    for (second, status) in (81..).zip(["in_transit", "failure", "returned_to_sender", "label_created"]) {
        order = after(&order, track(1, status, second));
        assert_eq!(order.shipments[0].packages[0].delivered_at, Some(time(80)));
        assert_eq!(order.status(), OrderStatus::Delivered);
        assert_eq!(order.status_axes().delivery, DeliveryStatus::Delivered);
    }
}

#[test]
fn deliveries_are_confirmed_package_by_package() {
    let order = two_packages();
    let second = || confirm_delivery(1, json!({ "packageId": "p2" }));
    assert_eq!(when(&order, second()), [delivered(&["p2"], 90)]);
    let order = after(&order, second());
    assert_eq!(line(&order, 1), [0, 5, 5, 5, 2, 0]);
    assert_eq!(order.status(), OrderStatus::PartiallyDelivered);
    assert_eq!(when(&order, confirm_delivery(1, json!({}))), [delivered(&["p1"], 90)]);
}

#[test]
fn the_delivery_time_defaults_to_occurred_at_and_then_to_now() {
    let at = |more: Value| when(&on_its_way(), confirm_delivery(1, more));
    assert_eq!(at(json!({})), [delivered(&["p1"], 90)]);
    assert_eq!(at(json!({ "occurredAt": time(85) })), [delivered(&["p1"], 85)]);
    assert_eq!(at(json!({ "occurredAt": time(85), "deliveredAt": time(82) })), [delivered(&["p1"], 82)]);
}

#[test]
fn a_package_id_is_resolved_in_its_own_shipment() {
    let some = json!({ "packageId": "box", "lines": [{ "line": 1, "quantity": 1 }] });
    let order = after(&after(&paid_and_reserved(), ship(1, &[some])), ship_all(1));
    let unknown = ("unknown_package", Some("/packageId".to_owned()));
    assert_eq!(refusal(&order, confirm_delivery(2, json!({ "packageId": "box" }))), unknown);
    assert_eq!(
        names(&when(&order, confirm_delivery(1, json!({ "packageId": "box" })))),
        ["DeliveryConfirmed"]
    );
}
