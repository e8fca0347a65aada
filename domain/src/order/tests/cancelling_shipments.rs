//! Shipments that were reported by mistake.

use super::*;

fn some(quantity: u32) -> Value {
    json!({ "lines": [{ "line": 1, "quantity": quantity }] })
}

/// The lines of the only event, which cancels a shipment: all units, those that are not reserved, those that are cancelled.
fn cancelled_lines(order: &Order, command: OrderCommand) -> [Vec<(usize, u64)>; 3] {
    let events = when(order, command);
    let [OrderEvent::ShipmentCancelled(event)] = &events[..] else { panic!("{events:?}") };
    [&event.lines, &event.unreserved, &event.cancelled]
        .map(|lines| lines.iter().map(|units| (units.line.index() + 1, units.quantity.number())).collect())
}

#[test]
fn the_units_of_a_cancelled_shipment_are_packed_and_reserved_again() {
    let order = after(&on_its_way(), cancel_shipment(1, json!({})));
    assert_eq!(line(&order, 1), [5, 5, 5, 0, 0, 0]);
    assert_eq!(line(&order, 2), [3, 3, 3, 0, 0, 0]);
    assert_eq!(order.fulfillment_orders[0].status(&order), FulfillmentOrderStatus::Packed);
    assert_eq!(order.status(), OrderStatus::Packed);
    assert!(order.shipments.is_empty());
}

#[test]
fn other_shipments_stay_when_one_is_cancelled() {
    let order = given([create(), reserve_all(), pay("money"), ship(1, &[some(2)]), ship_all(1)]);
    let order = after(&order, cancel_shipment(1, json!({})));
    assert_eq!(line(&order, 1), [2, 5, 5, 3, 0, 0]);
    assert_eq!(order.shipments.iter().map(|one| one.id).collect::<Vec<_>>(), [shipment_id(2)]);
    assert_eq!(order.status(), OrderStatus::PartiallyShipped);
}

#[test]
fn the_number_of_a_cancelled_shipment_is_not_used_again() {
    let order = after(&on_its_way(), cancel_shipment(1, json!({})));
    let order = after(&order, ship_all(1));
    assert_eq!(order.shipments[0].id, shipment_id(2));
    assert_eq!(refusal(&order, track(1, "in_transit", 60)), ("unknown_shipment", Some("/shipmentId".into())));
}

#[test]
fn a_delivered_shipment_is_cancelled_by_force_only() {
    let order = after(&on_its_way(), track(1, "delivered", 60));
    assert_eq!(refusal(&order, cancel_shipment(1, json!({}))), ("shipment_delivered", None));
    let order = after(&order, cancel_shipment(1, json!({ "force": true })));
    assert_eq!(line(&order, 1), [5, 5, 5, 0, 0, 0]);
}

#[test]
fn a_shipment_whose_units_are_expected_back_is_not_cancelled() {
    let order = after(&on_its_way(), request_return(&[(1, 1)]));
    assert_eq!(refusal(&order, cancel_shipment(1, json!({ "force": true }))), ("shipment_returned", None));
    let order = after(&order, close_return(1));
    assert_eq!(names(&when(&order, cancel_shipment(1, json!({})))), ["ShipmentCancelled"]);
    let order = given([create(), reserve_all(), pay("money"), ship(1, &[some(2)]), ship_all(1)]);
    let order = after(&order, request_return(&[(1, 3)]));
    assert_eq!(names(&when(&order, cancel_shipment(1, json!({})))), ["ShipmentCancelled"]);
    assert_eq!(refusal(&order, cancel_shipment(2, json!({}))), ("shipment_returned", None));
}

#[test]
fn units_that_were_cancelled_before_they_were_shipped_are_cancelled_again() {
    let order = given([create(), reserve_all(), pay("money"), cancel(), ship(1, &[some(4)])]);
    assert_eq!(line(&order, 1), [0, 4, 4, 4, 0, 1]);
    let expected = [vec![(1, 4)], vec![(1, 4)], vec![(1, 4)]];
    assert_eq!(cancelled_lines(&order, cancel_shipment(1, json!({}))), expected);
    let order = after(&order, cancel_shipment(1, json!({})));
    assert_eq!(line(&order, 1), [0, 0, 0, 0, 0, 5]);
    assert!(order.is_cancelled());
}

#[test]
fn units_that_were_pending_before_they_were_shipped_are_pending_again() {
    let order =
        given([create(), reserve(&[("DC-1", &[("A", 3), ("B", 3)])]), pay("money"), ship(1, &[some(5)])]);
    assert_eq!(cancelled_lines(&order, cancel_shipment(1, json!({}))), [vec![(1, 5)], vec![(1, 2)], vec![]]);
    let order = after(&order, cancel_shipment(1, json!({})));
    assert_eq!(line(&order, 1), [3, 3, 3, 0, 0, 0]);
    assert_eq!(order.line_totals()[0].pending(), Units::new(2));
}

