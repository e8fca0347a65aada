//! Orders that are delivered complete.

use super::*;

fn complete() -> OrderCommand {
    let delivery = json!({ "method": "ship", "complete": true });
    create_with(json!({ "onShortage": "backorder", "payment": "not_required", "delivery": delivery }))
}

/// Two A of five are backordered.
fn incomplete() -> Order {
    let short = sourced(&[("DC-1", &[("A", 3), ("B", 3)])], &[("A", 5, 3)]);
    given([complete(), reserve_sourced(short, ReservationTrigger::Creation)])
}

#[test]
fn locations_start_when_every_unit_is_reserved() {
    let order = incomplete();
    assert_eq!(order.waiting_for(fulfillment_order_id(1)), Some(WaitingFor::Units));
    for command in [accept(1), pick_all(1), pack_all(1)] {
        assert_eq!(refusal(&order, command), ("order_incomplete", None));
    }
    let order = after(&order, fill("A", &[("DC-2", 2)]));
    assert_eq!(order.waiting_for(fulfillment_order_id(1)), None);
    assert_eq!(names(&when(&order, pick_all(1))), ["ItemPicked"]);
}

#[test]
fn cancelling_the_missing_units_completes_an_order() {
    let fields = json!({ "orderId": order_id(), "reason": "try", "lines": [{ "line": 1, "quantity": 2 }] });
    let order = after(&incomplete(), OrderCommand::CancelOrder(read(fields, json!({}))));
    assert_eq!(order.waiting_for(fulfillment_order_id(1)), None);
}

#[test]
fn goods_that_leave_before_the_order_is_complete_are_recorded() {
    let events = when(&incomplete(), ship_all(1));
    let OrderEvent::DiscrepancyRecorded(discrepancy) = events.last().unwrap() else { panic!("{events:?}") };
    assert_eq!(discrepancy.code, DiscrepancyCode::ShippedIncomplete);
    let order = after(&incomplete(), ship_all(1));
    assert!(order.awaits_units(), "the rest is still missing");
}

#[test]
fn an_amendment_lets_a_part_leave() {
    let order = after(&incomplete(), amend(json!({ "delivery": { "method": "ship" } })));
    assert_eq!(order.waiting_for(fulfillment_order_id(1)), None);
    let order = after(&order, amend(json!({ "delivery": { "method": "ship", "complete": true } })));
    assert_eq!(order.waiting_for(fulfillment_order_id(1)), Some(WaitingFor::Units));
}
