//! An order is to go elsewhere, or otherwise, while locations work on it: they are asked.

use super::*;

fn to_paris() -> OrderCommand {
    amend(json!({ "shipTo": { "name": "Ada Lovelace", "city": "Paris" } }))
}

/// Two locations have taken on a part each.
fn worked_on() -> Order {
    given([create(), reserve_at_two(), pay("money"), accept(1), accept(2)])
}

fn asked() -> Order {
    after(&worked_on(), to_paris())
}

fn settle(order: &Order) -> Vec<OrderEvent> {
    when(order, OrderCommand::SettleAmendment(moment(50)))
}

/// The order when what was asked counts.
fn settled(order: &Order) -> Order {
    assert!(order.amendment_is_settled());
    after(order, OrderCommand::SettleAmendment(moment(50)))
}

fn city(order: &Order) -> Option<String> {
    let destination = order.created.as_ref()?.destination.as_ref()?;
    Some(destination.city.as_ref()?.to_string())
}

#[test]
fn locations_that_work_on_it_are_asked_and_until_they_answer_it_goes_where_it_was_to_go() {
    let events = when(&worked_on(), to_paris());
    let [OrderEvent::AmendmentRequested(requested)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(requested.fulfillment_orders, [fulfillment_order_id(1), fulfillment_order_id(2)]);
    assert!(requested.has_personal_data && requested.personal.is_some());
    assert!(!serde_json::to_string(&events).unwrap().contains("Lovelace"));
    let order = asked();
    assert_eq!((city(&order), order.has_new_address), (None, false));
    assert_eq!(order.personal_data, PersonalDataState::Sealed);
    assert!(!serde_json::to_string(&order).unwrap().contains("Lovelace"));
    assert_eq!(settle(&order), [], "nobody has answered");
}

#[test]
fn only_locations_that_have_taken_their_part_on_and_have_not_sent_it_are_asked() {
    let order = given([create(), reserve_at_two(), pay("money"), accept(1), ship_all(1)]);
    assert_eq!(names(&when(&order, to_paris())), ["OrderAmended"]);
    let order = given([create(), reserve_at_two(), pay("money"), accept(2)]);
    let order = after(&order, to_paris());
    let asked: Vec<bool> = order.fulfillment_orders.iter().map(|part| order.awaits_answer_of(part)).collect();
    assert_eq!(asked, [false, true]);
}

#[test]
fn it_goes_elsewhere_when_all_have_agreed() {
    let order = after(&asked(), accept_amendment(1));
    assert_eq!((order.amendment_is_settled(), settle(&order)), (false, vec![]));
    assert_eq!(refusal(&order, accept_amendment(1)), ("no_amendment_requested", None));
    let order = after(&order, accept_amendment(2));
    assert_eq!(names(&settle(&order)), ["OrderAmended"]);
    let order = settled(&order);
    assert_eq!((city(&order).as_deref(), order.has_new_address), (Some("Paris"), true));
    assert_eq!((order.amendment.is_none(), order.amendment_is_settled()), (true, false));
}

#[test]
fn one_that_does_not_agree_keeps_it_where_it_was_to_go() {
    let order = after(&after(&asked(), accept_amendment(1)), reject_amendment(2));
    assert_eq!((city(&order), order.amendment.clone()), (None, None));
    assert_eq!(refusal(&order, reject_amendment(1)), ("no_amendment_requested", None));
    assert_eq!(names(&when(&order, to_paris())), ["AmendmentRequested"], "it may be asked again");
}

#[test]
fn who_has_nothing_left_to_do_need_not_answer() {
    let order = after(&after(&asked(), ship_all(1)), accept_amendment(2));
    assert_eq!(city(&settled(&order)).as_deref(), Some("Paris"), "what is left of it");
    let order = after(&after(&asked(), ship_all(1)), ship_all(2));
    let events = settle(&order);
    let [OrderEvent::AmendmentRejected(rejected)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(rejected.fulfillment_order_id, None);
    assert_eq!((city(&settled(&order)), settled(&order).amendment), (None, None));
}

#[test]
fn who_takes_a_part_on_meanwhile_is_asked_like_the_others() {
    let order = given([create(), reserve_at_two(), pay("money"), accept(1), to_paris(), accept(2)]);
    let order = after(&order, accept_amendment(1));
    assert!(!order.amendment_is_settled());
    assert!(after(&order, accept_amendment(2)).amendment_is_settled());
}

#[test]
fn it_ends_with_the_order() {
    let order = [cancel(), accept_cancellation(1), accept_cancellation(2)]
        .into_iter()
        .fold(asked(), |order, next| after(&order, next));
    assert_eq!(names(&settle(&order)), ["AmendmentRejected"]);
}

#[test]
fn another_is_not_asked_before_the_first_is_answered_but_lines_are_changed_at_once() {
    assert_eq!(refusal(&asked(), to_paris()), ("amendment_pending", None));
    let add = amend(json!({ "changes": [{ "op": "add", "sku": "A", "quantity": 1 }] }));
    assert_eq!(names(&when(&asked(), add)), ["OrderAmended"]);
    let both = amend(json!({
        "changes": [{ "op": "add", "sku": "A", "quantity": 1 }], "shipTo": { "city": "Paris" }
    }));
    assert_eq!(names(&when(&worked_on(), both)), ["OrderAmended", "AmendmentRequested"]);
}

#[test]
fn a_delivery_that_was_agreed_on_is_waited_for() {
    let later = amend(json!({ "delivery": { "method": "ship", "shipNotBefore": moment(99) } }));
    let order = given([create(), reserve_all(), pay("money"), accept(1), later, accept_amendment(1)]);
    assert_eq!(names(&settle(&order)), ["OrderAmended", "OrderHeld"]);
    let order = settled(&order);
    assert_eq!((order.status(), order.due_at()), (OrderStatus::OnHold, Some(moment(99))));
}

fn fetched() -> OrderCommand {
    amend(json!({ "delivery": { "method": "pickup", "location": "DC-1" } }))
}

#[test]
fn what_another_location_is_to_take_over_is_not_fetched_here_nor_the_other_way_round() {
    let order = given([create(), reserve_all(), pay("money"), accept(1)]);
    assert_eq!(
        refusal(&after(&order, relocate(1, "DC-2")), fetched()),
        ("reserved_elsewhere", Some("/delivery/location".into()))
    );
    assert_eq!(refusal(&after(&order, fetched()), relocate(1, "DC-2")), ("delivery_location_fixed", None));
}

#[test]
fn a_delivery_from_where_not_all_is_held_by_then_lapses() {
    let two = json!({ "lines": [{ "line": 1, "quantity": 2 }] });
    let elsewhere = reserve_sourced(sourced(&[("DC-2", &[("A", 2)])], &[]), ReservationTrigger::Shortfall);
    let order = [fetched(), short_with(1, two), elsewhere, accept_amendment(1)]
        .into_iter()
        .fold(after(&paid_and_reserved(), accept(1)), |order, next| after(&order, next));
    assert_eq!(names(&settle(&order)), ["AmendmentRejected"]);
}

#[test]
fn who_takes_a_part_over_has_agreed_to_nothing() {
    let order = after(&asked(), accept_amendment(1));
    let order = [relocate(1, "DC-3"), accept_cancellation(1), accept(1)]
        .into_iter()
        .fold(order, |order, next| after(&order, next));
    assert!(order.awaits_answer_of(&order.fulfillment_orders[0]));
    assert_eq!(names(&when(&order, reject_amendment(1))), ["AmendmentRejected"]);
}

#[test]
fn a_late_answer_counts_for_no_other_request() {
    let answer = |id: &str| OrderCommand::AcceptAmendment(on_part(1, json!({ "amendmentId": id })));
    let order = after(&after(&asked(), reject_amendment(2)), to_paris());
    assert_eq!(order.amendment.as_ref().unwrap().id, name("a2"));
    assert_eq!(refusal(&order, answer("a1")), ("no_amendment_requested", None));
    assert_eq!(names(&when(&order, answer("a2"))), ["AmendmentAccepted"]);
}

#[test]
fn what_is_not_fetched_any_more_does_not_wait_to_be() {
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
fn what_was_asked_and_who_was_is_shown() {
    let order = after(&asked(), accept_amendment(1));
    let view = OrderView::of(&order, 1, 1).unwrap();
    let place = view.amendment.unwrap().ship_to.unwrap().destination.unwrap();
    assert_eq!(place.city, Text::new("Paris").ok());
    let asked: Vec<bool> = view.fulfillment_orders.iter().map(|part| part.amendment_requested).collect();
    assert_eq!(asked, [false, true]);
}
