//! Packages without a report for too long, and packages that will not arrive.

use super::*;

fn ship_and_listen(packages: &[Value]) -> OrderCommand {
    let OrderCommand::ShipItems(fields, _, at) = ship(1, packages) else { unreachable!() };
    OrderCommand::ShipItems(fields, "PT1M".parse().ok(), at)
}

/// On its way since second 50, in `p1` and, with two A, `p2`; stuck after a minute of silence.
fn two_packages() -> Order {
    after(
        &paid_and_reserved(),
        ship_and_listen(&[json!({}), json!({ "lines": [{ "line": 1, "quantity": 2 }] })]),
    )
}

fn attend(second: i64) -> OrderCommand {
    OrderCommand::AttendOrder(time(second))
}

fn of(package: &str, status: &str, second: i64) -> OrderCommand {
    track_with(1, json!({ "status": status, "at": time(second), "packageId": package }))
}

fn stuck(packages: &[&str]) -> OrderEvent {
    let packages = packages.iter().map(|id| name(id)).collect();
    ShipmentStuck { shipment_id: shipment_id(1), packages }.into()
}

fn is_stuck(order: &Order) -> Vec<bool> {
    order.packages().map(|package| package.is_stuck).collect()
}

fn failed(packages: &[&str], status: TrackingStatus, second: i64) -> OrderEvent {
    let (shipment_id, at) = (shipment_id(1), time(second));
    let packages = packages.iter().map(|id| name(id)).collect();
    DeliveryFailed { shipment_id, packages, status, at }.into()
}

#[test]
fn a_package_without_a_report_for_too_long_is_stuck_and_recorded_once() {
    let order = two_packages();
    assert_eq!(when(&order, attend(109)), []);
    assert_eq!(when(&order, attend(110)), [stuck(&["p1", "p2"])]);
    let order = after(&order, attend(110));
    assert_eq!((is_stuck(&order), when(&order, attend(999))), (vec![true, true], vec![]));
}

#[test]
fn every_report_restarts_the_stuck_period() {
    let order = after(&two_packages(), of("p1", "in_transit", 100));
    assert_eq!(when(&order, attend(110)), [stuck(&["p2"])]);
    assert_eq!(when(&order, attend(160)), [stuck(&["p1", "p2"])]);
    let early = after(&two_packages(), of("p1", "label_created", 20));
    assert_eq!(when(&early, attend(109)), [], "but not before the package has left");
}

#[test]
fn a_scan_ends_it_and_an_older_one_does_not() {
    let order = after(&after(&two_packages(), of("p1", "in_transit", 60)), attend(120));
    let late = after(&order, of("p1", "picked_up", 55));
    assert_eq!(is_stuck(&late), [true, true]);
    let heard = after(&order, of("p1", "in_transit", 125));
    assert_eq!(is_stuck(&heard), [false, true]);
    assert_eq!(when(&heard, attend(185)), [stuck(&["p1"])], "and it may be stuck again");
}

#[test]
fn delivered_and_failed_packages_are_never_stuck() {
    for end in ["delivered", "failure", "returned_to_sender"] {
        let order = after(&two_packages(), of("p1", end, 60));
        assert_eq!(when(&order, attend(999)), [stuck(&["p2"])], "{end}");
    }
    let confirmed = after(&two_packages(), confirm_delivery(1, json!({})));
    assert_eq!((when(&confirmed, attend(999)), confirmed.due_at()), (vec![], None));
}

#[test]
fn packages_without_a_stuck_period_are_never_stuck() {
    assert_eq!(when(&on_its_way(), attend(999_999)), []);
}

#[test]
fn a_package_that_will_not_arrive_is_recorded_once() {
    let order = two_packages();
    assert_eq!(when(&order, of("p1", "failure", 60))[1..], [failed(&["p1"], TrackingStatus::Failure, 60)]);
    let order = after(&order, of("p1", "failure", 60));
    let back = TrackingStatus::ReturnedToSender;
    assert_eq!(when(&order, track(1, "returned_to_sender", 70))[1..], [failed(&["p2"], back, 70)]);
}

#[test]
fn a_package_that_has_arrived_does_not_fail() {
    let order = after(&two_packages(), confirm_delivery(1, json!({})));
    assert_eq!(names(&when(&order, track(1, "failure", 95))), ["ShipmentTracked"]);
}

#[test]
fn a_failure_before_a_later_report_is_ignored() {
    let order = after(&two_packages(), of("p1", "out_for_delivery", 80));
    assert_eq!(names(&when(&order, of("p1", "failure", 70))), ["ShipmentTracked"]);
    let late = after(&order, of("p1", "failure", 70));
    assert_eq!(late.status_axes().delivery, DeliveryStatus::OutForDelivery);
    assert_eq!(when(&order, of("p1", "failure", 80))[1..], [failed(&["p1"], TrackingStatus::Failure, 80)]);
}