#[test]
fn units_that_the_order_does_not_need_any_more_are_not_reserved_again() {
    let more = || ship(1, &[json!({ "trackingNumber": "2Z", "lines": [{ "line": 1, "quantity": 2 }] })]);
    let order = given([create(), reserve_all(), pay("money"), ship_all(1), more()]);
    assert_eq!(line(&order, 1), [0, 7, 7, 7, 0, 0]);
    let all = vec![(1, 5), (2, 3)];
    assert_eq!(cancelled_lines(&order, cancel_shipment(1, json!({}))), [all, vec![(1, 2)], vec![]]);
    assert_eq!(line(&after(&order, cancel_shipment(1, json!({}))), 1), [3, 5, 5, 2, 0, 0]);
}

#[test]
fn the_value_of_a_cancelled_shipment_is_that_of_the_shipment() {
    let priced = json!({ "currency": "EUR", "lines": [{ "sku": "A", "quantity": 3, "total": "10.00" }] });
    let order =
        given([create_with(priced), reserve(&[("DC-1", &[("A", 3)])]), pay("money"), ship(1, &[some(2)])]);
    let events = when(&order, cancel_shipment(1, json!({})));
    let [OrderEvent::ShipmentCancelled(event)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(event.lines, order.shipments[0].packages[0].shipped.lines);
    assert_eq!(event.lines[0].value, Some("6.67".parse().unwrap()));
}

#[test]
fn units_that_are_fetched_elsewhere_are_not_reserved_again() {
    let fetched = amend(json!({ "delivery": { "method": "pickup", "location": "DC-2" } }));
    let order = given([create(), reserve_at_two(), pay("money"), ship_all(1), reject(2), fetched]);
    let [left, unreserved, _] = cancelled_lines(&order, cancel_shipment(1, json!({})));
    assert_eq!(unreserved, left);
    let order = after(&order, cancel_shipment(1, json!({})));
    assert!(order.needs_sourcing() && order.fulfillment_orders.iter().all(|one| !one.is_open()));
}

/// The units of a line that the location of the first fulfillment order is requested to release.
fn requested(order: &Order) -> u64 {
    let part = &order.fulfillment_orders[0];
    part.requested_release(&part.lines[0]).number()
}

#[test]
fn a_cancellation_request_stands_again_when_the_shipment_is_cancelled() {
    let pending = || given([create(), reserve_all(), pay("money"), accept(1), cancel()]);
    for packages in [json!({}), some(2)] {
        let shipped = after(&pending(), ship(1, &[packages]));
        let order = after(&shipped, cancel_shipment(1, json!({})));
        assert!(order.fulfillment_orders[0].has_pending_cancellation());
        assert_eq!(requested(&order), 5);
        assert!(after(&order, accept_cancellation(1)).is_cancelled());
    }
    let twice = after(&after(&pending(), ship(1, &[some(2)])), ship_all(1));
    assert_eq!(refusal(&twice, accept_cancellation(1)), ("no_cancellation_requested", None));
    assert_eq!(requested(&after(&twice, cancel_shipment(1, json!({})))), 2);
}

#[test]
fn a_request_that_was_answered_does_not_stand_again() {
    let pending = given([create(), reserve_all(), pay("money"), accept(1), cancel()]);
    let rejected = OrderCommand::RejectCancellation(on_part(1, json!({ "reason": "packed" })));
    let order = after(&after(&after(&pending, rejected), ship_all(1)), cancel_shipment(1, json!({})));
    assert!(!order.fulfillment_orders[0].has_pending_cancellation());
}

#[test]
fn units_that_ship_stay_requested_when_others_are_requested_later() {
    let only = |line: usize| {
        let lines = json!([{ "line": line, "quantity": if line == 1 { 5 } else { 3 } }]);
        let fields = json!({ "orderId": order_id(), "reason": "too many", "lines": lines });
        OrderCommand::CancelOrder(read(fields, json!({})))
    };
    let shipped =
        given([create(), reserve_all(), pay("money"), accept(1), only(1), ship(1, &[some(5)]), only(2)]);
    let order = after(&shipped, cancel_shipment(1, json!({})));
    assert_eq!(requested(&order), 5);
    assert!(after(&order, accept_cancellation(1)).is_cancelled());
}

#[test]
fn a_request_to_move_stands_again_when_the_shipment_is_cancelled() {
    let pending = given([create(), reserve_all(), pay("money"), accept(1), relocate(1, "DC-2")]);
    let shipped = after(&pending, ship(1, &[some(2)]));
    assert!(!shipped.fulfillment_orders[0].has_pending_cancellation());
    assert_eq!(refusal(&shipped, accept_cancellation(1)), ("no_cancellation_requested", None));
    let order = after(&shipped, cancel_shipment(1, json!({})));
    assert_eq!(names(&when(&order, accept_cancellation(1))), ["ItemPutBack", "FulfillmentOrderMoved"]);
}

#[test]
fn a_shipment_is_cancelled_once() {
    let order = after(&on_its_way(), cancel_shipment(1, json!({})));
    let Err(refusal) = order.decide(&cancel_shipment(1, json!({}))) else { panic!("it was cancelled twice") };
    assert_eq!((refusal.code(), refusal.pointer()), ("shipment_cancelled", None));
    let text = refusal.to_string();
    assert!(text.contains(&shipment_id(1).to_string()) && text.contains(&time(80).to_string()), "{text}");
    let again = after(&order, ship_all(1));
    assert_eq!(names(&when(&again, cancel_shipment(2, json!({})))), ["ShipmentCancelled"]);
}
