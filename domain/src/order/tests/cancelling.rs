use super::*;

const REASON: &str = "changed their mind";

#[test]
fn cancelling_an_unreserved_order_releases_nothing() {
    assert_eq!(when(&given([create()]), cancel()), [cancelled(&[(1, 5), (2, 3)], REASON)]);
}

#[test]
fn cancelling_releases_the_units_of_every_location() {
    let order = given([create(), reserve_at_two()]);
    let parts = vec![part(1, "DC-1", &[(1, 4), (2, 3)]), part(2, "DC-2", &[(1, 1)])];
    assert_eq!(when(&order, cancel()), [released(parts), cancelled(&[(1, 5), (2, 3)], REASON)]);
}

#[test]
fn a_cancelled_order_holds_nothing() {
    let order = given([create(), reserve_at_two(), cancel()]);
    assert!(order.is_cancelled());
    assert_eq!(line(&order, 1), [0, 0, 0, 0, 0, 5]);
    assert_eq!(line(&order, 2), [0, 0, 0, 0, 0, 3]);
    for part in &order.fulfillment_orders {
        assert_eq!(part.status(&order), FulfillmentOrderStatus::Cancelled);
        assert!(part.lines.iter().all(|line| line.released == line.quantity && !line.quantity.is_zero()));
    }
}

#[test]
fn cancelled_units_are_not_cancelled_twice() {
    let short = sourced(&[("DC-1", &[("A", 2), ("B", 3)])], &[("A", 5, 2)]);
    let order = given([
        create_with(json!({ "onShortage": "cancel_remainder" })),
        reserve_sourced(short, ReservationTrigger::Creation),
    ]);
    let events = when(&order, cancel());
    assert_eq!(
        events,
        [released(vec![part(1, "DC-1", &[(1, 2), (2, 3)])]), cancelled(&[(1, 2), (2, 3)], REASON)]
    );
    assert_eq!(line(&after(&order, cancel()), 1), [0, 0, 0, 0, 0, 5]);
}

#[test]
fn cancelling_a_backordered_order_ends_its_backorders() {
    let short = sourced(&[], &[("A", 5, 2)]);
    let waiting = given([create(), pay("money"), reserve_sourced(short, ReservationTrigger::Existing)]);
    assert_eq!(waiting.holds.len(), 1);
    let order = after(&waiting, cancel());
    assert_eq!(order.holds, []);
    assert_eq!(order.status(), OrderStatus::Cancelled);
}

#[test]
fn an_order_is_cancelled_once() {
    assert_eq!(refusal(&given([create(), cancel()]), cancel()), ("order_cancelled", None));
}

#[test]
fn cancelling_picked_units_requires_location_approval_and_shipped_units_stay() {
    for started in [pick(1, json!({ "lines": [{ "line": 2, "quantity": 1 }] })), pack_all(1)] {
        assert_eq!(names(&when(&after(&paid_and_reserved(), started), cancel())), ["CancellationRequested"]);
    }
    assert_eq!(refusal(&on_its_way(), cancel()), ("nothing_left", None));
}
