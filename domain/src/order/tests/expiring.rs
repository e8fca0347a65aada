//! Reservations expire unless the order is paid or a location acknowledges it.

use super::*;

/// Holds what is reserved for a minute.
fn create_for_a_minute(more: Value) -> OrderCommand {
    create_with(read(json!({ "reserveFor": "PT1M" }), more))
}

/// Reserved in the tenth second, and so until the seventieth.
fn for_a_minute() -> Order {
    given([create_for_a_minute(json!({})), reserve_all()])
}

fn reserve_at_second(second: i64, from: &[(&str, Stock<'_>)]) -> OrderCommand {
    let OrderCommand::ReserveInventory(command) = reserve(from) else { unreachable!() };
    OrderCommand::ReserveInventory(ReserveInventory { at: time(second), ..command })
}

fn expire(second: i64) -> OrderCommand {
    OrderCommand::ExpireReservation(time(second))
}

fn authorize(until: Option<i64>) -> OrderCommand {
    let fields = json!({ "orderId": order_id(), "paymentRef": "card", "authorizedUntil": until.map(time) });
    OrderCommand::AuthorizePayment(read(fields, json!({})))
}

fn void() -> OrderCommand {
    OrderCommand::VoidPayment(
        read(json!({ "orderId": order_id(), "reason": "given back" }), json!({})),
        time(40),
    )
}

fn grow(quantity: u32) -> OrderCommand {
    amend(json!({ "changes": [{ "op": "setQuantity", "line": 1, "quantity": quantity }] }))
}

fn extended(until: Option<i64>) -> OrderEvent {
    ReservationExtended { until: until.map(time) }.into()
}

/// Until when each reservation among the events holds.
fn until(events: &[OrderEvent]) -> Vec<Option<Timestamp>> {
    let until = |event: &OrderEvent| match event {
        OrderEvent::InventoryReserved(reserved) => Some(reserved.until),
        _ => None,
    };
    events.iter().filter_map(until).collect()
}

#[test]
fn reservations_last_for_the_orders_period() {
    assert_eq!(for_a_minute().expires_at, Some(time(70)));
    assert_eq!(given([create(), reserve_all()]).expires_at, None);
}

#[test]
fn the_period_of_the_policy_applies_to_orders_that_must_be_paid() {
    let under = |more: Value| {
        let OrderCommand::CreateOrder(fields, terms, at) = create_with(more) else { unreachable!() };
        let rules = Rules { reserve_for: "PT2M".parse().ok(), ..Rules::default() };
        given([OrderCommand::CreateOrder(fields, CreationTerms { rules, ..terms }, at), reserve_all()])
    };
    assert_eq!(under(json!({})).expires_at, Some(time(130)));
    assert_eq!(under(json!({ "reserveFor": "PT1M" })).expires_at, Some(time(70)));
    assert_eq!(under(json!({ "payment": "not_required" })).expires_at, None);
    let own = json!({ "payment": "not_required", "reserveFor": "PT1M" });
    assert_eq!(under(own).expires_at, Some(time(70)));
}

#[test]
fn later_reservations_expire_with_the_earlier_ones() {
    let order = after(&for_a_minute(), grow(7));
    assert_eq!(until(&when(&order, reserve_at_second(30, &[("DC-1", &[("A", 2)])]))), [Some(time(70))]);
    let may_wait = create_for_a_minute(json!({ "onShortage": "backorder" }));
    let short = sourced(&[("DC-1", &[("A", 2), ("B", 3)])], &[("A", 5, 2)]);
    let order = given([may_wait, reserve_sourced(short, ReservationTrigger::Creation)]);
    assert_eq!(until(&when(&order, fill("A", &[("DC-1", 1)]))), [Some(time(70))]);
}

#[test]
fn the_period_of_an_order_that_waits_begins_with_its_first_unit() {
    let may_wait = create_for_a_minute(json!({ "onShortage": "backorder" }));
    let short = sourced(&[], &[("A", 5, 0), ("B", 3, 0)]);
    let order = given([may_wait, reserve_sourced(short, ReservationTrigger::Creation)]);
    assert_eq!(order.expires_at, None);
    assert_eq!(until(&when(&order, fill("A", &[("DC-1", 1)]))), [Some(time(120))]);
}

#[test]
fn reservations_expire_exactly_at_their_time() {
    let order = for_a_minute();
    assert_eq!(when(&order, expire(69)), []);
    let fulfillment_orders = vec![part(1, "DC-1", &[(1, 5), (2, 3)])];
    assert_eq!(when(&order, expire(70)), [ReservationExpired { fulfillment_orders, waited: vec![] }.into()]);
    let order = after(&order, expire(70));
    assert_eq!((line(&order, 1), order.pending_demand().len()), ([0, 0, 0, 0, 0, 0], 2));
    assert_eq!((order.has_expired, order.due_at()), (true, None));
    assert_eq!(order.status_axes().reservation, ReservationStatus::Released);
    assert_eq!(when(&order, expire(99)), []);
}

#[test]
fn expiry_ends_backorders() {
    let may_wait = create_for_a_minute(json!({ "onShortage": "backorder" }));
    let short = sourced(&[("DC-1", &[("A", 2), ("B", 3)])], &[("A", 5, 2)]);
    let order = given([may_wait, reserve_sourced(short, ReservationTrigger::Creation)]);
    let fulfillment_orders = vec![part(1, "DC-1", &[(1, 2), (2, 3)])];
    let expected = ReservationExpired { fulfillment_orders, waited: units(&[(1, 3)]) };
    assert_eq!(when(&order, expire(70)), [expected.into()]);
    let order = after(&order, expire(70));
    assert!(order.backordered_demand().is_empty());
    assert_eq!(order.line_totals()[0].pending(), Units::new(5));
}

#[test]
fn a_payment_that_is_promised_for_longer_is_waited_for() {
    let order = for_a_minute();
    assert_eq!(when(&order, authorize(Some(90)))[1..], [extended(Some(90))]);
    for not_longer in [Some(70), Some(60), None] {
        assert_eq!(names(&when(&order, authorize(not_longer))), ["PaymentAuthorized"]);
    }
    let order = after(&order, authorize(Some(90)));
    assert_eq!(
        (when(&order, expire(89)), names(&when(&order, expire(90)))),
        (vec![], vec!["ReservationExpired"])
    );
    let permanent = given([create(), reserve_all()]);
    assert_eq!(names(&when(&permanent, authorize(Some(90)))), ["PaymentAuthorized"]);
}

#[test]
fn payment_makes_reservations_permanent() {
    let order = for_a_minute();
    assert_eq!(when(&order, pay("money"))[1..], [extended(None)]);
    let order = after(&order, pay("money"));
    assert_eq!((order.is_confirmed(), order.expires_at, when(&order, expire(99))), (true, None, vec![]));
    assert_eq!(names(&when(&order, pay("more"))), ["PaymentConfirmed"], "it is said once");
}

#[test]
fn acknowledgement_makes_reservations_permanent() {
    let delivery = json!({ "method": "pickup", "location": "DC-1" });
    let free = create_for_a_minute(json!({ "payment": "not_required", "delivery": delivery }));
    let order = given([free, reserve_all()]);
    for begins in [accept(1), pick_all(1), pack_all(1), ready(1), ship_all(1)] {
        assert!(when(&order, begins.clone()).contains(&extended(None)), "{begins:?}");
        assert_eq!(after(&order, begins).expires_at, None);
    }
}

#[test]
fn an_acknowledgement_ends_when_the_location_releases_its_units() {
    let free = create_for_a_minute(json!({ "payment": "not_required" }));
    let released = given([free, reserve_all(), accept(1), cancel(), accept_cancellation(1)]);
    let order = after(&after(&released, reopen(json!({}))), reserve_all());
    assert_eq!(order.expires_at, Some(time(70)));
}

#[test]
fn an_expired_order_without_payment_terms_goes_on_hold() {
    let order = given([create_for_a_minute(json!({ "payment": "not_required" })), reserve_all()]);
    let events = when(&order, expire(70));
    assert_eq!(names(&events), ["ReservationExpired", "OrderHeld"]);
    let order = after(&order, expire(70));
    assert_eq!((order.is_out_of_stock(), order.expires_at), (true, None));
    assert_eq!(when(&order, expire(71)), []);
}

#[test]
fn a_late_payment_reserves_again_permanently() {
    let order = after(&after(&for_a_minute(), expire(70)), pay("money"));
    assert!(order.has_expired && !order.pending_demand().is_empty());
    let found =
        reserve_sourced(sourced(&[("DC-1", &[("A", 5), ("B", 3)])], &[]), ReservationTrigger::Existing);
    assert_eq!(until(&when(&order, found.clone())), [None]);
    let order = after(&order, found);
    assert_eq!((order.has_expired, order.expires_at, line(&order, 1)[0]), (false, None, 5));
}

#[test]
fn a_cancelled_order_does_not_expire() {
    assert_eq!(when(&after(&for_a_minute(), cancel()), expire(99)), []);
}

#[test]
fn reservations_end_again_when_the_payment_is_void() {
    let paid = after(&for_a_minute(), pay("money"));
    assert_eq!(paid.expires_at, None);
    let void_again = after(&paid, void());
    assert_eq!(void_again.expires_at, Some(time(100)), "a minute from then");
    let order = after(&void_again, grow(6));
    assert_eq!(until(&when(&order, reserve_at_second(80, &[("DC-1", &[("A", 1)])]))), [Some(time(100))]);
    assert_eq!(names(&when(&order, expire(100))), ["ReservationExpired"]);
    assert_eq!(after(&void_again, pay("other")).expires_at, None);
    let in_progress = after(&paid, accept(1));
    assert_eq!(after(&in_progress, void()).expires_at, None);
}

#[test]
fn an_authorization_ends_with_the_reservations() {
    let authorized = after(&for_a_minute(), authorize(Some(90)));
    assert_eq!(authorized.status_axes().payment, PaymentStatus::Authorized);
    assert_eq!(after(&authorized, expire(90)).status_axes().payment, PaymentStatus::Pending);
}

#[test]
fn an_order_without_reservations_gets_a_new_expiry() {
    let order = given([create_for_a_minute(json!({})), reserve_all(), pay("money"), reject(1), void()]);
    assert_eq!(
        until(&when(&order, reserve_at_second(80, &[("DC-2", &[("A", 5), ("B", 3)])]))),
        [Some(time(140))]
    );
}
