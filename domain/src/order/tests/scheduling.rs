//! Holds that end at a time: of orders with `shipNotBefore`, and holds placed with `until`.

use super::*;

fn not_before(second: i64) -> Value {
    json!({ "delivery": { "method": "ship", "shipNotBefore": time(second) } })
}

fn scheduled(number: u32, second: i64) -> OrderEvent {
    OrderHeld { until: Some(time(second)), ..held(number, HoldReason::Scheduled) }.into()
}

fn over(number: u32) -> OrderEvent {
    OrderHoldReleased { hold_id: name(&format!("h{number}")) }.into()
}

fn attend(second: i64) -> OrderCommand {
    OrderCommand::AttendOrder(time(second))
}

#[test]
fn an_order_that_is_not_to_leave_yet_is_held_until_then() {
    let events = when(&Order::default(), create_with(not_before(100)));
    assert_eq!((names(&events), &events[1]), (vec!["OrderCreated", "OrderHeld"], &scheduled(1, 100)));
    let order = given([create_with(not_before(100)), reserve_all(), pay("money")]);
    assert_eq!(order.status(), OrderStatus::OnHold);
    assert_eq!(refusal(&order, pick_all(1)), ("order_on_hold", None));
}

#[test]
fn an_order_that_may_leave_already_is_not_held() {
    assert_eq!(names(&when(&Order::default(), create_with(not_before(1)))), ["OrderCreated"]);
}

#[test]
fn a_hold_ends_when_it_is_time_and_not_before() {
    let order = given([create_with(not_before(100))]);
    assert_eq!(when(&order, attend(99)), []);
    assert_eq!(when(&order, attend(100)), [over(1)]);
    assert_eq!(when(&after(&order, attend(100)), attend(101)), []);
}

#[test]
fn only_holds_that_are_over_end() {
    let until = |second| hold_with(json!({ "until": time(second) }));
    let order = given([create(), until(60), hold_with(json!({})), until(80), until(60)]);
    assert_eq!(when(&order, attend(60)), [over(1), over(4)]);
    assert_eq!(when(&order, attend(999)), [over(1), over(3), over(4)]);
    let ids: Vec<_> = after(&order, attend(999)).holds.into_iter().map(|hold| hold.id).collect();
    assert_eq!(ids, [name("h2")], "this one must be released");
}

#[test]
fn a_hold_may_be_released_before_it_is_over() {
    let order = given([create_with(not_before(100)), release_hold("h1")]);
    assert_eq!((order.holds.len(), when(&order, attend(100))), (0, vec![]));
}

#[test]
fn a_hold_on_a_fulfillment_order_ends_at_its_time() {
    let part = json!({ "fulfillmentOrderId": fulfillment_order_id(2), "until": time(60) });
    let order = given([create(), reserve_at_two(), pay("money"), hold_with(part)]);
    assert_eq!(refusal(&order, pick_all(2)), ("order_on_hold", None));
    assert_eq!(names(&when(&after(&order, attend(60)), pick_all(2))), ["ItemPicked"]);
}

#[test]
fn a_new_ship_not_before_replaces_the_hold() {
    let order = given([create_with(not_before(100)), hold_with(json!({}))]);
    let events = when(&order, amend(not_before(200)));
    assert_eq!((names(&events)[0], &events[1..]), ("OrderAmended", &[over(1), scheduled(3, 200)][..]));
    let order = after(&order, amend(not_before(200)));
    assert_eq!(order.status_axes().holds, [HoldReason::FraudRisk, HoldReason::Scheduled]);
}

#[test]
fn an_order_that_may_leave_now_after_all_is_held_no_more() {
    let order = given([create_with(not_before(100))]);
    for now in [not_before(45), json!({ "delivery": { "method": "ship" } })] {
        assert_eq!(when(&order, amend(now))[1..], [over(1)]);
    }
}

#[test]
fn an_order_that_was_not_scheduled_may_be_later() {
    let order = given([create()]);
    assert_eq!(when(&order, amend(not_before(200)))[1..], [scheduled(1, 200)]);
}
