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
    DeliveryFailed { shipment_id, packages, status, at, superseded: false }.into()
}

fn superseded(packages: &[&str], status: TrackingStatus, second: i64) -> OrderEvent {
    let OrderEvent::DeliveryFailed(event) = failed(packages, status, second) else { unreachable!() };
    DeliveryFailed { superseded: true, ..event }.into()
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
fn the_failure_of_a_package_that_has_arrived_is_recorded_and_changes_nothing() {
    let order = after(&two_packages(), confirm_delivery(1, json!({})));
    let failure = TrackingStatus::Failure;
    assert_eq!(when(&order, track(1, "failure", 95))[1..], [superseded(&["p1", "p2"], failure, 95)]);
    assert_eq!(after(&order, track(1, "failure", 95)).status(), OrderStatus::Delivered);
}

#[test]
fn a_failure_before_a_later_report_is_recorded_as_superseded() {
    let order = after(&two_packages(), of("p1", "out_for_delivery", 80));
    let failure = TrackingStatus::Failure;
    assert_eq!(when(&order, of("p1", "failure", 70))[1..], [superseded(&["p1"], failure, 70)]);
    let late = after(&order, of("p1", "failure", 70));
    assert_eq!(late.status_axes().delivery, DeliveryStatus::OutForDelivery);
    let reports = late.shipments[0].packages[0].latest_reports();
    assert_eq!(reports, [(failure, time(70)), (TrackingStatus::OutForDelivery, time(80))]);
    assert_eq!(when(&late, of("p1", "failure", 70)), [], "it is recorded once");
    assert_eq!(when(&order, of("p1", "failure", 80))[1..], [failed(&["p1"], failure, 80)]);
}

#[test]
fn a_package_on_its_way_back_stays_failed_in_transit_and_a_lost_one_is_found() {
    use TrackingStatus::{Delayed, Failure, InTransit, OutForDelivery, ReturnedToSender};
    let status = |reports: &[(&str, i64)]| {
        let report = |order: Order, &(status, second): &(&str, i64)| after(&order, of("p1", status, second));
        let order = reports.iter().fold(two_packages(), report);
        order.shipments[0].packages[0].tracked().unwrap().0
    };
    for (reports, expected) in [
        (vec![("returned_to_sender", 60), ("in_transit", 70)], ReturnedToSender),
        (vec![("returned_to_sender", 60), ("in_transit", 70), ("out_for_delivery", 80)], OutForDelivery),
        (vec![("failure", 60), ("delayed", 70)], Failure),
        (vec![("failure", 60), ("in_transit", 70)], InTransit),
        (vec![("failure", 60), ("in_transit", 70), ("delayed", 80)], Delayed),
        (vec![("failure", 60), ("returned_to_sender", 70)], ReturnedToSender),
    ] {
        assert_eq!(status(&reports), expected, "{reports:?}");
        let reversed: Vec<_> = reports.iter().rev().copied().collect();
        assert_eq!(status(&reversed), expected, "in any order: {reversed:?}");
    }
}

#[test]
fn a_failure_counts_over_a_report_from_the_future() {
    let scan = |status: &str, second: i64| {
        let fields =
            json!({ "shipmentId": shipment_id(1), "packageId": "p1", "status": status, "at": time(second) });
        OrderCommand::TrackShipment(read(fields, json!({})), time(100))
    };
    let ahead = after(&two_packages(), scan("in_transit", 36_000));
    assert_eq!(ahead.shipments[0].packages[0].tracked(), Some((TrackingStatus::InTransit, time(100))));
    assert_eq!(when(&ahead, scan("failure", 90))[1..], [failed(&["p1"], TrackingStatus::Failure, 90)]);
    let lost = after(&ahead, scan("failure", 90));
    assert_eq!(lost.status_axes().delivery, DeliveryStatus::Failed);
}
