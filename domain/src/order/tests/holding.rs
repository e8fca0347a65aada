use super::*;

fn part(number: u32) -> OrderCommand {
    hold_with(json!({ "fulfillmentOrderId": fulfillment_order_id(number) }))
}

#[test]
fn a_hold_has_an_id_a_reason_and_a_note() {
    let events = when(&given([create()]), hold_with(json!({ "note": "call them" })));
    let note = Text::new("call them").ok();
    assert_eq!(events, [OrderHeld { note, ..held(1, HoldReason::FraudRisk) }.into()]);
}

#[test]
fn several_holds_stand_at_once_and_each_is_released_alone() {
    let order = given([create(), hold_with(json!({})), hold_with(json!({ "reason": "customer_request" }))]);
    assert_eq!(order.status(), OrderStatus::OnHold);
    let order = after(&order, release_hold("h1"));
    assert_eq!(order.status_axes().holds, [HoldReason::CustomerRequest]);
    assert_eq!(after(&order, release_hold("h2")).status(), OrderStatus::Created);
}

#[test]
fn hold_ids_are_never_reused() {
    let order = given([create(), hold_with(json!({})), release_hold("h1"), hold_with(json!({}))]);
    assert_eq!(order.holds[0].id, name("h2"));
}

#[test]
fn a_hold_stops_picking_and_packing() {
    let order = after(&paid_and_reserved(), hold_with(json!({})));
    for command in [pick_all(1), pack_all(1)] {
        assert_eq!(refusal(&order, command), ("order_on_hold", None));
    }
    assert_eq!(names(&when(&after(&order, release_hold("h1")), pick_all(1))), ["ItemPicked"]);
}

#[test]
fn a_hold_on_one_part_leaves_the_others_alone() {
    let order = given([create(), reserve_at_two(), pay("money"), part(2)]);
    assert_eq!(refusal(&order, pick_all(2)), ("order_on_hold", None));
    assert_eq!(names(&when(&order, ship_all(1))), ["ShipmentCreated"]);
}

#[test]
fn cancelling_ends_all_holds() {
    assert_eq!(given([create(), hold_with(json!({})), cancel()]).holds, []);
}

#[test]
fn an_order_that_may_wait_is_held_at_once_when_something_is_missing() {
    let order = given([create_with(json!({ "onShortage": "hold" }))]);
    let short = sourced(&[("DC-1", &[("A", 2)])], &[("A", 5, 2)]);
    let events = when(&order, reserve_sourced(short, ReservationTrigger::Creation));
    assert_eq!(names(&events), ["OrderSourced", "OrderHeld"]);
    assert_eq!(events[1], held(1, HoldReason::InventoryOutOfStock).into());
}
