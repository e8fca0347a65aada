//! Amendments of address or delivery while locations work on the order: each location is requested to agree.

use super::*;

fn to_paris() -> OrderCommand {
    amend(json!({ "shipTo": { "name": "Ada Lovelace", "city": "Paris" } }))
}

/// Two locations have accepted a fulfillment order each.
fn in_progress() -> Order {
    given([create(), reserve_at_two(), pay("money"), accept(1), accept(2)])
}

fn amendment_requested() -> Order {
    after(&in_progress(), to_paris())
}

fn settle(order: &Order) -> Vec<OrderEvent> {
    when(order, OrderCommand::SettleAmendment(time(50)))
}

/// The order after its requested amendment has taken effect or lapsed.
fn settled(order: &Order) -> Order {
    assert!(order.amendment_is_settled());
    after(order, OrderCommand::SettleAmendment(time(50)))
}

fn city(order: &Order) -> Option<String> {
    let destination = order.created.as_ref()?.destination.as_ref()?;
    Some(destination.city.as_ref()?.to_string())
}

#[test]
fn a_new_address_takes_effect_after_the_locations_agree() {
    let events = when(&in_progress(), to_paris());
    let [OrderEvent::AmendmentRequested(requested)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(requested.fulfillment_orders, [fulfillment_order_id(1), fulfillment_order_id(2)]);
    assert!(requested.has_personal_data && requested.personal.is_some());
    assert!(!serde_json::to_string(&events).unwrap().contains("Lovelace"));
    let order = amendment_requested();
    assert_eq!((city(&order), order.has_new_address), (None, false));
    assert_eq!(order.personal_data, PersonalDataState::Sealed);
    assert!(!serde_json::to_string(&order).unwrap().contains("Lovelace"));
    assert_eq!(settle(&order), [], "no location has answered");
}

#[test]
fn only_locations_with_work_in_progress_are_requested() {
    let order = given([create(), reserve_at_two(), pay("money"), accept(1), ship_all(1)]);
    assert_eq!(names(&when(&order, to_paris())), ["OrderAmended"]);
    let order = given([create(), reserve_at_two(), pay("money"), accept(2)]);
    let order = after(&order, to_paris());
    let must_answer: Vec<bool> =
        order.fulfillment_orders.iter().map(|part| order.awaits_answer_of(part)).collect();
    assert_eq!(must_answer, [false, true]);
}

#[test]
fn an_amendment_takes_effect_when_all_locations_accept() {
    let order = after(&amendment_requested(), accept_amendment(1));
    assert_eq!((order.amendment_is_settled(), settle(&order)), (false, vec![]));
    assert_eq!(refusal(&order, accept_amendment(1)), ("no_amendment_requested", None));
    let order = after(&order, accept_amendment(2));
    assert_eq!(names(&settle(&order)), ["OrderAmended"]);
    let order = settled(&order);
    assert_eq!((city(&order).as_deref(), order.has_new_address), (Some("Paris"), true));
    assert_eq!((order.amendment.is_none(), order.amendment_is_settled()), (true, false));
}

#[test]
fn one_rejection_cancels_the_amendment() {
    let order = after(&after(&amendment_requested(), accept_amendment(1)), reject_amendment(2));
    assert_eq!((city(&order), order.amendment.clone()), (None, None));
    assert_eq!(refusal(&order, reject_amendment(1)), ("no_amendment_requested", None));
    assert_eq!(
        names(&when(&order, to_paris())),
        ["AmendmentRequested"],
        "the amendment can be requested again"
    );
}

#[test]
fn a_location_without_open_units_need_not_answer() {
    let order = after(&after(&amendment_requested(), ship_all(1)), accept_amendment(2));
    assert_eq!(city(&settled(&order)).as_deref(), Some("Paris"), "the second location has accepted");
    let order = after(&after(&amendment_requested(), ship_all(1)), ship_all(2));
    let events = settle(&order);
    let [OrderEvent::AmendmentRejected(rejected)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(rejected.fulfillment_order_id, None);
    assert_eq!((city(&settled(&order)), settled(&order).amendment), (None, None));
}

#[test]
fn a_location_that_acknowledges_later_must_agree_too() {
    let order = given([create(), reserve_at_two(), pay("money"), accept(1), to_paris(), accept(2)]);
    let order = after(&order, accept_amendment(1));
    assert!(!order.amendment_is_settled());
    assert!(after(&order, accept_amendment(2)).amendment_is_settled());
}

#[test]
fn an_amendment_request_lapses_when_the_order_is_cancelled() {
    let order = [cancel(), accept_cancellation(1), accept_cancellation(2)]
        .into_iter()
        .fold(amendment_requested(), |order, next| after(&order, next));
    assert_eq!(names(&settle(&order)), ["AmendmentRejected"]);
}

#[test]
fn only_one_amendment_request_is_pending_and_lines_change_at_once() {
    assert_eq!(refusal(&amendment_requested(), to_paris()), ("amendment_pending", None));
    let add = amend(json!({ "changes": [{ "op": "add", "sku": "A", "quantity": 1 }] }));
    assert_eq!(names(&when(&amendment_requested(), add)), ["OrderAmended"]);
    let both = amend(json!({
        "changes": [{ "op": "add", "sku": "A", "quantity": 1 }], "shipTo": { "city": "Paris" }
    }));
    assert_eq!(names(&when(&in_progress(), both)), ["OrderAmended", "AmendmentRequested"]);
}

#[test]
fn an_accepted_later_delivery_puts_the_order_on_hold() {
    let later = amend(json!({ "delivery": { "method": "ship", "shipNotBefore": time(99) } }));
    let order = given([create(), reserve_all(), pay("money"), accept(1), later, accept_amendment(1)]);
    assert_eq!(names(&settle(&order)), ["OrderAmended", "OrderHeld"]);
    let order = settled(&order);
    assert_eq!((order.status(), order.due_at()), (OrderStatus::OnHold, Some(time(99))));
}

fn to_pickup() -> OrderCommand {
    amend(json!({ "delivery": { "method": "pickup", "location": "DC-1" } }))
}

#[test]
fn pickup_and_a_pending_move_exclude_each_other() {
    let order = given([create(), reserve_all(), pay("money"), accept(1)]);
    assert_eq!(
        refusal(&after(&order, relocate(1, "DC-2")), to_pickup()),
        ("reserved_elsewhere", Some("/delivery/location".into()))
    );
    assert_eq!(refusal(&after(&order, to_pickup()), relocate(1, "DC-2")), ("delivery_location_fixed", None));
}

#[test]
fn a_pickup_amendment_lapses_when_units_are_reserved_elsewhere() {
    let two = json!({ "lines": [{ "line": 1, "quantity": 2 }] });
    let elsewhere = reserve_sourced(sourced(&[("DC-2", &[("A", 2)])], &[]), ReservationTrigger::Shortfall);
    let order = [to_pickup(), short_with(1, two), elsewhere, accept_amendment(1)]
        .into_iter()
        .fold(after(&paid_and_reserved(), accept(1)), |order, next| after(&order, next));
    assert_eq!(names(&settle(&order)), ["AmendmentRejected"]);
}

#[test]
fn the_target_location_of_a_move_must_agree() {
    let order = after(&amendment_requested(), accept_amendment(1));
    let order = [relocate(1, "DC-3"), accept_cancellation(1), accept(1)]
        .into_iter()
        .fold(order, |order, next| after(&order, next));
    assert!(order.awaits_answer_of(&order.fulfillment_orders[0]));
    assert_eq!(names(&when(&order, reject_amendment(1))), ["AmendmentRejected"]);
}

#[test]
fn a_late_answer_does_not_count_for_another_request() {
    let answer = |id: &str| OrderCommand::AcceptAmendment(on_part(1, json!({ "amendmentId": id })));
    let order = after(&after(&amendment_requested(), reject_amendment(2)), to_paris());
    assert_eq!(order.amendment.as_ref().unwrap().id, name("a2"));
    assert_eq!(refusal(&order, answer("a1")), ("no_amendment_requested", None));
    assert_eq!(names(&when(&order, answer("a2"))), ["AmendmentAccepted"]);
}

#[test]
fn changing_from_pickup_ends_ready_for_pickup() {
    let order = given([
        create_with(json!({ "delivery": { "method": "pickup" } })),
        reserve_all(),
        pay("money"),
        ready(1),
    ]);
    let order = after(&order, amend(json!({ "delivery": { "method": "ship" } })));
    let order = settled(&after(&order, accept_amendment(1)));
    assert_eq!(order.fulfillment_orders[0].status(&order), FulfillmentOrderStatus::Packed);
}

#[test]
fn only_the_other_location_must_still_answer() {
    let order = after(&amendment_requested(), accept_amendment(1));
    let destination = order.amendment.as_deref().unwrap().destination.as_ref().unwrap();
    assert_eq!(destination.city, Text::new("Paris").ok());
    let must_answer: Vec<bool> =
        order.fulfillment_orders.iter().map(|part| order.awaits_answer_of(part)).collect();
    assert_eq!(must_answer, [false, true]);
}
