//! Reservations that end at a time.

use super::*;

fn hold(order: u128, from: &[(&str, u64)], until: i64) -> StockCommand {
    reserve_for(order_number(order), from, Some(time(until)))
}

fn let_go(order: u128, from: &[(&str, u64)]) -> StockCommand {
    release_for(order_number(order), from)
}

fn extend(order: u128, until: Option<i64>) -> StockCommand {
    extend_with(order, until, &[])
}

/// With the units that are reserved for the order.
fn extend_with(order: u128, until: Option<i64>, from: &[(&str, u64)]) -> StockCommand {
    let (order, allocations) = (order_ref(order_number(order)), allocations(from));
    StockCommand::ExtendReservation { order, until: until.map(time), allocations }
}

fn expire(second: i64) -> StockCommand {
    StockCommand::ExpireReservations(time(second))
}

fn expired(second: i64, from: &[(&str, u64)]) -> StockEvent {
    let allocations = allocations(from);
    StockReservationsExpired { sku: sku(), until: time(second), allocations }.into()
}

fn two_places() -> StockItem {
    given([receive(10, 1), receive_with(json!({ "quantity": 10, "location": "DC-2" }), 1)])
}

/// Order 1 holds four until second 70, order 2 two until second 90.
fn two_orders() -> StockItem {
    after(&after(&two_places(), hold(2, &[("DC-1", 2)], 90)), hold(1, &[("DC-1", 3), ("DC-2", 1)], 70))
}

#[test]
fn a_reservation_ends_at_its_time_and_not_before() {
    let item = two_orders();
    assert_eq!(when(&item, expire(69)), []);
    assert_eq!(when(&item, expire(70)), [expired(70, &[("DC-1", 3), ("DC-2", 1)])]);
    let item = after(&item, expire(70));
    assert_eq!((at(&item, "DC-1"), at(&item, "DC-2")), ([10, 2, 8], [10, 0, 10]));
    assert_eq!(when(&item, expire(89)), []);
}

#[test]
fn reservations_of_several_orders_end_in_one_event() {
    let item = two_orders();
    assert_eq!(when(&item, expire(95)), [expired(95, &[("DC-1", 5), ("DC-2", 1)])]);
    assert_eq!(when(&after(&item, expire(95)), expire(99)), []);
}

#[test]
fn a_reservation_without_a_time_never_ends() {
    let item = after(&two_places(), reserve(&[("DC-1", 4)]));
    assert_eq!(when(&item, expire(999)), []);
}

#[test]
fn all_reservations_of_an_order_end_together() {
    let item = after(&two_orders(), hold(1, &[("DC-2", 2)], 80));
    assert_eq!(when(&item, expire(79)), []);
    assert_eq!(when(&item, expire(80)), [expired(80, &[("DC-1", 3), ("DC-2", 3)])]);
}

#[test]
fn an_extended_reservation_ends_later() {
    let item = after(&two_orders(), extend(1, Some(100)));
    assert_eq!(when(&item, expire(95)), [expired(95, &[("DC-1", 2)])]);
    assert_eq!(when(&item, expire(100)), [expired(100, &[("DC-1", 5), ("DC-2", 1)])]);
}

#[test]
fn a_reservation_extended_without_a_time_never_ends() {
    let item = after(&two_orders(), extend(1, None));
    assert_eq!(at(&item, "DC-1"), [10, 5, 5]);
    assert_eq!(when(&item, expire(999)), [expired(999, &[("DC-1", 2)])]);
    assert_eq!(when(&item, extend(1, Some(100))), [], "nothing of it would expire");
    let limited = after(&item, extend_with(1, Some(100), &[("DC-1", 3), ("DC-2", 1)]));
    assert_eq!(when(&limited, expire(100)).last(), Some(&expired(100, &[("DC-1", 5), ("DC-2", 1)])));
}

#[test]
fn released_units_do_not_expire() {
    let item = after(&two_orders(), let_go(1, &[("DC-1", 2)]));
    assert_eq!(when(&item, expire(70)), [expired(70, &[("DC-1", 1), ("DC-2", 1)])]);
    let item = after(&item, let_go(1, &[("DC-1", 1), ("DC-2", 1)]));
    assert_eq!((when(&item, expire(70)), item.expiring.len()), (vec![], 1));
}

#[test]
fn shipped_and_shorted_units_do_not_expire() {
    let item = after(&two_places(), reserve_until(&[("DC-1", 5)], Some(time(70))));
    let item = after(&after(&item, ship("DC-1", 1, 20)), short("DC-1", 1, 21));
    assert_eq!(when(&item, expire(70)), [expired(70, &[("DC-1", 3)])]);
    assert_eq!(at(&after(&item, expire(70)), "DC-1"), [8, 0, 8]);
}

#[test]
fn a_filled_backorder_may_end_at_a_time() {
    let filled = |until: Option<Timestamp>| StockCommand::FillBackorder {
        order_id: order_number(1),
        allocations: allocations(&[("DC-1", 2)]),
        until,
    };
    let waits = given([receive(2, 1), wait(1, 2, 2), earmark()]);
    let item = after(&waits, filled(Some(time(70))));
    assert_eq!(when(&item, expire(70)), [expired(70, &[("DC-1", 2)])]);
    assert_eq!(when(&after(&waits, filled(None)), expire(70)), []);
}
