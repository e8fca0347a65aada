//! The next time at which an order is due: a reservation or a hold ends, or a package counts as stuck.

use super::*;

fn due(history: impl IntoIterator<Item = OrderCommand>) -> Option<Timestamp> {
    given(history).due_at()
}

fn reserved_for_a_minute() -> OrderCommand {
    create_with(json!({ "reserveFor": "PT1M" }))
}

fn hold_until(second: i64) -> OrderCommand {
    hold_with(json!({ "until": time(second) }))
}

fn ship_with_stuck_period(packages: &[Value]) -> OrderCommand {
    let OrderCommand::ShipItems(fields, _, at) = ship(1, packages) else { unreachable!() };
    OrderCommand::ShipItems(fields, "PT1M".parse().ok(), at)
}

#[test]
fn an_order_is_not_due_without_an_expiry_a_hold_with_an_end_or_a_stuck_period() {
    assert_eq!(Order::default().due_at(), None);
    assert_eq!(due([create(), reserve_all(), hold_with(json!({}))]), None);
    assert_eq!(due([create(), reserve_all(), pay("money"), ship_all(1)]), None);
}

#[test]
fn a_reservation_is_due_when_it_expires() {
    assert_eq!(due([reserved_for_a_minute()]), None, "nothing is reserved yet");
    assert_eq!(due([reserved_for_a_minute(), reserve_all()]), Some(time(70)));
    assert_eq!(due([reserved_for_a_minute(), reserve_all(), pay("money")]), None);
    assert_eq!(due([reserved_for_a_minute(), reserve_all(), cancel()]), None);
}

#[test]
fn a_hold_is_due_when_it_ends() {
    assert_eq!(due([create(), hold_until(90), hold_until(80)]), Some(time(80)));
    assert_eq!(due([create(), hold_until(80), release_hold("h1")]), None);
}

#[test]
fn a_package_is_due_when_it_counts_as_stuck() {
    let some = json!({ "lines": [{ "line": 1, "quantity": 2 }] });
    let order = after(&paid_and_reserved(), ship_with_stuck_period(&[json!({}), some]));
    assert_eq!(order.due_at(), Some(time(110)));
    let scan = |package: &str, second| {
        track_with(1, json!({ "status": "in_transit", "at": time(second), "packageId": package }))
    };
    let order = after(&order, scan("p1", 80));
    assert_eq!(order.due_at(), Some(time(110)), "the other package has no report");
    let order = after(&order, scan("p2", 70));
    assert_eq!(order.due_at(), Some(time(130)));
    let order = after(&order, OrderCommand::AttendOrder(time(150)));
    assert_eq!(order.due_at(), None, "the package is marked as stuck only once");
}

#[test]
fn the_earliest_due_time_counts() {
    assert_eq!(due([reserved_for_a_minute(), reserve_all(), hold_until(65)]), Some(time(65)));
    assert_eq!(due([reserved_for_a_minute(), reserve_all(), hold_until(75)]), Some(time(70)));
}

#[test]
fn an_order_is_not_due_again_after_its_due_work_is_done() {
    let order = given([reserved_for_a_minute(), reserve_all(), hold_until(65)]);
    let order = after(&order, OrderCommand::ExpireReservation(time(80)));
    let order = after(&order, OrderCommand::AttendOrder(time(80)));
    assert_eq!(order.due_at(), None);
}
